"""Wrappers that answer what the estimator inside them answers."""

from typing import Any

from sklearn.experimental import enable_halving_search_cv  # noqa: F401  (makes them importable)
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    HalvingRandomSearchCV,
    RandomizedSearchCV,
)
from sklearn.semi_supervised import SelfTrainingClassifier

from export.converters.graph import Graph
from export.converters.registry import convert, converts, transform, transforms
from export.converters.values import Answer, Frame

_SEARCHES = (GridSearchCV, HalvingGridSearchCV, HalvingRandomSearchCV, RandomizedSearchCV)


@converts(*_SEARCHES, exact=True)
def search(graph: Graph, search: Any, frame: Frame) -> Answer:
    """Answer what the best estimator answers, refitted on all the training data."""
    with graph.step("best_estimator_"):
        return convert(graph, search.best_estimator_, frame)


@transforms(*_SEARCHES, exact=True)
def search_transform(graph: Graph, search: Any, frame: Frame) -> Frame:
    """Answer what the best estimator makes of the frame."""
    with graph.step("best_estimator_"):
        return transform(graph, search.best_estimator_, frame)


@converts(FrozenEstimator, exact=True)
def frozen(graph: Graph, frozen: FrozenEstimator, frame: Frame) -> Answer:
    """Answer what the frozen estimator answers."""
    with graph.step("estimator"):
        return convert(graph, frozen.estimator, frame)


@transforms(FrozenEstimator, exact=True)
def frozen_transform(graph: Graph, frozen: FrozenEstimator, frame: Frame) -> Frame:
    """Answer what the frozen estimator makes of the frame."""
    with graph.step("estimator"):
        return transform(graph, frozen.estimator, frame)


@converts(SelfTrainingClassifier, exact=True)
def self_training(graph: Graph, model: SelfTrainingClassifier, frame: Frame) -> Answer:
    """Answer what the classifier answers that was fitted last."""
    with graph.step("estimator_"):
        return convert(graph, model.estimator_, frame)
