"""The kernels of Gaussian processes, and their sums, products and powers."""

from typing import Any

import numpy as np
from sklearn.gaussian_process import kernels

from export.converters.arithmetic import repeated
from export.converters.distances import Points, summed_squares
from export.converters.graph import Graph
from export.converters.values import Frame, TensorName


def covariance(graph: Graph, model: Any, kernel: Any, frame: Frame, points: Points) -> TensorName:
    """Return a kernel between the rows and `points`, float64 [N, points].

    Raises ConversionError, naming `model`, for a kernel that has no exact form.
    """
    if isinstance(kernel, (kernels.Sum, kernels.Product)):
        parts = [covariance(graph, model, each, frame, points) for each in (kernel.k1, kernel.k2)]
        return graph.op("Add" if type(kernel) is kernels.Sum else "Mul", *parts)
    if type(kernel) is kernels.Exponentiation:
        base = covariance(graph, model, kernel.kernel, frame, points)
        return graph.op("Pow", base, float(kernel.exponent))
    if type(kernel) in (kernels.ConstantKernel, kernels.WhiteKernel):
        # Noise is of a row with itself alone.
        constant = getattr(kernel, "constant_value", 0.0)
        return repeated(graph, np.full((1, len(points)), float(constant)), frame)
    return _elementary(graph, model, kernel, graph.numeric(frame, model), np.asarray(points))


def variance(graph: Graph, model: Any, kernel: Any, frame: Frame) -> TensorName:
    """Return a kernel of each row with itself, float64 [N, 1]."""
    if isinstance(kernel, (kernels.Sum, kernels.Product)):
        parts = [variance(graph, model, each, frame) for each in (kernel.k1, kernel.k2)]
        return graph.op("Add" if type(kernel) is kernels.Sum else "Mul", *parts)
    if type(kernel) is kernels.Exponentiation:
        base = variance(graph, model, kernel.kernel, frame)
        return graph.op("Pow", base, float(kernel.exponent))
    if type(kernel) is kernels.DotProduct:
        x = graph.numeric(frame, model)
        own = graph.op("ReduceSumSquare", x, np.array([1]), keepdims=1)
        return graph.op("Add", own, float(kernel.sigma_0) ** 2)
    constant = getattr(kernel, "constant_value", getattr(kernel, "noise_level", 1.0))
    return repeated(graph, np.full((1, 1), float(constant)), frame)


def _elementary(graph: Graph, model: Any, kernel: Any, x: TensorName, points: Points) -> TensorName:
    """Return a kernel that depends on distances or products."""
    if type(kernel) is kernels.DotProduct:
        product = graph.op("MatMul", x, points.T)
        return graph.op("Add", product, float(kernel.sigma_0) ** 2)
    if type(kernel) in (kernels.RBF, kernels.Matern):
        scale = np.asarray(kernel.length_scale, dtype=np.float64)
        squares = summed_squares(graph, graph.op("Div", x, scale), points / scale)
        return _matern(graph, model, squares, getattr(kernel, "nu", np.inf))
    squares = summed_squares(graph, x, points)
    if type(kernel) is kernels.RationalQuadratic:
        scaled = graph.op("Div", squares, 2.0 * kernel.alpha * kernel.length_scale**2)
        return graph.op("Pow", graph.op("Add", scaled, 1.0), -float(kernel.alpha))
    if type(kernel) is kernels.ExpSineSquared:
        turns = graph.op("Mul", graph.op("Sqrt", squares), np.pi / kernel.periodicity)
        wave = graph.op("Div", graph.op("Sin", turns), float(kernel.length_scale))
        return graph.op("Exp", graph.op("Mul", graph.op("Mul", wave, wave), -2.0))
    name = type(kernel).__name__
    raise graph.refuse(model, f"its kernel has a part, {name}, that has no exact form.")


def _matern(graph: Graph, model: Any, squares: TensorName, nu: float) -> TensorName:
    """Return the Matérn kernel of scaled squared distances; an infinite nu is the Gaussian."""
    if np.isinf(nu):
        return graph.op("Exp", graph.op("Mul", squares, -0.5))
    if nu not in (0.5, 1.5, 2.5):
        raise graph.refuse(
            model, f"a Matern kernel of nu={nu} has no exact form; use 0.5, 1.5 or 2.5."
        )
    distance = graph.op("Sqrt", squares)
    distance = graph.op("Mul", distance, float(np.sqrt(2.0 * nu)))
    decay = graph.op("Exp", graph.op("Neg", distance))
    if nu == 0.5:
        return decay
    factor = graph.op("Add", distance, 1.0)
    if nu == 2.5:
        factor = graph.op("Add", factor, graph.op("Div", graph.op("Mul", distance, distance), 3.0))
    return graph.op("Mul", factor, decay)
