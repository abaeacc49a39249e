"""Tests of runtime.tensors: every way to fill a tensor gives the same numbers."""

import struct

import msgspec
import numpy as np
import pytest

from runtime.tensors import MOST_FIELDS, floats, numbers

NUMBERS = [0.0, -0.0, 5e-324, 1.7976931348623157e308, 0.1, -1 / 3, 2.0**53 + 1]


@pytest.mark.parametrize("fields", [1, 3, MOST_FIELDS])
@pytest.mark.parametrize("rows", [1, 7, 70_000])
def test_floats_are_filled_bit_for_bit(fields: int, rows: int) -> None:
    """Each in its column, whatever the fields are called."""
    names = ["x" * length for length in range(30, 30 + fields)]
    row = msgspec.defstruct("Row", [(name, float) for name in names])
    table = np.resize(NUMBERS, (rows, fields))
    columns = list(reversed(range(fields)))
    filled = floats(names, columns)([row(*values) for values in table.tolist()])
    assert filled.tobytes() == np.ascontiguousarray(table[:, ::-1]).tobytes()
    assert filled.flags.writeable


@pytest.mark.parametrize("values", [(1, True, 0.5), (2**53, False, -0.0), (None, True, None)])
def test_numbers_of_every_type_are_filled(values: tuple[float | None, ...]) -> None:
    """None is NaN."""
    row = msgspec.defstruct("Row", ["a", "b", "c"])
    filled = numbers(msgspec.structs.astuple, 3)([row(*values), row(1.0, 2.0, 3.0)])
    missing = float("nan")
    expected = [missing if value is None else value for value in values]
    assert filled.tobytes() == struct.pack("6d", *expected, 1.0, 2.0, 3.0)
