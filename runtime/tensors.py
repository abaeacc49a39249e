"""Rows to tensors: what fills the graph's inputs from decoded records, without a loop in Python.

A row is a struct with a cell for each feature. Which way is quickest depends on what the cells
may hold. Knows nothing of JSON, HTTP or ONNX Runtime.
"""

import struct
from collections.abc import Callable, Sequence
from itertools import chain, starmap
from operator import attrgetter
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from runtime.manifest import MISSING_STRING, Tensor

Array = NDArray[Any]
Cells = Callable[[msgspec.Struct], tuple[object, ...]]
Fill = Callable[[Sequence[msgspec.Struct]], Array]
# Any: for Python 3.11, numpy does not declare that its arrays are buffers.
Pack = Callable[[Any, msgspec.Struct], None]

MOST_FIELDS = 15
"""Fields of a row up to which `floats` is quickest: MessagePack counts so many in one byte."""


def cells_reader(attributes: Sequence[str], every: Sequence[str]) -> Cells:
    """Return what reads the cells of a row that go to one tensor, in the order of `attributes`."""
    if attributes == every:
        return msgspec.structs.astuple
    get = attrgetter(*attributes)
    if len(attributes) == 1:
        return lambda row: (get(row),)
    return get


def floats(names: Sequence[str], columns: Sequence[int]) -> Fill:
    """Return what fills a float64 tensor from rows that hold floats and nothing else.

    `names` are those of a row's fields, MOST_FIELDS at most, and `columns` where each goes. In
    MessagePack such rows are all of one length, with the numbers, big-endian, in the same
    places: msgspec writes them and numpy reads them, neither of which makes an object per cell.
    """
    encode = msgspec.msgpack.Encoder().encode
    offsets, end = [], 1
    for name in names:
        offsets.append(end + len(encode(name)) + 1)
        end = offsets[-1] + 8
    keys = [f"f{column}" for column in columns]
    layout = np.dtype(
        {"names": keys, "formats": [">f8"] * len(keys), "offsets": offsets, "itemsize": end}
    )

    def fill(rows: Sequence[msgspec.Struct]) -> Array:
        data = encode(rows)
        records = np.frombuffer(data, layout, offset=len(data) - len(rows) * end)
        table = np.empty((len(rows), len(keys)))
        for column, key in zip(columns, keys, strict=True):
            table[:, column] = records[key]
        return table

    return fill


def numbers(cells: Cells, columns: int) -> Fill:
    """Return what fills a float64 tensor; None is a missing value, NaN."""
    pack = struct.Struct(f"{columns}d").pack

    def fill(rows: Sequence[msgspec.Struct]) -> Array:
        try:
            data = b"".join(starmap(pack, map(cells, rows)))
        except struct.error:
            every = chain.from_iterable(map(cells, rows))
            return np.fromiter(every, np.float64, len(rows) * columns).reshape(-1, columns)
        return np.frombuffer(data).reshape(-1, columns).copy()

    return fill


def strings(cells: Cells, columns: int) -> Fill:
    """Return what fills a string tensor, with MISSING_STRING for None."""

    def fill(rows: Sequence[msgspec.Struct]) -> Array:
        every = chain.from_iterable(map(cells, rows))
        table = np.fromiter(every, np.dtype(object), len(rows) * columns)
        table[table == np.array(None)] = MISSING_STRING
        return table.reshape(len(rows), columns)

    return fill


def blank(tensor: Tensor, rows: int) -> Array:
    """Return a tensor for so many rows, to be filled by its columns: all values are missing."""
    shape = (rows, tensor.columns or 1)
    if tensor.dtype == "string":
        return np.full(shape, MISSING_STRING, object)
    return np.full(shape, np.nan)


def fill_column(column: Array, values: Sequence[object] | Array) -> None:
    """Write one feature's values into its column of a tensor; None is a missing value."""
    if not isinstance(values, np.ndarray):
        values = np.fromiter(values, column.dtype, len(values))
    column[:] = values
    if column.dtype == object:
        column[column == np.array(None)] = MISSING_STRING


def packer(cells: Cells, columns: int) -> Pack:
    """Return what writes one row's cells into the memory of a float64 tensor."""
    pack = struct.Struct(f"{columns}d").pack_into
    return lambda tensor, row: pack(tensor, 0, *cells(row))
