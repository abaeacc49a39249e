"""Tests of runtime.parts: long lists are cut between records, and nowhere else that is valid."""

import json
from typing import Any

import pytest

from runtime.parts import PART_CELLS, Cutter

RECORDS = [{"a": 1, "b": "x"}, {"a": 2, "b": "}, {"}, {"a": 3, "b": '"},{"'}, {}, {"a": [{}, {}]}]


def cut(body: bytes, size: int) -> list[Any]:
    """Return what the parts hold; where one is not valid, of more at once."""
    cutter, wanted, found = Cutter.of(body), size, []
    assert cutter is not None
    while cutter.more:
        part, rest = cutter.part(wanted)
        try:
            found.append(json.loads(part))
        except ValueError:
            wanted *= 2
        else:
            cutter.start, wanted = rest, size
    return found


@pytest.mark.parametrize("size", [1, 10, 30, 1000])
@pytest.mark.parametrize("indent", [None, 1])
def test_the_parts_have_the_records_of_the_whole(size: int, indent: int | None) -> None:
    """In order, whatever is in their strings and between them."""
    parts = cut(f" \n{json.dumps(RECORDS, indent=indent)}\t ".encode(), size)
    assert [record for part in parts for record in part] == RECORDS
    assert (len(parts) > 1) == (size < 30)


def test_a_part_has_no_more_than_its_share_of_cells() -> None:
    """Whatever records leave out: those of many fields are cut sooner than their bytes say."""
    records = [{"a": "x" * 200_000}, *[{}] * 10_000, {"a": "}" * 5000}, {}]
    body = json.dumps(records).encode()
    cutter, sizes = Cutter.of(body, 300), []
    assert cutter is not None
    while cutter.more:
        part, cutter.start = cutter.part()
        sizes.append(len(json.loads(part)))
    assert sum(sizes) == len(records)
    assert max(sizes) * 300 <= 1.1 * PART_CELLS


def test_a_list_without_records_is_one_part() -> None:
    """And then there is no more."""
    assert cut(b"[ ]", 10) == [[]]


@pytest.mark.parametrize("body", [b"", b"{}", b"1", b"[", b"[{}", b"[{}] x", b"]", b'{"a": []}'])
def test_what_is_no_list_is_not_cut(body: bytes) -> None:
    """Another way has to be found for it."""
    assert Cutter.of(body) is None


@pytest.mark.parametrize("body", [b"[{},]", b"[{},{}}]", b"[{}],[{}]", b'[{"a": "},{}]'])
def test_what_is_not_valid_has_a_part_that_is_not(body: bytes) -> None:
    """However it is cut."""
    for size in range(1, len(body) + 1):
        cutter, valid = Cutter.of(body), True
        while cutter is not None and cutter.more and valid:
            part, cutter.start = cutter.part(size)
            try:
                json.loads(part)
            except ValueError:
                valid = False
        assert not valid
