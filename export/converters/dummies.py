"""Dummy estimators, which answer the same for every row."""

from typing import Any, NamedTuple

import numpy as np
from sklearn.dummy import DummyClassifier, DummyRegressor

from export.converters.arithmetic import repeated
from export.converters.graph import Graph
from export.converters.registry import converts
from export.converters.values import Classified, Frame, MultiClassified, Regressed

RANDOM = ("stratified", "uniform")


class _Target(NamedTuple):
    """What the answer for one target depends on."""

    strategy: str
    classes: Any
    prior: Any
    constant: Any


@converts(DummyClassifier, exact=True)
def dummy_classifier(
    graph: Graph, model: DummyClassifier, frame: Frame
) -> Classified | MultiClassified:
    """Answer the most frequent class or a constant one, and its probability."""
    strategy = model._strategy
    if strategy in RANDOM:
        reason = f'strategy="{strategy}" answers at random; use "prior" or "most_frequent".'
        raise graph.refuse(model, reason)
    if model.n_outputs_ == 1:
        constant = np.ravel(model.constant)[0]
        target = _Target(strategy, model.classes_, model.class_prior_, constant)
        return _constant(graph, frame, target)
    constants = np.ravel(model.constant) if strategy == "constant" else [None] * model.n_outputs_
    targets = zip(model.classes_, model.class_prior_, constants, strict=True)
    return MultiClassified(
        tuple(_constant(graph, frame, _Target(strategy, *each)) for each in targets)
    )


@converts(DummyRegressor, exact=True)
def dummy_regressor(graph: Graph, model: DummyRegressor, frame: Frame) -> Regressed:
    """Answer the mean, a quantile or a constant."""
    row = np.asarray(model.constant_, dtype=np.float64).reshape(1, -1)
    values = repeated(graph, row, frame)
    return Regressed(graph.reshape(values, -1) if model.n_outputs_ == 1 else values)


def _constant(graph: Graph, frame: Frame, target: _Target) -> Classified:
    """Return the answer for one target."""
    if target.strategy == "constant":
        chosen = int(np.flatnonzero(np.asarray(target.classes) == target.constant)[0])
    else:
        chosen = int(np.argmax(target.prior))
    one = np.eye(len(target.classes))[chosen]
    probabilities = np.asarray(target.prior) if target.strategy == "prior" else one
    index = graph.reshape(repeated(graph, np.array([[chosen]]), frame), -1)
    return Classified(index, repeated(graph, probabilities.reshape(1, -1), frame))
