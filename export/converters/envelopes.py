"""Outlier detection by the distance to a robust centre."""

import numpy as np
from sklearn.covariance import EllipticEnvelope

from export.converters.arithmetic import by_sign, row_sum
from export.converters.graph import Graph
from export.converters.registry import converts
from export.converters.values import Flagged, Frame


@converts(EllipticEnvelope, exact=False)
def elliptic_envelope(graph: Graph, model: EllipticEnvelope, frame: Frame) -> Flagged:
    """Answer the offset less the squared Mahalanobis distance; inliers have 0 or more."""
    away = graph.op("Sub", graph.numeric(frame, model), np.asarray(model.location_))
    squares = row_sum(graph, graph.op("Mul", graph.op("MatMul", away, model.get_precision()), away))
    # scikit-learn squares the root of it; the rounding of that root is below the tolerance.
    scores = graph.op("Sub", graph.op("Neg", graph.reshape(squares, -1)), float(model.offset_))
    return Flagged(by_sign(graph, scores), scores)
