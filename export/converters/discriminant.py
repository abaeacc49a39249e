"""Discriminant analysis and nearest centroids: a score for each class by its distance."""

from typing import Any

import numpy as np
from sklearn.discriminant_analysis import (
    LinearDiscriminantAnalysis,
    QuadraticDiscriminantAnalysis,
)
from sklearn.neighbors import NearestCentroid

from export.converters.arithmetic import (
    first_greatest,
    flag,
    row_max,
    row_sum,
    sigmoid,
    softmax,
    with_complement,
)
from export.converters.distances import distances, nearest
from export.converters.graph import Graph
from export.converters.linear import linear_scores
from export.converters.registry import converts, transforms
from export.converters.values import Classified, Frame, TensorName


@converts(LinearDiscriminantAnalysis, exact=False)
def linear_discriminant(
    graph: Graph, model: LinearDiscriminantAnalysis, frame: Frame
) -> Classified:
    """Answer the logistic function of the scores, or their softmax over three or more classes."""
    scores = linear_scores(graph, model, frame)
    if len(model.classes_) > 2:
        return Classified(first_greatest(graph, scores), softmax(graph, scores), scores)
    index = flag(graph, graph.op("Greater", scores, 0.0))
    probabilities = with_complement(graph, sigmoid(graph, scores))
    return Classified(index, probabilities, graph.reshape(scores, -1))


@transforms(LinearDiscriminantAnalysis, exact=False)
def linear_discriminant_transform(
    graph: Graph, model: LinearDiscriminantAnalysis, frame: Frame
) -> Frame:
    """Project on the directions that separate the classes."""
    if model.solver == "lsqr":
        raise graph.refuse(model, 'solver="lsqr" cannot transform; use "svd" or "eigen".')
    x = graph.numeric(frame, model)
    if model.solver == "svd":
        x = graph.op("Sub", x, np.asarray(model.xbar_))
    directions = np.asarray(model.scalings_)[:, : model._max_components]
    return Frame.of(graph.op("MatMul", x, directions), directions.shape[1])


@converts(QuadraticDiscriminantAnalysis, exact=False)
def quadratic_discriminant(
    graph: Graph, model: QuadraticDiscriminantAnalysis, frame: Frame
) -> Classified:
    """Score each class by the squared distance to its mean in its own covariance."""
    x = graph.numeric(frame, model)
    columns = []
    for rotation, scaling, mean in zip(
        model.rotations_, model.scalings_, model.means_, strict=True
    ):
        rotated = graph.op("MatMul", graph.op("Sub", x, mean), rotation * scaling**-0.5)
        columns.append(row_sum(graph, graph.op("Mul", rotated, rotated)))
    volumes = np.array([np.sum(np.log(scaling)) for scaling in model.scalings_])
    halves = graph.op("Mul", graph.op("Add", graph.concat(columns), volumes), -0.5)
    return by_posterior(graph, model, graph.op("Add", halves, np.log(model.priors_)))


@converts(NearestCentroid, exact=False)
def nearest_centroid(graph: Graph, model: NearestCentroid, frame: Frame) -> Classified:
    """Answer the class of the nearest centroid; priors that differ weigh the distances."""
    x = graph.numeric(frame, model)
    centroids = np.asarray(model.centroids_, dtype=np.float64)
    spread = np.asarray(model.within_class_std_dev_)
    spread = np.where(spread != 0, spread, 1.0)
    scaled = graph.op("Div", x, spread)
    distance = distances(graph, model, scaled, centroids / spread, model.metric)
    scores = graph.op("Neg", graph.op("Mul", distance, distance))
    answer = by_posterior(graph, model, graph.op("Add", scores, 2.0 * np.log(model.class_prior_)))
    index = answer.index
    if np.isclose(model.class_prior_, 1 / len(model.classes_)).all():
        index = nearest(graph, model, x, centroids, model.metric)
    if model.metric != "euclidean":
        return Classified(index)
    return Classified(index, answer.probabilities, answer.scores)


def by_posterior(graph: Graph, model: Any, scores: TensorName) -> Classified:
    """Choose by log-posteriors `[N, classes]`; two classes have one score, their difference."""
    below = graph.op("Sub", scores, row_max(graph, scores))
    total = row_sum(graph, graph.op("Exp", below))
    probabilities = graph.op("Exp", graph.op("Sub", below, graph.op("Log", total)))
    answered = scores
    if len(model.classes_) == 2:
        difference = graph.op("Sub", graph.column(scores, 1), graph.column(scores, 0))
        answered = graph.reshape(difference, -1)
    return Classified(first_greatest(graph, scores), probabilities, answered)
