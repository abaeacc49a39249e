"""Naive Bayes: a sum of log-likelihoods for each class, and their shares."""

from typing import Any

import numpy as np
from sklearn.naive_bayes import (
    BernoulliNB,
    CategoricalNB,
    ComplementNB,
    GaussianNB,
    MultinomialNB,
)

from export.converters.arithmetic import first_greatest, from_logarithms
from export.converters.categories import REFUSED
from export.converters.graph import Graph
from export.converters.registry import converts
from export.converters.scattered import product
from export.converters.values import Classified, Frame, TensorName


@converts(GaussianNB, exact=False)
def gaussian(graph: Graph, model: GaussianNB, frame: Frame) -> Classified:
    """Add up each feature's squared distance to the class's mean, in its variances."""
    x = graph.op("Unsqueeze", graph.numeric(frame, model), np.array([1]))
    distances = graph.op("Sub", x, model.theta_[np.newaxis])
    scaled = graph.op("Div", graph.op("Mul", distances, distances), model.var_[np.newaxis])
    total = graph.op("ReduceSum", scaled, np.array([2]), keepdims=0)
    constants = -0.5 * np.sum(np.log(2.0 * np.pi * model.var_), axis=1)
    likelihood = graph.op("Sub", constants, graph.op("Mul", total, 0.5))
    return _classified(graph, graph.op("Add", np.log(model.class_prior_), likelihood))


@converts(MultinomialNB, exact=False)
def multinomial(graph: Graph, model: MultinomialNB, frame: Frame) -> Classified:
    """Weigh each count by the logarithm of its feature's probability."""
    likelihood = product(graph, model, frame, model.feature_log_prob_.T)
    return _classified(graph, graph.op("Add", likelihood, model.class_log_prior_))


@converts(ComplementNB, exact=False)
def complement(graph: Graph, model: ComplementNB, frame: Frame) -> Classified:
    """Weigh each count by how unlikely it is in the other classes."""
    likelihood = product(graph, model, frame, model.feature_log_prob_.T)
    if len(model.classes_) == 1:
        likelihood = graph.op("Add", likelihood, model.class_log_prior_)
    return _classified(graph, likelihood)


@converts(BernoulliNB, exact=False)
def bernoulli(graph: Graph, model: BernoulliNB, frame: Frame) -> Classified:
    """Take each feature as present or absent, and weigh both."""
    x = graph.numeric(frame, model)
    if model.binarize is not None:
        x = graph.cast(graph.op("Greater", x, float(model.binarize)), np.float64)
    absent = np.log(1 - np.exp(model.feature_log_prob_))
    present = graph.op("MatMul", x, (model.feature_log_prob_ - absent).T)
    constants = model.class_log_prior_ + absent.sum(axis=1)
    return _classified(graph, graph.op("Add", present, constants))


@converts(CategoricalNB, exact=False)
def categorical(graph: Graph, model: CategoricalNB, frame: Frame) -> Classified:
    """Look up the logarithm of each category's probability.

    A number that is no category makes scikit-learn fail, and the graph refuse.
    """
    x = graph.numeric(frame, model)
    likelihood: TensorName | None = None
    for column, table in enumerate(model.feature_log_prob_):
        each = _looked_up(graph, graph.column(x, column), table)
        likelihood = each if likelihood is None else graph.op("Add", likelihood, each)
    return _classified(graph, graph.op("Add", likelihood or x, model.class_log_prior_))


def _looked_up(graph: Graph, x: TensorName, table: Any) -> TensorName:
    """Return the column `x` of a table `[classes, categories]`, truncated, as `[N, classes]`."""
    count = table.shape[1]
    index = graph.cast(graph.op("Clip", x, -1.0, float(count)), np.int64)
    known = graph.op("And", graph.op("Greater", x, -1.0), graph.op("Less", index, np.array(count)))
    place = graph.reshape(graph.op("Where", known, index, np.array(REFUSED)), -1)
    return graph.op("Gather", np.ascontiguousarray(table.T), place, axis=0)


def _classified(graph: Graph, likelihood: TensorName) -> Classified:
    """Choose the class of the greatest joint log-likelihood, `[N, classes]`."""
    return Classified(first_greatest(graph, likelihood), from_logarithms(graph, likelihood))
