"""Voting: estimators side by side, and the mean or the majority of their answers."""

from typing import Any

import numpy as np
from sklearn.ensemble import VotingClassifier, VotingRegressor

from export.converters.arithmetic import first_greatest, in_order
from export.converters.bagging import mean
from export.converters.graph import Graph
from export.converters.registry import classify, converts, regress
from export.converters.values import Classified, Frame, Regressed, TensorName


@converts(VotingClassifier, exact=True)
def voting_classifier(graph: Graph, model: VotingClassifier, frame: Frame) -> Classified:
    """Answer the class of most votes, or that of the greatest mean probability."""
    answers = []
    for number, each in enumerate(model.estimators_):
        with graph.step(f"estimators_[{number}]"):
            answers.append((each, classify(graph, each, frame)))
    classes = len(model.classes_)
    if model.voting == "soft":
        parts = []
        for each, answer in answers:
            if answer.probabilities is None:
                raise graph.refuse(each, "its converter does not answer its predict_proba.")
            parts.append(answer.probabilities)
        probabilities = _mean(graph, model, parts)
        return Classified(first_greatest(graph, probabilities), probabilities)
    weights = model._weights_not_none or [1.0] * len(answers)
    votes = [
        graph.op("Gather", weight * np.eye(classes)[_places(graph, each, classes)], answer.index)
        for (each, answer), weight in zip(answers, weights, strict=True)
    ]
    return Classified(first_greatest(graph, in_order(graph, votes)))


@converts(VotingRegressor, exact=True)
def voting_regressor(graph: Graph, model: VotingRegressor, frame: Frame) -> Regressed:
    """Answer the mean of the estimators' values."""
    parts = []
    for number, each in enumerate(model.estimators_):
        with graph.step(f"estimators_[{number}]"):
            parts.append(regress(graph, each, frame))
    return Regressed(_mean(graph, model, parts))


def _mean(graph: Graph, model: Any, parts: list[TensorName]) -> TensorName:
    """Return the mean, weighted where the model has weights, added in numpy's order."""
    weights = model._weights_not_none
    if weights is None:
        return mean(graph, parts)
    weighted = [
        graph.op("Mul", part, np.float64(weight))
        for part, weight in zip(parts, weights, strict=True)
    ]
    _, total = np.average(np.zeros(len(weights)), weights=weights, returned=True)
    return graph.op("Div", in_order(graph, weighted), np.float64(total))


def _places(graph: Graph, estimator: Any, classes: int) -> Any:
    """Return the place of each of an estimator's classes, which are numbered from 0."""
    places = np.asarray(estimator.classes_)
    if places.dtype.kind not in "iu" or places.max() >= classes:
        raise graph.refuse(estimator, "it was not trained on the votes' classes, numbered from 0.")
    return places
