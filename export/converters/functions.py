"""FunctionTransformer: the usual functions (`ufuncs`), kernels, and those of the user's own."""

import functools
from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.metrics.pairwise import PAIRWISE_KERNEL_FUNCTIONS
from sklearn.preprocessing import FunctionTransformer

from export.converters.cells import UntraceableError
from export.converters.graph import Graph
from export.converters.pairwise import kernel
from export.converters.registry import converts
from export.converters.traced import follow
from export.converters.ufuncs import EXACT, OF_TWO, ROUNDED
from export.converters.values import Frame, TensorName

_BY_NAME = {
    function.__name__: (build, function in EXACT)
    for function, build in (EXACT | ROUNDED | OF_TWO).items()
}

_ANY_DTYPE = (
    np.positive,
    np.sign,
    np.floor,
    np.ceil,
    np.trunc,
    np.isnan,
    np.isinf,
    np.isfinite,
)
"""Functions that answer the same of integers as of doubles, however few bytes they have."""
_GREATEST_ROOT = 3_037_000_499.0
"""The greatest whole number whose square is below 2^63."""
_FULL_SIZE = 4
"""Of integers of so many bytes and more, numpy computes in double."""

_KERNELS = {function: name for name, function in PAIRWISE_KERNEL_FUNCTIONS.items()}
_OF_KERNELS = {"Y", "gamma", "degree", "coef0"}

WITH_ARGUMENTS = ("around", "clip", "nan_to_num", "round")


@converts(FunctionTransformer, exact=True)
def function_transformer(graph: Graph, step: FunctionTransformer, frame: Frame) -> Frame:
    """Apply the function to every number; with no function, pass the columns on as they are."""
    function, arguments = _unwrapped(step)
    if not _is_hashable(function):
        return _traced(graph, step, frame)
    if function is None or (_flattens(function, arguments) and frame.width == 1):
        return frame
    if function in EXACT or function in ROUNDED:
        _check_dtypes(graph, step, function, frame)
    if function in (np.clip, np.round, np.around, np.nan_to_num):
        y = _with_arguments(graph, step, function, arguments, graph.numeric(frame, step))
        return Frame.of(_unsigned_zeros(graph, frame, y), frame.width)
    if function in _KERNELS and "Y" in arguments and set(arguments) <= _OF_KERNELS:
        return _alike(graph, step, _KERNELS[function], arguments, frame)
    build = EXACT.get(function) or ROUNDED.get(function)
    if build is None or arguments:
        return _traced(graph, step, frame)
    graph.exact = graph.exact and function in EXACT
    x = graph.numeric(frame, step)
    y = build(graph, x)
    if function is np.negative:
        y = _unsigned_zeros(graph, frame, y)
    if function is np.square:
        y = _wrapping(graph, frame, x, y)
    return Frame.of(y, frame.width)


def _alike(
    graph: Graph, step: FunctionTransformer, name: str, given: Mapping[str, Any], frame: Frame
) -> Frame:
    """Answer how alike rows are to those that are given as `Y`."""
    graph.exact = False
    rows = np.asarray(given["Y"], dtype=np.float64)
    parameters = {key: value for key, value in given.items() if key != "Y"}
    x = graph.numeric(frame, step)
    answer = kernel(graph, step, x, rows, name=name, parameters=parameters)
    return Frame.of(answer, len(rows))


def _traced(graph: Graph, step: FunctionTransformer, frame: Frame) -> Frame:
    """Apply a function of the user's own, if it can be followed."""
    names = None if step.validate else getattr(step, "feature_names_in_", None)
    call = functools.partial(step.func, **(step.kw_args or {}))
    try:
        return follow(graph, call, names, frame, _BY_NAME)
    except RecursionError:
        reason = "it computes too much, one after the other"
        raise graph.refuse(step, _reason(*_unwrapped(step), reason)) from None
    except UntraceableError as error:
        raise graph.refuse(step, _reason(*_unwrapped(step), str(error))) from error


def _unsigned_zeros(graph: Graph, frame: Frame, y: TensorName) -> TensorName:
    """Make 0.0 of each -0.0 in the columns that are integers, which have no such number."""
    whole = [dtype is not None and dtype.kind in "iu" for dtype in frame.dtypes]
    if not any(whole):
        return y
    zeros = graph.op("And", graph.op("Equal", y, 0.0), np.array(whole).reshape(1, -1))
    return graph.op("Where", zeros, 0.0, y)


def _wrapping(graph: Graph, frame: Frame, x: TensorName, y: TensorName) -> TensorName:
    """Let the squares `y` of 64-bit integers `x` wrap around, as numpy's do beyond 2^63."""
    whole = [dtype is not None and dtype.kind == "i" for dtype in frame.dtypes]
    if not any(whole):
        return y
    integer = graph.cast(x, np.int64)
    wrapped = graph.cast(graph.op("Mul", integer, integer), np.float64)
    beyond = graph.op("Greater", graph.op("Abs", x), _GREATEST_ROOT)
    return graph.op("Where", graph.op("And", beyond, np.array(whole).reshape(1, -1)), wrapped, y)


def _flattens(function: Any, arguments: Mapping[str, Any]) -> bool:
    """Tell whether a column becomes the vector of texts that a vectorizer takes."""
    if function is np.ravel:
        return not arguments
    return function is np.reshape and arguments in ({"shape": -1}, {"shape": (-1,)})


def _check_dtypes(graph: Graph, step: FunctionTransformer, function: Any, frame: Frame) -> None:
    """Refuse columns of whose dtype numpy makes something else than of doubles."""
    for dtype in frame.dtypes:
        if dtype is None or function in _ANY_DTYPE:
            continue
        problem = _of_dtype(function, dtype)
        if problem:
            raise graph.refuse(
                step,
                f"numpy's {_named(function)} of {dtype.name}, which one of its columns is, "
                f"{problem}; make float64 of the column, with astype(float), before the fit.",
            )


def _of_dtype(function: Any, dtype: "np.dtype[Any]") -> str | None:
    """Say what becomes of another dtype than doubles, where it is not what becomes of those."""
    if dtype.kind == "f":
        return "is of less than double precision"
    if function is np.reciprocal:
        return "is an integer too"
    if function is np.abs and dtype.kind in "bu":
        return None
    if function is np.square and dtype.itemsize == _FULL_SIZE:
        return "is an integer of as many bits, which wraps around"
    if function is np.negative and dtype.kind == "u":
        return "is the number that it wraps around to"
    return "is of less than double precision" if dtype.itemsize < _FULL_SIZE else None


def _unwrapped(step: FunctionTransformer) -> tuple[Any, dict[str, Any]]:
    """Return the function and its keyword arguments, those of a `functools.partial` included."""
    function, arguments = step.func, dict(step.kw_args or {})
    if isinstance(function, functools.partial) and not function.args:
        arguments = {**function.keywords, **arguments}
        function = function.func
    return function, arguments


def _is_hashable(function: Any) -> bool:
    """Tell whether a function can be looked up, as all that have an ONNX form can."""
    try:
        hash(function)
    except TypeError:
        return False
    return True


def _with_arguments(
    graph: Graph,
    step: FunctionTransformer,
    function: Any,
    arguments: Mapping[str, Any],
    x: TensorName,
) -> TensorName:
    known = {
        np.clip: {"a_min", "a_max", "min", "max"},
        np.nan_to_num: {"nan", "posinf", "neginf", "copy"},
    }.get(function, {"decimals"})
    if not set(arguments) <= known or not all(_is_plain(each) for each in arguments.values()):
        raise graph.refuse(step, _reason(function, arguments))
    if function is np.clip:
        return _clipped(graph, arguments, x)
    if function is np.nan_to_num:
        return _finite(graph, arguments, x)
    decimals = int(arguments.get("decimals", 0))
    scale = np.float64(10.0 ** abs(decimals))
    if not decimals:
        return graph.op("Round", x)
    there, back = ("Mul", "Div") if decimals > 0 else ("Div", "Mul")
    return graph.op(back, graph.op("Round", graph.op(there, x, scale)), scale)


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, (bool, int, float, np.integer, np.floating))


def _clipped(graph: Graph, arguments: Mapping[str, Any], x: TensorName) -> TensorName:
    """Keep NaN, as numpy does; and -0.0 at 0 between two bounds, but not at the only one."""
    low = arguments.get("a_min", arguments.get("min"))
    high = arguments.get("a_max", arguments.get("max"))
    at = "OrEqual" if low is None or high is None else ""
    if low is not None:
        x = graph.op("Where", graph.op(f"Less{at}", x, np.float64(low)), np.float64(low), x)
    if high is not None:
        x = graph.op("Where", graph.op(f"Greater{at}", x, np.float64(high)), np.float64(high), x)
    return x


def _finite(graph: Graph, arguments: Mapping[str, Any], x: TensorName) -> TensorName:
    greatest = np.finfo(np.float64).max
    given = {"nan": 0.0, "posinf": greatest, "neginf": -greatest}
    given |= {name: value for name, value in arguments.items() if value is not None}
    x = graph.op("Where", graph.op("IsNaN", x), np.float64(given["nan"]), x)
    x = graph.op("Where", graph.op("Equal", x, np.inf), np.float64(given["posinf"]), x)
    return graph.op("Where", graph.op("Equal", x, -np.inf), np.float64(given["neginf"]), x)


def _named(function: Any) -> str:
    return str(getattr(function, "__name__", type(function).__name__))


def _reason(function: Any, arguments: Mapping[str, Any], problem: str = "") -> str:
    name = _named(function)
    given = f" with the arguments {sorted(arguments)}" if arguments else ""
    known = sorted({each.__name__ for each in (*EXACT, *ROUNDED)} | set(WITH_ARGUMENTS))
    found = f": {problem}" if problem else ""
    return (
        f"its function {name!r}{given} has no ONNX form{found}. Those of numpy and SciPy that have "
        f"one are {', '.join(known)}; a function of your own may do what docs/exactness.md lists "
        "under 'Functions of your own'. Compute it before the pipeline, or add a converter for a "
        "class of your own; docs/converters.md shows how."
    )
