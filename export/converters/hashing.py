"""Hashed features: columns chosen by a hash of what is counted, without a vocabulary."""

from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.feature_extraction import FeatureHasher
from sklearn.feature_extraction.text import HashingVectorizer

from export.converters.graph import Graph
from export.converters.registry import converts
from export.converters.scattered import FULL, added
from export.converters.values import Block, Frame, TensorName
from export.converters.vectorizers import check, full_of, normalized, refuse_dtype, runs_of

_GREATEST = 2**31 - 1
_HASHED_BYTES = 32
"""What hashing adds to the memory that a term takes; measured as `graph.COLUMN_BYTES` is."""


@converts(HashingVectorizer, exact=True)
def hashing_vectorizer(graph: Graph, step: HashingVectorizer, frame: Frame) -> Frame:
    """Count the terms of a text, or add their signs, in columns that are chosen by their hash."""
    check(graph, step, frame)
    runs = runs_of(graph, step, frame)
    graph.takes(character=len(runs) * _HASHED_BYTES)
    hashes = graph.concat([_hashes(graph, run.strings) for run in runs])
    there = graph.concat([run.there for run in runs])
    place, signs = _columns(graph, step, hashes)
    place = graph.op("Where", there, place, step.n_features)
    # Of what is binary a column is hit, though the signs of what hit it add up to nothing.
    block = _summed(
        graph, step, place, None if step.binary else signs, held=(0, len(runs)), full=full_of(step)
    )
    counts = graph.op("Min", block.tensor, 1.0) if step.binary else block.tensor
    return Frame((replace(block, tensor=normalized(graph, counts, step.norm)),))


@converts(FeatureHasher, exact=True)
def feature_hasher(graph: Graph, step: FeatureHasher, frame: Frame) -> Frame:
    """Count the strings of a row, or add their signs, in columns that are chosen by their hash."""
    if step.input_type != "string":
        raise graph.refuse(
            step,
            f'its input_type is {step.input_type!r}, of which no table is made; use "string" with '
            "an array of strings, or a OneHotEncoder with columns.",
        )
    refuse_dtype(graph, step, np.float64)
    place, signs = _columns(graph, step, _hashes(graph, graph.string(frame, step)))
    graph.takes(row=frame.width * _HASHED_BYTES)
    return Frame((_summed(graph, step, place, signs, held=(frame.width, 0)),))


def _hashes(graph: Graph, strings: TensorName) -> TensorName:
    return graph.op("MurmurHash3", strings, domain="com.microsoft", positive=0, seed=0)


def _columns(graph: Graph, step: Any, hashes: TensorName) -> tuple[TensorName, TensorName]:
    """Return the column of each hash and its sign, 1 or -1."""
    width = step.n_features
    hashed = graph.cast(hashes, np.int64)
    # The smallest number has no absolute value of its own in 32 bits; scikit-learn folds it.
    size = graph.op("Min", graph.op("Abs", hashed), _GREATEST)
    smallest = graph.op("Equal", hashed, -_GREATEST - 1)
    folded = (_GREATEST - (width - 1)) % width
    place = graph.op("Where", smallest, folded, graph.op("Mod", size, width))
    return place, graph.op("Where", graph.op("Less", hashed, 0), -1.0, 1.0)


def _summed(
    graph: Graph,
    step: Any,
    place: TensorName,
    signs: TensorName | None,
    *,
    held: tuple[int, int],
    full: int = FULL,
) -> Block:
    """Return how often each column is among the places [N, terms], or the sums of their signs."""
    if not step.alternate_sign:
        signs = None
    return added(graph, place, signs, step.n_features, held=held, full=full, hashed=True)
