"""Every node of every tree, compared in the `TreeEnsemble` that holds it.

A forest can have more nodes than rows can be sent through all of it: a million nodes, with six
rows each, through 500 trees. But a node speaks in its own ensemble only. So the graph is cut off
behind each ensemble in turn, and answers the rows of the nodes in it. What it should answer
follows from the leaves that scikit-learn's own trees reach.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import msgspec
import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper

from export.artifact import sealed
from export.converters.graph import Grown
from export.crossings import Crossings
from export.errors import ParityError
from export.group import Ground, Group, evenly
from export.splits import Tree
from export.table import Columns
from export.thresholds import rows_beside
from runtime.manifest import FORMAT, Agreement, Manifest, Tensor, Vectors
from runtime.model import Model

GROUP = "nodes"
MOST_VISITS = 60_000_000
MOST_CELLS = 200_000_000
"""Rows and trees, or rows and features, multiplied: so many are compared in all."""
MOST_AT_ONCE = 4_000_000
ANSWER = "answer"
SHOWN = 5
NO_VECTORS = Vectors(format=FORMAT, rows=(), outputs={})
"""The golden rows of a graph that is not proven yet."""


@dataclass(frozen=True)
class Part:
    """One ensemble, scikit-learn's trees that it stands for, and the crossings of their nodes."""

    grown: Grown
    crossings: Crossings
    trees: tuple[Tree, ...]
    nodes: NDArray[np.int64]
    """Places among the crossings."""

    def expected(self, ground: Ground, columns: Columns) -> NDArray[np.float64]:
        """Return what the ensemble should answer, from the leaves that the trees reach."""
        splits = self.crossings.splits
        seen = splits.seen(ground.table(columns)).astype(splits.number)
        answer = np.zeros((len(seen), self.grown.columns))
        first = 0
        for tree in self.trees:
            leaf = first + (np.cumsum(tree.leaf) - 1)[tree.reached_leaf(seen)]
            answer[np.arange(len(seen)), self.grown.targets[leaf]] += self.grown.weights[leaf]
            first += int(tree.leaf.sum())
        return answer


def parts_of(grown: Sequence[Grown], crossings: Sequence[Crossings]) -> list[Part]:
    """Return the ensembles whose trees are scikit-learn's own, with the nodes in each."""
    parts = []
    for each in crossings:
        numbers = {id(tree.source): number for number, tree in enumerate(each.splits.trees)}
        order = np.argsort(each.nodes.tree, kind="stable")
        ends = np.cumsum(np.bincount(each.nodes.tree, minlength=len(numbers)))
        of_tree = np.split(order, ends[:-1])
        for ensemble in grown:
            if all(id(source) in numbers for source in ensemble.sources):
                which = [numbers[id(source)] for source in ensemble.sources]
                trees = tuple(each.splits.trees[number] for number in which)
                nodes = np.concatenate([of_tree[number] for number in which])
                parts.append(Part(ensemble, each, trees, nodes))
    return parts


def compare_treewise(
    model: onnx.ModelProto, manifest: Manifest, ground: Ground, parts: Sequence[Part]
) -> tuple[Agreement, int]:
    """Compare the nodes of all ensembles, and say how many there were.

    Raises ParityError where an ensemble answers another leaf than scikit-learn's trees.
    """
    graph = _Graph(model, manifest)
    share = _share(parts, len(ground.trained))
    rows = nodes = 0
    for part in parts:
        some = part.nodes[evenly(len(part.nodes), int(len(part.nodes) * share))]
        group = rows_beside(GROUP, ground, part.crossings, some)
        for columns, expected, actual in _answers(graph, ground, part, group):
            wrong = np.flatnonzero((expected != actual).any(axis=1))
            if len(wrong):
                raise _error(ground, columns, expected, actual, wrong)
        rows, nodes = rows + group.rows, nodes + len(some)
    agreement = Agreement(
        group=GROUP, rows=rows, label_mismatches=0, max_absolute=0.0, max_relative=0.0, max_ulp=0
    )
    return agreement, nodes


def _answers(
    graph: "_Graph", ground: Ground, part: Part, group: Group
) -> Iterator[tuple[Columns, NDArray[np.float64], NDArray[np.float64]]]:
    """Yield rows with what they should be answered, and what they are."""
    session = graph.cut(part.grown)
    for _, columns in group.parts(max(MOST_AT_ONCE // len(ground.trained), 1)):
        actual = session.run(ground.signature.tensors(columns))[ANSWER]
        yield columns, part.expected(ground, columns), actual


def _share(parts: Sequence[Part], features: int) -> float:
    """Return the share of the nodes that can be afforded."""
    rows = [len(part.nodes) * part.crossings.rows_each for part in parts]
    visits = sum(count * len(part.trees) for count, part in zip(rows, parts, strict=True))
    return min(1.0, MOST_VISITS / max(visits, 1), MOST_CELLS / max(sum(rows) * features, 1))


def _error(
    ground: Ground,
    columns: Columns,
    expected: NDArray[np.float64],
    actual: NDArray[np.float64],
    wrong: NDArray[np.int64],
) -> ParityError:
    records = ground.signature.records([column[wrong[:SHOWN]] for column in columns])
    shown = [
        f"{record}: expected {expected[row].tolist()}, got {actual[row].tolist()}"
        for record, row in zip(records, wrong, strict=False)
    ]
    summary = f"of {len(expected):,} rows beside thresholds {len(wrong):,} reach another leaf"
    return ParityError(summary, shown)


class _Graph:
    """The whole graph, to be cut off behind one of its tensors."""

    def __init__(self, model: onnx.ModelProto, manifest: Manifest) -> None:
        self._model = model
        self._manifest = manifest

    def cut(self, grown: Grown) -> Model:
        """Return a session of what leads to one ensemble's answer, with the options that serve."""
        nodes, constants = self._leading_to(grown.tensor)
        nodes.append(helper.make_node("Cast", [grown.tensor], [ANSWER], to=onnx.TensorProto.DOUBLE))
        shape = [None, grown.columns]
        output = helper.make_tensor_value_info(ANSWER, onnx.TensorProto.DOUBLE, shape)
        graph = helper.make_graph(
            nodes, self._manifest.name, self._model.graph.input, [output], constants
        )
        model = helper.make_model(
            graph, opset_imports=self._model.opset_import, ir_version=self._model.ir_version
        )
        tensor = Tensor(name=ANSWER, dtype="float64", columns=grown.columns)
        manifest = msgspec.structs.replace(self._manifest, outputs=(tensor,))
        return Model.from_bytes(sealed(model, manifest, NO_VECTORS), Path(self._manifest.name))

    def _leading_to(self, tensor: str) -> tuple[list[onnx.NodeProto], list[onnx.TensorProto]]:
        needed, todo = {tensor}, [tensor]
        nodes = {}
        while todo:
            found = self._makers.get(todo.pop())
            if found is not None and found not in nodes:
                nodes[found] = self._model.graph.node[found]
                todo += set(nodes[found].input) - needed
                needed.update(nodes[found].input)
        constants = [each for each in self._model.graph.initializer if each.name in needed]
        return [nodes[place] for place in sorted(nodes)], constants

    @cached_property
    def _makers(self) -> dict[str, int]:
        """The place of the node that makes each tensor."""
        nodes = self._model.graph.node
        return {name: place for place, node in enumerate(nodes) for name in node.output}
