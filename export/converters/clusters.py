"""Clusterers that predict: the nearest of the centres that training found."""

from typing import Any

import numpy as np
from sklearn.cluster import (
    AffinityPropagation,
    Birch,
    BisectingKMeans,
    KMeans,
    MeanShift,
    MiniBatchKMeans,
)

from export.converters.arithmetic import repeated
from export.converters.distances import distances, nearest, squared_distances
from export.converters.graph import Graph
from export.converters.registry import converts, transforms
from export.converters.sparsity import dense
from export.converters.values import Clustered, Frame, TensorName


@converts(KMeans, MiniBatchKMeans, exact=False)
def k_means(graph: Graph, model: Any, frame: Frame) -> Clustered:
    """Answer the nearest centre, and the distances to all."""
    x = graph.numeric(frame, model)
    label = nearest(graph, model, x, model.cluster_centers_)
    return Clustered(label, distances=_to_all(graph, model, x, model.cluster_centers_))


@converts(BisectingKMeans, exact=False)
def bisecting_k_means(graph: Graph, model: BisectingKMeans, frame: Frame) -> Clustered:
    """Go down the tree of bisections, each time to the nearer of two centres."""
    x = graph.numeric(frame, model)
    label = _down(graph, model, x, model._bisecting_tree)
    if isinstance(label, int):
        label = graph.reshape(repeated(graph, np.array([[label]]), frame), -1)
    return Clustered(label, distances=_to_all(graph, model, x, model.cluster_centers_))


@converts(Birch, exact=False)
def birch(graph: Graph, model: Birch, frame: Frame) -> Clustered:
    """Answer the cluster of the nearest subcluster, and the distances to all subclusters."""
    x = graph.numeric(frame, model)
    index = nearest(graph, model, x, model.subcluster_centers_)
    label = graph.op("Gather", model.subcluster_labels_.astype(np.int64), index)
    return Clustered(label, distances=_to_all(graph, model, x, model.subcluster_centers_))


@converts(MeanShift, AffinityPropagation, exact=False)
def nearest_mode(graph: Graph, model: Any, frame: Frame) -> Clustered:
    """Answer the nearest centre; -1 for all rows where training found none."""
    if not hasattr(model, "cluster_centers_"):
        raise graph.refuse(model, "it was fitted on affinities; fit it on features.")
    centres = dense(model.cluster_centers_)
    if not len(centres):
        return Clustered(graph.reshape(repeated(graph, np.array([[-1]]), frame), -1))
    x = graph.numeric(frame, model)
    return Clustered(nearest(graph, model, x, centres))


@transforms(KMeans, MiniBatchKMeans, BisectingKMeans, exact=False)
def distances_to_clusters(graph: Graph, model: Any, frame: Frame) -> Frame:
    """Answer the distances to the centres as columns."""
    centres = model.cluster_centers_
    return Frame.of(_to_all(graph, model, graph.numeric(frame, model), centres), len(centres))


@transforms(Birch, exact=False)
def distances_to_subclusters(graph: Graph, model: Birch, frame: Frame) -> Frame:
    """Answer the distances to the subclusters as columns."""
    centres = model.subcluster_centers_
    return Frame.of(_to_all(graph, model, graph.numeric(frame, model), centres), len(centres))


def _to_all(graph: Graph, model: Any, x: TensorName, centres: Any) -> TensorName:
    return distances(graph, model, x, centres, "euclidean")


def _down(graph: Graph, model: Any, x: TensorName, node: Any) -> TensorName | int:
    """Return the label of each row below a node, int64 [N], or the one label of a leaf."""
    if node.left is None:
        return int(node.label)
    centres = np.vstack([node.left.center, node.right.center])
    if hasattr(model, "_X_mean"):
        centres = centres + model._X_mean
    measured = squared_distances(graph, x, centres)
    side = graph.op("ArgMin", measured, axis=1, keepdims=0)
    left, right = (_down(graph, model, x, each) for each in (node.left, node.right))
    goes_left = graph.op("Equal", side, np.array(0))
    return graph.op("Where", goes_left, _constant(left), _constant(right))


def _constant(label: TensorName | int) -> Any:
    return np.array(label) if isinstance(label, int) else label
