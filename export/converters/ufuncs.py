"""The usual functions of numpy and of scipy.special, each as nodes of the graph."""

from typing import Any

import numpy as np
from scipy import special

from export.converters.arithmetic import sigmoid
from export.converters.graph import Graph
from export.converters.mathematics import (
    arccosh,
    arcsinh,
    arctanh,
    cube_root,
    expm1,
    log1p,
    logit,
)
from export.converters.traced import Build
from export.converters.trigonometry import arccos, arcsin, arctan, arctan2, hypotenuse, tan
from export.converters.values import TensorName

_FAR = 20.0
"""From here on, the exponential of the negative number is less than rounding."""


def _node(op_type: str) -> Build:
    return lambda graph, x: graph.op(op_type, x)


def _times(factor: float) -> Build:
    return lambda graph, x: graph.op("Mul", x, np.float64(factor))


def _base(build: Build, base: float) -> Build:
    return lambda graph, x: graph.op("Div", build(graph, x), np.log(base))


def _hyperbolic(graph: Graph, size: TensorName, near: TensorName) -> TensorName:
    """Halve what is near; far from 0, square half an exponential, which overflows later."""
    root = graph.op("Exp", graph.op("Mul", size, 0.5))
    far = graph.op("Mul", graph.op("Mul", root, 0.5), root)
    return graph.op("Where", graph.op("Less", size, _FAR), graph.op("Mul", near, 0.5), far)


def _hyperbolic_sine(graph: Graph, x: TensorName) -> TensorName:
    size = graph.op("Abs", x)
    near = graph.op("Sub", expm1(graph, size), expm1(graph, graph.op("Neg", size)))
    return graph.op("Mul", graph.op("Sign", x), _hyperbolic(graph, size, near))


def _hyperbolic_cosine(graph: Graph, x: TensorName) -> TensorName:
    size = graph.op("Abs", x)
    near = graph.op("Add", graph.op("Exp", size), graph.op("Exp", graph.op("Neg", size)))
    return _hyperbolic(graph, size, near)


def _sign(graph: Graph, x: TensorName) -> TensorName:
    return graph.op("Where", graph.op("IsNaN", x), x, graph.op("Sign", x))


def _truncated(graph: Graph, x: TensorName) -> TensorName:
    # ONNX Runtime's Where keeps -0.0 only in its last operand.
    positive = graph.op("Greater", x, 0.0)
    return graph.op("Where", positive, graph.op("Floor", x), graph.op("Ceil", x))


def _truth(op_type: str) -> Build:
    return lambda graph, x: graph.cast(graph.op(op_type, x), np.float64)


def _finite_truth(graph: Graph, x: TensorName) -> TensorName:
    unusual = graph.op("Or", graph.op("IsNaN", x), graph.op("IsInf", x))
    return graph.cast(graph.op("Not", unusual), np.float64)


EXACT: dict[Any, Build] = {
    np.abs: _node("Abs"),
    np.fabs: _node("Abs"),
    np.positive: lambda _, x: x,
    np.negative: _node("Neg"),
    np.sqrt: _node("Sqrt"),
    np.square: lambda graph, x: graph.op("Mul", x, x),
    np.reciprocal: _node("Reciprocal"),
    np.sign: _sign,
    np.floor: _node("Floor"),
    np.ceil: _node("Ceil"),
    np.rint: _node("Round"),
    np.trunc: _truncated,
    np.isnan: _truth("IsNaN"),
    np.isinf: _truth("IsInf"),
    np.isfinite: _finite_truth,
    np.deg2rad: _times(np.pi / 180),
    np.radians: _times(np.pi / 180),
    np.rad2deg: _times(180 / np.pi),
    np.degrees: _times(180 / np.pi),
}
"""Functions that every machine computes to the same bit."""

ROUNDED: dict[Any, Build] = {
    np.log: _node("Log"),
    np.log1p: log1p,
    np.log2: _base(_node("Log"), 2.0),
    np.log10: _base(_node("Log"), 10.0),
    np.exp: _node("Exp"),
    np.exp2: lambda graph, x: graph.op("Pow", 2.0, x),
    special.exp10: lambda graph, x: graph.op("Pow", 10.0, x),
    np.expm1: expm1,
    np.sin: _node("Sin"),
    np.cos: _node("Cos"),
    np.sinh: _hyperbolic_sine,
    np.cosh: _hyperbolic_cosine,
    np.tan: tan,
    np.arcsin: arcsin,
    np.arccos: arccos,
    np.arctan: arctan,
    np.tanh: _node("Tanh"),
    np.arcsinh: arcsinh,
    np.arccosh: arccosh,
    np.arctanh: arctanh,
    np.cbrt: cube_root,
    special.expit: sigmoid,
    special.logit: logit,
}
"""Functions whose last bit depends on the library that computes them."""

OF_TWO: dict[Any, Build] = {np.arctan2: arctan2, np.hypot: hypotenuse}
"""Functions of two numbers, likewise; `//`, `%` and powers are in `traced`."""
