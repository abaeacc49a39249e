"""Decompositions and random projections: products with a matrix found in training."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import FeatureAgglomeration
from sklearn.decomposition import (
    NMF,
    PCA,
    FactorAnalysis,
    FastICA,
    IncrementalPCA,
    KernelPCA,
    MiniBatchNMF,
    MiniBatchSparsePCA,
    SparsePCA,
    TruncatedSVD,
)
from sklearn.neural_network import BernoulliRBM
from sklearn.preprocessing import KernelCenterer
from sklearn.random_projection import GaussianRandomProjection, SparseRandomProjection

from export.converters.arithmetic import sigmoid
from export.converters.graph import Graph
from export.converters.pairwise import kernel
from export.converters.registry import converts
from export.converters.scattered import product
from export.converters.sparsity import dense
from export.converters.values import Frame, TensorName

Matrix = NDArray[np.float64]


@converts(PCA, IncrementalPCA, exact=False)
def principal_components(graph: Graph, step: Any, frame: Frame) -> Frame:
    """Project, subtract the projected mean, and scale to unit variance where it whitens."""
    product = _projected(graph, step, frame, step.components_)
    product = graph.op("Sub", product, step.mean_.reshape(1, -1) @ step.components_.T)
    if step.whiten:
        smallest = np.finfo(np.float64).eps
        product = graph.op("Div", product, np.maximum(np.sqrt(step.explained_variance_), smallest))
    return Frame.of(product, len(step.components_))


@converts(GaussianRandomProjection, SparseRandomProjection, TruncatedSVD, exact=False)
def projection(graph: Graph, step: Any, frame: Frame) -> Frame:
    """Project on the components."""
    product = _projected(graph, step, frame, step.components_)
    return Frame.of(product, step.components_.shape[0])


@converts(FastICA, exact=False)
def independent_components(graph: Graph, step: FastICA, frame: Frame) -> Frame:
    """Subtract the mean, where it whitens, and unmix."""
    x = graph.numeric(frame, step)
    if step.whiten:
        x = graph.op("Sub", x, step.mean_)
    return _product(graph, x, step.components_.T)


@converts(FactorAnalysis, exact=False)
def factor_analysis(graph: Graph, step: FactorAnalysis, frame: Frame) -> Frame:
    """Answer the expected factors of each row (Barber, Bayesian Reasoning, 21.2.33)."""
    weighted = step.components_ / step.noise_variance_
    covariance = np.linalg.inv(np.eye(len(step.components_)) + weighted @ step.components_.T)
    centred = graph.op("Sub", graph.numeric(frame, step), step.mean_)
    return _product(graph, graph.op("MatMul", centred, weighted.T), covariance)


@converts(SparsePCA, MiniBatchSparsePCA, exact=False)
def sparse_components(graph: Graph, step: Any, frame: Frame) -> Frame:
    """Subtract the mean, then solve the ridge regression on the components, for all rows alike."""
    components = step.components_
    gram = components @ components.T + step.ridge_alpha * np.eye(len(components))
    centred = graph.op("Sub", graph.numeric(frame, step), step.mean_)
    return _product(graph, centred, np.linalg.solve(gram, components).T)


@converts(KernelCenterer, exact=False)
def kernel_centerer(graph: Graph, step: KernelCenterer, frame: Frame) -> Frame:
    """Subtract the means of rows and columns, and add the mean of all."""
    return Frame.of(_centred(graph, step, graph.numeric(frame, step)), frame.width)


@converts(KernelPCA, exact=False)
def kernel_components(graph: Graph, step: KernelPCA, frame: Frame) -> Frame:
    """Centre the kernel with the training rows, and project it on its eigenvectors."""
    x = graph.numeric(frame, step)
    if step.kernel != "precomputed":
        given = {"gamma": step.gamma_, "degree": step.degree, "coef0": step.coef0}
        x = kernel(graph, step, x, step.X_fit_, name=step.kernel, parameters=given)
    return kernel_projected(graph, step, x)


@converts(BernoulliRBM, exact=False)
def boltzmann_machine(graph: Graph, step: BernoulliRBM, frame: Frame) -> Frame:
    """Answer the probabilities of the hidden units."""
    product = _projected(graph, step, frame, step.components_)
    hidden = sigmoid(graph, graph.op("Add", product, step.intercept_hidden_))
    return Frame.of(hidden, len(step.components_))


@converts(FeatureAgglomeration, exact=True)
def feature_agglomeration(graph: Graph, step: FeatureAgglomeration, frame: Frame) -> Frame:
    """Pool each cluster of columns."""
    x = graph.numeric(frame, step)
    labels = np.asarray(step.labels_)
    if step.pooling_func is np.mean:
        graph.exact = False
        members = (labels[:, None] == np.unique(labels)).astype(np.float64)
        sums = graph.op("MatMul", x, members)
        return Frame.of(graph.op("Div", sums, members.sum(axis=0)), members.shape[1])
    reductions: dict[Any, str] = {np.max: "ReduceMax", np.min: "ReduceMin"}
    if step.pooling_func not in reductions:
        name = getattr(step.pooling_func, "__name__", step.pooling_func)
        raise graph.refuse(step, f"its pooling_func is {name!r}; use np.mean, np.max or np.min.")
    pooled = []
    for label in np.unique(labels):
        columns = graph.op("Gather", x, np.flatnonzero(labels == label), axis=1)
        pooled.append(graph.op(reductions[step.pooling_func], columns, np.array([1]), keepdims=1))
    return Frame.of(graph.concat(pooled), len(pooled))


@converts(NMF, MiniBatchNMF, exact=False)
def factorization(graph: Graph, step: Any, _: Frame) -> Frame:
    """Refuse: what a row becomes depends on the rows beside it."""
    raise graph.refuse(
        step,
        "it solves one optimization for all rows that it is given together, so that its answer "
        "for a row depends on the others; use TruncatedSVD or LatentDirichletAllocation.",
    )


def _projected(graph: Graph, step: Any, frame: Frame, components: Any) -> TensorName:
    """Return `x @ components.T`."""
    return product(graph, step, frame, dense(components).T)


def _product(graph: Graph, x: TensorName, matrix: Matrix) -> Frame:
    return Frame.of(graph.op("MatMul", x, matrix.astype(np.float64)), matrix.shape[1])


def _centred(graph: Graph, step: KernelCenterer, x: TensorName) -> TensorName:
    rows = np.asarray(step.K_fit_rows_, dtype=np.float64)
    sums = graph.op("ReduceSum", x, np.array([1]), keepdims=1)
    means = graph.op("Div", sums, float(len(rows)))
    centred = graph.op("Sub", graph.op("Sub", x, rows), means)
    return graph.op("Add", centred, np.float64(step.K_fit_all_))


def kernel_projected(graph: Graph, step: KernelPCA, x: TensorName) -> Frame:
    """Centre a kernel with the training rows, and project it on its eigenvectors."""
    kept = np.flatnonzero(step.eigenvalues_)
    scaled = np.zeros_like(step.eigenvectors_)
    scaled[:, kept] = step.eigenvectors_[:, kept] / np.sqrt(step.eigenvalues_[kept])
    return _product(graph, _centred(graph, step._centerer, x), scaled)
