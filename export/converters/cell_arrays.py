"""numpy's arrays of cells: what its functions answer of them, one cell after another."""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy import array, asarray
from numpy.typing import NDArray

from export.converters.cells import TEXT, TRUTH, Cell, UntraceableError, Value
from export.converters.operations import compute, converted, dtype_of, is_text, where


class Cells(np.ndarray[Any, Any]):
    """An array of objects, cells among them."""

    kept: "np.dtype[Any] | None" = None
    """The dtype that it was made with, into which all that is assigned is converted."""

    def __array_finalize__(self, source: Any) -> None:
        self.kept = getattr(source, "kept", None)

    def __array_ufunc__(  # type: ignore[override]
        self, function: np.ufunc, method: str, *inputs: Any, **options: Any
    ) -> Any:
        return of_ufunc(function, method, inputs, options)

    def __array_function__(self, function: Any, types: Any, args: Any, options: Any) -> Any:
        if function in FUNCTIONS:
            return FUNCTIONS[function](*args, **options)
        if function in OF_OTHERS:
            message = f"it calls numpy's {function.__name__}, which puts numbers in order, or looks"
            raise UntraceableError(f"{message} at other rows; neither is followed")
        return super().__array_function__(function, types, args, options)

    def __getitem__(self, key: Any) -> Any:
        return super().__getitem__(decided(key))

    def __setitem__(self, key: Any, value: Any) -> None:
        if self.kept is not None:
            value = each(functools.partial(_fitting, dtype=self.kept), value)
        mask, *rest = key if isinstance(key, tuple) else (key,)
        if is_condition(mask) and not is_decided(mask):
            part = self[(slice(None), *rest)] if rest else self
            mask = objects(mask)
            mask = mask.reshape(mask.shape + (1,) * (part.ndim - mask.ndim))
            key, value = (slice(None), *rest) if rest else ..., each(where, mask, value, part)
        super().__setitem__(decided(key), value)

    def astype(self, dtype: Any, *_: Any, **__: Any) -> Any:
        """Return the numbers in another dtype."""
        return as_dtype(self, np.dtype(dtype))

    def round(self, decimals: int = 0, out: Any = None) -> Any:  # type: ignore[override]
        """Return the numbers rounded to so many decimals, as numpy rounds them."""
        if out is not None:
            message = "it rounds into another array, with out"
            raise UntraceableError(message)
        return each(lambda value: rounded(value, decimals), self)


def of_ufunc(function: np.ufunc, method: str, inputs: Sequence[Any], options: Any) -> Any:
    """Return what a function of numpy answers of arrays, some of them of cells."""
    out, chosen = options.pop("out", None), options.pop("where", True)
    if (method, function) in OVER_ROWS or (method, None) in OVER_ROWS:
        over = OVER_ROWS.get((method, function)) or OVER_ROWS[method, None]
        result = over(function, *inputs, **options)
    elif method == "__call__" and set("".join(function.types)) == set("O->"):
        result = settled(function(*map(objects, inputs)))  # of Python, as numpy.vectorize makes
    elif method == "__call__" and function.signature is None:
        if given := set(options) - {"casting", "order", "subok"}:
            message = (
                f"it calls numpy's {function.__name__} with {', '.join(sorted(given))}, which "
            )
            raise UntraceableError(message + "is not followed")
        result = each(lambda *values: compute(function, *values), *inputs)
    else:
        message = f"it calls numpy's {function.__name__}, which looks at several numbers at once"
        raise UntraceableError(message)
    if chosen is not True:
        base = out[0] if out else 0.0
        result = each(where, chosen, result, base)
    if out and isinstance(out[0], Cells):
        out[0][...] = result
        return out[0]
    return result


def each(function: Callable[..., Value], *arrays: Any) -> Any:
    """Return what a function answers of each value, or each tuple of values, of arrays."""
    done = np.frompyfunc(function, len(arrays), 1)(*map(objects, arrays))
    return settled(done) if isinstance(done, np.ndarray) else done


def settled(values: NDArray[Any]) -> NDArray[Any]:
    """Return an array of objects as one of cells; as one of numbers, where it has no cell."""
    if any(isinstance(value, Cell) for value in values.flat):
        return values.view(Cells)
    dtype = dtype_of(list(values.flat))
    return values if dtype == TEXT else values.astype(dtype)


def objects(values: Any) -> NDArray[Any]:
    """Return an array, a series, a list or a single value as an array of objects."""
    if isinstance(values, Cell):
        alone = np.empty((), dtype=object)
        alone[()] = values
        return alone
    if isinstance(values, np.ndarray) and values.dtype == object:
        return values.view(np.ndarray)
    if isinstance(values, (list, tuple)):
        return array(values, dtype=object)
    return asarray(values).view(np.ndarray).astype(object)


def is_condition(key: Any) -> bool:
    """Tell whether an index chooses by what is not known yet."""
    if not (isinstance(key, np.ndarray) or hasattr(key, "array")):
        return False
    if not isinstance(key.dtype, np.dtype):
        return bool(key.dtype.kind == "b") and any(isinstance(x, Cell) for x in objects(key))
    return isinstance(key, Cells) and all(_is_truth(value) for value in key.flat)


def decided(key: Any) -> Any:
    """Return an index, of which all that is not known yet is asked for."""
    if isinstance(key, tuple):
        return tuple(map(decided, key))
    return np.vectorize(bool, otypes=[bool])(objects(key)) if is_condition(key) else key


def as_dtype(values: Any, dtype: "np.dtype[Any]") -> Any:
    """Return an array in another dtype, cell by cell."""
    return values if dtype.kind == "O" else each(lambda value: converted(value, dtype), values)


def rounded(value: Value, decimals: int = 0) -> Value:
    """Round to so many decimals, as numpy does: half to even, after a multiplication by 10s."""
    is_whole = isinstance(value, Cell) and value.dtype.kind in "iub"
    if is_whole and decimals >= 0:
        return value
    if not decimals:
        return compute(np.rint, value)
    scale = 10.0 ** abs(decimals)
    there, back = (np.multiply, np.divide) if decimals > 0 else (np.divide, np.multiply)
    answer = compute(back, compute(np.rint, compute(there, value, scale)), scale)
    return converted(answer, value.dtype) if is_whole else answer


def _fitting(value: Value, dtype: "np.dtype[Any]") -> Value:
    """Return a value as an array of this dtype holds it; strings, which none holds, as they are."""
    return value if is_text(value) else converted(value, dtype)


def _is_truth(value: Value) -> bool:
    return isinstance(value, (bool, np.bool_)) or (isinstance(value, Cell) and value.dtype == TRUTH)


def is_decided(mask: Any) -> bool:
    """Tell whether all that a mask asks was asked before, and answered."""
    return all(
        not isinstance(value, Cell) or value.key in value.way.asked for value in objects(mask).flat
    )


FUNCTIONS: dict[Any, Callable[..., Any]] = {}
"""What numpy's functions answer of arrays of cells; others do with them what they do with objects
(filled by `export.converters.cell_functions`)."""
OF_OTHERS: set[Any] = set()
"""Functions of numpy that are not followed."""
OVER_ROWS: dict[tuple[str, np.ufunc | None], Callable[..., Any]] = {}
"""How a function of numpy takes several numbers at once, by the method and the function or None for
all others (filled by `export.converters.cell_rows`)."""
Cell.ufunc = staticmethod(of_ufunc)
