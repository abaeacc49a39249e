"""Sparse codes: each row as a combination of a few of a dictionary's atoms."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import DictionaryLearning, MiniBatchDictionaryLearning, SparseCoder

from export.converters.arithmetic import in_order, repeated, row_max
from export.converters.graph import Graph
from export.converters.registry import converts
from export.converters.values import Frame, TensorName

_SMALLEST = float(np.finfo(np.float64).eps)


@converts(DictionaryLearning, MiniBatchDictionaryLearning, SparseCoder, exact=False)
def sparse_code(graph: Graph, step: Any, frame: Frame) -> Frame:
    """Answer the weight of each atom; with `split_sign`, its positive and its negative part."""
    atoms = step.dictionary if isinstance(step, SparseCoder) else step.components_
    atoms = np.asarray(atoms, dtype=np.float64)
    products = graph.op("MatMul", graph.numeric(frame, step), atoms.T)
    if step.transform_algorithm == "threshold":
        code = _shrunk(graph, step, products)
    elif step.transform_algorithm == "omp":
        chosen = step.transform_n_nonzero_coefs
        most = int(chosen or min(max(atoms.shape[1] / 10, 1), len(atoms)))
        code = _Pursuit(graph, atoms @ atoms.T, products).code(most, frame)
    else:
        raise graph.refuse(
            step,
            f"its transform_algorithm={step.transform_algorithm!r} follows a path for each row "
            "until it hardly gets on; use transform_algorithm='omp' or 'threshold'.",
        )
    if not step.split_sign:
        return Frame.of(code, len(atoms))
    negative = graph.op("Neg", graph.op("Min", code, 0.0))
    return Frame.of(graph.concat([graph.op("Max", code, 0.0), negative]), 2 * len(atoms))


def _shrunk(graph: Graph, step: Any, products: TensorName) -> TensorName:
    """Shrink the products with the atoms towards zero."""
    alpha = step.transform_alpha
    if alpha is None:
        alpha = getattr(step, "alpha", None)
    least = 1.0 if alpha is None else float(alpha)
    size = graph.op("Max", graph.op("Sub", graph.op("Abs", products), least), 0.0)
    code = graph.op("Mul", graph.op("Sign", products), size)
    return graph.op("Max", code, 0.0) if step.positive_code else code


@dataclass
class _Pursuit:
    """Orthogonal matching pursuit, an atom at a time, by a growing Cholesky factor.

    R. Rubinstein, M. Zibulevsky, M. Elad: Efficient implementation of the K-SVD algorithm
    using batch orthogonal matching pursuit, 2008; with the conditions to stop of scikit-learn's
    `orthogonal_mp_gram`. Each list holds one column [N, 1] or more for each atom so far.
    """

    graph: Graph
    gram: NDArray[np.float64]
    """The products of the atoms with each other."""
    products: TensorName
    """The products of the rows with the atoms, [N, atoms]."""
    places: list[TensorName] = field(default_factory=list)
    """Which atom was chosen."""
    related: list[TensorName] = field(default_factory=list)
    """Its products with all atoms, [N, atoms]."""
    factor: list[list[TensorName]] = field(default_factory=list)
    """The rows of the Cholesky factor, up to the diagonal."""
    solved: list[TensorName] = field(default_factory=list)
    """The products with the chosen atoms, divided by the factor."""
    weights: list[TensorName] = field(default_factory=list)

    def code(self, most: int, frame: Frame) -> TensorName:
        """Return the weights of all atoms, [N, atoms], at most so many of them not 0."""
        graph, atoms = self.graph, len(self.gram)
        nothing = repeated(graph, np.zeros((1, atoms)), frame)
        residual, used = self.products, nothing
        going = repeated(graph, np.ones((1, 1), dtype=bool), frame)
        for _ in range(most):
            sizes = graph.op("Abs", residual)
            place = graph.op("ArgMax", sizes, axis=1, keepdims=1)
            greatest = row_max(graph, sizes)
            small = graph.op("Less", graph.op("Mul", greatest, greatest), _SMALLEST)
            again = graph.cast(graph.op("GatherElements", used, place, axis=1), np.bool_)
            going = graph.op("And", going, graph.op("Not", graph.op("Or", small, again)))
            going = self._chosen(place, going)
            self._weigh(going)
            used = graph.op("ScatterElements", used, place, self._one(place), axis=1)
            fitted = [
                graph.op("Mul", weight, row)
                for weight, row in zip(self.weights, self.related, strict=True)
            ]
            residual = graph.op("Sub", self.products, in_order(graph, fitted))
        return graph.op(
            "ScatterElements",
            nothing,
            graph.concat(self.places),
            graph.concat(self.weights),
            axis=1,
            reduction="add",
        )

    def _chosen(self, place: TensorName, going: TensorName) -> TensorName:
        """Add an atom to the factor; return for which rows it is independent of the others."""
        graph = self.graph
        related = graph.op("Gather", self.gram, graph.reshape(place, -1), axis=0)
        row: list[TensorName] = []
        for number, before in enumerate(self.places):
            value = graph.op("GatherElements", related, before, axis=1)
            row.append(self._eliminated(value, row, number))
        own = graph.op("GatherElements", related, place, axis=1)
        if row:
            squares = [graph.op("Mul", each, each) for each in row]
            own = graph.op("Sub", own, in_order(graph, squares))
            going = graph.op("And", going, graph.op("Greater", own, _SMALLEST))
        row.append(graph.op("Sqrt", graph.op("Where", going, own, 1.0)))
        self.places.append(place)
        self.related.append(related)
        self.factor.append(row)
        return going

    def _eliminated(self, value: TensorName, before: list[TensorName], number: int) -> TensorName:
        """Return the next number of a triangular system solved from the top."""
        for known, entry in zip(before, self.factor[number], strict=False):
            value = self.graph.op("Sub", value, self.graph.op("Mul", entry, known))
        return self.graph.op("Div", value, self.factor[number][number])

    def _weigh(self, going: TensorName) -> None:
        """Solve for the weights of all chosen atoms, in the rows that go on."""
        graph, count = self.graph, len(self.factor)
        product = graph.op("GatherElements", self.products, self.places[-1], axis=1)
        self.solved.append(self._eliminated(product, self.solved, count - 1))
        fresh: dict[int, TensorName] = {}
        for number in reversed(range(count)):
            value = self.solved[number]
            for later in range(number + 1, count):
                known = graph.op("Mul", self.factor[later][number], fresh[later])
                value = graph.op("Sub", value, known)
            fresh[number] = graph.op("Div", value, self.factor[number][number])
        before = [*self.weights, graph.op("Mul", graph.cast(going, np.float64), 0.0)]
        self.weights = [
            graph.op("Where", going, fresh[number], before[number]) for number in range(count)
        ]

    def _one(self, place: TensorName) -> TensorName:
        return self.graph.op("Expand", 1.0, self.graph.op("Shape", place))
