"""Estimators of several targets, made of one estimator for each target."""

from typing import Any

import numpy as np
from sklearn.multioutput import (
    ClassifierChain,
    MultiOutputClassifier,
    MultiOutputRegressor,
    RegressorChain,
)

from export.converters.graph import Graph
from export.converters.registry import classify, converts, labels_of, regress
from export.converters.responses import positive_response
from export.converters.values import (
    Classified,
    Frame,
    MultiClassified,
    MultiLabelled,
    Regressed,
    TensorName,
)


@converts(MultiOutputClassifier, exact=True)
def multi_output_classifier(
    graph: Graph, model: MultiOutputClassifier, frame: Frame
) -> MultiClassified:
    """Answer what each target's classifier answers."""
    targets = []
    for number, estimator in enumerate(model.estimators_):
        with graph.step(f"estimators_[{number}]"):
            targets.append(classify(graph, estimator, frame))
    return MultiClassified(tuple(targets))


@converts(MultiOutputRegressor, exact=True)
def multi_output_regressor(graph: Graph, model: MultiOutputRegressor, frame: Frame) -> Regressed:
    """Answer what each target's regressor answers, side by side."""
    columns = []
    for number, estimator in enumerate(model.estimators_):
        with graph.step(f"estimators_[{number}]"):
            columns.append(graph.reshape(regress(graph, estimator, frame), -1, 1))
    return Regressed(graph.concat(columns))


@converts(RegressorChain, exact=True)
def regressor_chain(graph: Graph, model: RegressorChain, frame: Frame) -> Regressed:
    """Give each regressor, beside the features, what those before it answered."""
    columns: list[TensorName] = []
    for number, estimator in enumerate(model.estimators_):
        with graph.step(f"estimators_[{number}]"):
            values = regress(graph, estimator, frame)
        columns.append(graph.reshape(values, -1, 1))
        frame = Frame.concat([frame, Frame.of(columns[-1], 1)])
    return Regressed(graph.concat([columns[place] for place in _places(model)]))


@converts(ClassifierChain, exact=True)
def classifier_chain(
    graph: Graph, model: ClassifierChain, frame: Frame
) -> MultiClassified | MultiLabelled:
    """Give each classifier, beside the features, what those before it answered."""
    links: list[Classified] = []
    for number, estimator in enumerate(model.estimators_):
        with graph.step(f"estimators_[{number}]"):
            answer = classify(graph, estimator, frame)
            links.append(answer)
            told = _told(graph, model, estimator, answer)
        frame = Frame.concat([frame, Frame.of(told, 1)])
    places = _places(model)
    if all(np.array_equal(classes, [0, 1]) for classes in model.classes_):
        return _multilabelled(graph, model, links, places)
    if places != sorted(places):
        reason = "its targets are in an order of their own and not all 0 or 1; leave out `order`."
        raise graph.refuse(model, reason)
    return MultiClassified(tuple(Classified(link.index) for link in links))


def _places(model: Any) -> list[int]:
    """Return for each target the place of its estimator in the chain."""
    return [int(place) for place in np.argsort(model.order_)]


def _told(graph: Graph, model: ClassifierChain, estimator: Any, answer: Classified) -> TensorName:
    """Return what the classifiers further on are told: the label, a probability or a score."""
    method = getattr(model, "chain_method_", "predict")
    if method != "predict":
        return positive_response(graph, estimator, answer, (method,))[0]
    label = labels_of(graph, answer.index, estimator.classes_)
    return graph.reshape(graph.cast(label, np.float64), -1, 1)


def _multilabelled(
    graph: Graph, model: ClassifierChain, links: list[Classified], places: list[int]
) -> MultiLabelled:
    """Answer, of each label, whether it applies, and the response that it was decided by."""

    def joined(method: str) -> TensorName | None:
        if not hasattr(model, method):
            return None
        columns = [
            positive_response(graph, estimator, link, (method,))[0]
            for estimator, link in zip(model.estimators_, links, strict=True)
        ]
        return graph.concat([columns[place] for place in places])

    labels = [graph.reshape(links[place].index, -1, 1) for place in places]
    return MultiLabelled(graph.concat(labels), joined("predict_proba"), joined("decision_function"))
