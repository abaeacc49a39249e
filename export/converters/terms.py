"""Terms to columns: which runs of tokens are terms, without a string for any run.

Tokens become numbers, and a run the number of its place in a tree of all terms' beginnings: that
of the run without its last token, and the last token, are looked up together.
"""

from collections.abc import Iterable, Mapping
from itertools import combinations

import numpy as np

from export.converters.graph import Graph
from export.converters.tokens import Tokens, closed_up, lookup, part
from export.converters.values import TensorName

Parted = Mapping[tuple[str, ...], int]
"""The columns of terms, each cut into its tokens."""


def of_characters(terms: Mapping[str, int]) -> dict[tuple[str, ...], int]:
    """Cut terms into their characters."""
    return {tuple(term): column for term, column in terms.items()}


def of_words(
    terms: Mapping[str, int], lengths: Iterable[int], *, spaces: bool
) -> dict[tuple[str, ...], int]:
    """Cut terms into so many words as runs have, in any way where there are `spaces` in words."""
    parted = {}
    for term, column in terms.items():
        pieces = term.split(" ")
        for count in lengths if spaces else {len(pieces)}.intersection(lengths):
            for cuts in combinations(range(1, len(pieces)), count - 1):
                bounds = zip((0, *cuts), (*cuts, len(pieces)), strict=True)
                words = tuple(" ".join(pieces[start:stop]) for start, stop in bounds)
                if all(words):
                    parted[words] = column
    return parted


def columns(graph: Graph, tokens: Tokens, terms: Parted, width: int) -> dict[int, TensorName]:
    """Return the column of each run of so many tokens as terms have, int64 [N, runs].

    It is `width` for runs that are no terms.
    """
    lengths = set(map(len, terms)) or {1}
    units = sorted({unit for term in terms for unit in term})
    number = {unit: index for index, unit in enumerate(units, 1)}
    found = lookup(graph, tokens.found, number or {"": 0}, 0)
    found = closed_up(graph, found, tokens.dropped, 0)
    nodes: dict[tuple[str, ...], int] = {(unit,): index for unit, index in number.items()}
    place = found
    answers = {1: _columns(graph, place, terms, nodes, width)} if 1 in lengths else {}
    for length in range(2, max(lengths) + 1):
        begun = sorted({term[:length] for term in terms if len(term) >= length})
        base = len(number) + 1
        keys = [nodes[node[:-1]] * base + number[node[-1]] for node in begun]
        before = graph.op("Mul", part(graph, place, 0, -1), base)
        place = graph.op(
            "LabelEncoder",
            graph.op("Add", before, part(graph, found, length - 1)),
            domain="ai.onnx.ml",
            keys_int64s=keys,
            values_int64s=list(range(1, len(keys) + 1)),
            default_int64=0,
        )
        nodes = {node: index for index, node in enumerate(begun, 1)}
        if length in lengths:
            answers[length] = _columns(graph, place, terms, nodes, width)
    return answers


def _columns(
    graph: Graph,
    place: TensorName,
    terms: Parted,
    nodes: Mapping[tuple[str, ...], int],
    width: int,
) -> TensorName:
    """Return the columns of the terms at nodes of the tree, `width` at others and at 0."""
    table = np.full(len(nodes) + 1, width)
    for node, index in nodes.items():
        table[index] = terms.get(node, width)
    return graph.op("Gather", table, place)
