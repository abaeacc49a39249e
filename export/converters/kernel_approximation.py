"""Kernel approximations: features whose products approximate a kernel."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.kernel_approximation import (
    AdditiveChi2Sampler,
    Nystroem,
    PolynomialCountSketch,
    RBFSampler,
    SkewedChi2Sampler,
)

from export.converters.graph import Graph, Operand
from export.converters.pairwise import kernel
from export.converters.registry import converts
from export.converters.values import Frame, TensorName


@converts(RBFSampler, SkewedChi2Sampler, exact=False)
def fourier_features(graph: Graph, step: Any, frame: Frame) -> Frame:
    """Project at random, and take the cosine."""
    x = graph.numeric(frame, step)
    if isinstance(step, SkewedChi2Sampler):
        x = graph.op("Log", graph.op("Add", x, float(step.skewedness)))
    projected = graph.op("MatMul", x, step.random_weights_)
    waves = graph.op("Cos", graph.op("Add", projected, step.random_offset_))
    count = step.random_weights_.shape[1]
    return Frame.of(graph.op("Mul", waves, np.sqrt(2.0) / np.sqrt(count)), count)


@converts(Nystroem, exact=False)
def nystroem(graph: Graph, step: Nystroem, frame: Frame) -> Frame:
    """Take the kernel with some training rows, and normalize it."""
    given = dict(step.kernel_params or {})
    for name in ("gamma", "coef0", "degree"):
        if getattr(step, name) is not None:
            given[name] = getattr(step, name)
    x = graph.numeric(frame, step)
    alike = kernel(graph, step, x, step.components_, name=step.kernel, parameters=given)
    return Frame.of(graph.op("MatMul", alike, step.normalization_.T), len(step.normalization_))


@converts(AdditiveChi2Sampler, exact=False)
def additive_chi2(graph: Graph, step: AdditiveChi2Sampler, frame: Frame) -> Frame:
    """Sample the Fourier transform of the chi-squared kernel, column by column."""
    if any(dtype is not None for dtype in frame.as_array().dtypes):
        reason = "all its input columns are integers, of which it makes integers; make float64 of "
        raise graph.refuse(step, f"{reason}one, with astype(float), before the fit.")
    x = graph.numeric(frame, step)
    interval = step.sample_interval or {1: 0.8, 2: 0.5, 3: 0.4}[step.sample_steps]
    positive = graph.op("Greater", x, 0.0)
    safe = graph.op("Where", positive, x, 1.0)
    parts = [graph.op("Sqrt", graph.op("Mul", x, float(interval)))]
    logarithm = graph.op("Mul", graph.op("Log", safe), float(interval))
    doubled = graph.op("Mul", graph.op("Mul", x, 2.0), float(interval))
    for sample in range(1, step.sample_steps):
        shrunk = graph.op("Div", doubled, np.cosh(np.pi * sample * interval))
        factor = graph.op("Sqrt", shrunk)
        angle = graph.op("Mul", logarithm, float(sample))
        parts += [graph.op("Mul", factor, graph.op(wave, angle)) for wave in ("Cos", "Sin")]
    return Frame.of(graph.concat(parts), frame.width * len(parts))


@converts(PolynomialCountSketch, exact=False)
def count_sketch(graph: Graph, step: PolynomialCountSketch, frame: Frame) -> Frame:
    """Sketch the row once for each degree, and convolve the sketches by Fourier transforms.

    The transforms are products with the matrices of cosines and sines.
    """
    x = graph.op("Mul", graph.numeric(frame, step), float(np.sqrt(step.gamma)))
    count = step.n_components
    angles = 2 * np.pi * (np.outer(np.arange(count), np.arange(count)) % count) / count
    cosines, sines = np.cos(angles), np.sin(angles)
    real: Operand = 1.0
    imaginary: Operand = 0.0
    for places, signs in zip(step.indexHash_, step.bitHash_, strict=True):
        sketch = np.zeros((len(places), count))
        sketch[np.arange(len(places)), places] = signs
        re = _sketched(graph, step, x, sketch @ cosines)
        im = _sketched(graph, step, x, sketch @ sines)
        real, imaginary = (
            graph.op("Sub", graph.op("Mul", real, re), graph.op("Mul", imaginary, im)),
            graph.op("Add", graph.op("Mul", real, im), graph.op("Mul", imaginary, re)),
        )
    back = graph.op("Add", graph.op("MatMul", real, cosines), graph.op("MatMul", imaginary, sines))
    return Frame.of(graph.op("Div", back, float(count)), count)


def _sketched(graph: Graph, step: Any, x: TensorName, matrix: NDArray[np.float64]) -> TensorName:
    """Return the product with a sketch's transform; coef0 is one more feature, always the same."""
    if step.coef0 == 0:
        return graph.op("MatMul", x, matrix)
    constant = np.sqrt(step.coef0) * matrix[-1]
    return graph.op("Add", graph.op("MatMul", x, matrix[:-1]), constant)
