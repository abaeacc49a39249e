"""Products and powers: polynomials, norms of rows, power transforms."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import Normalizer, PolynomialFeatures, PowerTransformer

from export.converters.graph import Graph, Operand
from export.converters.mathematics import expm1, log1p_of_size
from export.converters.registry import converts, transform
from export.converters.values import Frame, TensorName

_EPSILON = np.finfo(np.float64).eps


@converts(PolynomialFeatures, exact=True)
def polynomial_features(graph: Graph, step: PolynomialFeatures, frame: Frame) -> Frame:
    """Multiply each degree's columns once more by a feature, as scikit-learn does.

    Each product of one degree has its first feature as its last factor, the rest of it being
    a product of the degree below. Of a sparse matrix it has the last feature as its last.
    """
    rest, factor = (slice(0, -1), -1) if frame.sparse else (slice(1, None), 0)
    powers = [tuple(np.repeat(np.arange(frame.width), row)) for row in step.powers_]
    x = graph.numeric(frame, step)
    parts: list[TensorName] = []
    if () in powers:
        ones = graph.op("Mul", graph.op("Gather", x, np.array([0]), axis=1), 0.0)
        ones = graph.op("Add", graph.op("Where", graph.op("IsNaN", ones), 0.0, ones), 1.0)
        parts.append(graph.op("Transpose", ones))
    below: dict[tuple[int, ...], int] = {(column,): column for column in range(frame.width)}
    features = columns = graph.op("Transpose", x)  # to be gathered as whole rows: twice as quick
    for degree in range(1, step._max_degree + 1):
        if degree > 1:
            wanted = _products(below, frame.width, interaction_only=step.interaction_only)
            if not wanted:
                break
            columns = graph.op(
                "Mul",
                graph.op("Gather", columns, np.array([below[w[rest]] for w in wanted])),
                graph.op("Gather", features, np.array([w[factor] for w in wanted])),
            )
            below = {each: column for column, each in enumerate(wanted)}
        if degree >= step._min_degree:
            parts.append(columns)
    joined = graph.op("Transpose", graph.concat(parts, axis=0))
    return Frame.of(joined, step.n_output_features_)


def _products(
    below: dict[tuple[int, ...], int], width: int, *, interaction_only: bool
) -> list[tuple[int, ...]]:
    """Return the combinations of the next degree, in their order."""
    return [
        (feature, *rest)
        for feature in range(width)
        for rest in below
        if (feature < rest[0] if interaction_only else feature <= rest[0])
    ]


@converts(Normalizer, exact=True)
def normalizer(graph: Graph, step: Normalizer, frame: Frame) -> Frame:
    """Divide each row by its norm; rows of zeros stay as they are."""
    x = graph.numeric(frame, step)
    if step.norm == "max":
        norm = graph.op("ReduceMax", graph.op("Abs", x), np.array([1]), keepdims=1)
    elif step.norm == "l1":
        norm = graph.op("ReduceSum", graph.op("Abs", x), np.array([1]), keepdims=1)
    else:
        squares = graph.op("ReduceSum", graph.op("Mul", x, x), np.array([1]), keepdims=1)
        norm = graph.op("Sqrt", squares)
    graph.exact = graph.exact and step.norm == "max"
    tiny = graph.op("Less", norm, 10 * _EPSILON)
    return Frame.of(graph.op("Div", x, graph.op("Where", tiny, 1.0, norm)), frame.width)


@converts(PowerTransformer, exact=False)
def power_transformer(graph: Graph, step: PowerTransformer, frame: Frame) -> Frame:
    """Raise each column to the power that made it most like a normal distribution."""
    x = graph.numeric(frame, step)
    learned = np.asarray(step.lambdas_)  # in the precision that SciPy takes them from 2 in
    lambdas, mirrored = (_power(power) for power in (learned, 2 - learned))
    if step.method == "box-cox":
        y = _scaled_expm1(graph, graph.op("Log", x), lambdas, zeros=not lambdas.all())
    else:
        power = graph.op("Where", graph.op("GreaterOrEqual", x, 0.0), lambdas, mirrored)
        logarithm = log1p_of_size(graph, graph.op("Abs", x))
        zeros = not (lambdas.all() and mirrored.all())
        y = graph.op(
            "Mul", graph.op("Sign", x), _scaled_expm1(graph, logarithm, power, zeros=zeros)
        )
    powered = Frame.of(y, frame.width)
    return transform(graph, step._scaler, powered) if step.standardize else powered


def _power(learned: NDArray[Any]) -> NDArray[np.float64]:
    """Return powers as a row, those that SciPy takes for 0 as 0."""
    power = learned.astype(np.float64).reshape(1, -1)
    return np.where(np.abs(power) < _EPSILON, 0.0, power)


def _scaled_expm1(
    graph: Graph, logarithm: TensorName, power: Operand, *, zeros: bool
) -> TensorName:
    """Return expm1(power * logarithm) / power; the logarithm where the power is 0."""
    if not zeros:
        return graph.op("Div", expm1(graph, graph.op("Mul", logarithm, power)), power)
    zero = graph.op("Equal", power, 0.0)
    safe = graph.op("Where", zero, 1.0, power)
    return graph.op("Where", zero, logarithm, _scaled_expm1(graph, logarithm, safe, zeros=False))
