"""Latent Dirichlet allocation: a text's topics, improved in turns until they hardly change."""

import numpy as np
from sklearn.decomposition import LatentDirichletAllocation

from export.converters.arithmetic import repeated, row_sum, row_sum_in_order
from export.converters.graph import Graph
from export.converters.mathematics import polynomial
from export.converters.registry import converts
from export.converters.values import Frame, TensorName

_EULER = 0.577215664901532860606512090082402431
_TINY = 1e-6
_LARGE = 6
_SERIES = np.array([1 / 252, -1 / 120, 1 / 12])


@converts(LatentDirichletAllocation, exact=False)
def topics(graph: Graph, step: LatentDirichletAllocation, frame: Frame) -> Frame:
    """Answer each topic's share (Hoffman, Blei, Bach: Online learning for LDA, 2010)."""
    words = np.asarray(step.exp_dirichlet_component_, dtype=np.float64)
    count = len(words)
    x = graph.numeric(frame, step)
    start = repeated(graph, np.ones((1, count)), frame)
    going = repeated(graph, np.ones((1, 1)), frame)

    def body(
        inner: Graph, state: tuple[TensorName, ...]
    ) -> tuple[TensorName, TensorName, TensorName, TensorName, TensorName]:
        counts, weights, expected, active = state
        known = inner.op("Add", inner.op("MatMul", expected, words), np.finfo(np.float64).eps)
        shares = inner.op("MatMul", inner.op("Div", counts, known), words.T)
        fresh = inner.op("Add", inner.op("Mul", expected, shares), float(step.doc_topic_prior_))
        change = inner.op("Abs", inner.op("Sub", weights, fresh))
        change = inner.op("Div", row_sum_in_order(inner, change), float(count))
        on = inner.cast(active, np.bool_)
        still = inner.op("Not", inner.op("Less", change, float(step.mean_change_tol)))
        more = inner.cast(inner.op("And", on, still), np.float64)
        weights = inner.op("Where", on, fresh, weights)
        expected = inner.op("Where", on, _expected(inner, fresh), expected)
        any_more = inner.op("Greater", inner.op("ReduceMax", more, keepdims=0), 0.0)
        return any_more, counts, weights, expected, more

    state = [(x, 2), (start, 2), (_expected(graph, start), 2), (going, 2)]
    weights = graph.loop(step.max_doc_update_iter, state, body)[1]
    return Frame.of(graph.op("Div", weights, row_sum(graph, weights)), count)


def _expected(graph: Graph, weights: TensorName) -> TensorName:
    """Return the exponential of the expected logarithm of each topic's share."""
    total = digamma(graph, row_sum_in_order(graph, weights))
    return graph.op("Exp", graph.op("Sub", digamma(graph, weights), total))


def digamma(graph: Graph, x: TensorName) -> TensorName:
    """Return the digamma function of positive numbers, as roughly as scikit-learn does.

    By the recurrence up to 6, and by the asymptotic series from there on (J. Bernardo:
    Algorithm AS 103, 1976).
    """
    large, result = x, graph.op("Mul", x, 0.0)
    for _ in range(_LARGE):
        below = graph.op("Less", large, float(_LARGE))
        lower = graph.op("Sub", result, graph.op("Div", 1.0, large))
        result = graph.op("Where", below, lower, result)
        large = graph.op("Where", below, graph.op("Add", large, 1.0), large)
    inverse = graph.op("Div", 1.0, large)
    logarithm = graph.op("Sub", graph.op("Log", large), graph.op("Mul", inverse, 0.5))
    result = graph.op("Add", result, logarithm)
    square = graph.op("Mul", inverse, inverse)
    rest = graph.op("Mul", square, polynomial(graph, square, _SERIES))
    result = graph.op("Sub", result, rest)
    tiny = graph.op("Sub", -_EULER, graph.op("Div", 1.0, x))
    return graph.op("Where", graph.op("LessOrEqual", x, _TINY), tiny, result)
