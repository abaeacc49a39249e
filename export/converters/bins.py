"""Numbers cut into bins."""

import numpy as np
from sklearn.preprocessing import Binarizer, KBinsDiscretizer

from export.converters.encoders import one_hot
from export.converters.graph import Graph
from export.converters.registry import converts
from export.converters.search import search_sorted
from export.converters.values import Frame


@converts(Binarizer, exact=True)
def binarizer(graph: Graph, step: Binarizer, frame: Frame) -> Frame:
    """Answer 1 above the threshold, otherwise 0."""
    above = graph.op("Greater", graph.numeric(frame, step), np.float64(step.threshold))
    return Frame.of(graph.cast(above, np.float64), frame.width)


@converts(KBinsDiscretizer, exact=True)
def k_bins_discretizer(graph: Graph, step: KBinsDiscretizer, frame: Frame) -> Frame:
    """Answer each number's bin, as a number or as columns of 0 and 1."""
    x = graph.numeric(frame, step)
    if step.dtype == np.float32:
        x = graph.as_float32(x)
    inner = [np.asarray(edges[1:-1], dtype=np.float64) for edges in step.bin_edges_]
    bins = search_sorted(graph, x, inner, "right")
    dtype = step.dtype or np.float64
    if step.encode == "ordinal":
        return Frame.of(bins, frame.width).typed(dtype)
    codes = graph.cast(bins, np.int64)
    return one_hot(graph, codes, [np.arange(n) for n in step.n_bins_]).typed(dtype)
