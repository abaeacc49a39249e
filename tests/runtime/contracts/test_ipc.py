"""Tests of Arrow's messages; what needs pyarrow is in tests/test_arrow.py."""

import sys

import pytest
from starlette.testclient import TestClient

from runtime.contracts import streams
from runtime.contracts.ipc import MEDIA_TYPE, SCHEMA, Messages
from runtime.errors import MalformedError, TooLongError

# The schema of a table without columns, as pyarrow writes it, and the end.
MESSAGE = bytes.fromhex(
    "ffffffff300000001000000000000a000c000600050008000a000000000104000c0000000800080000000400"
    "080000000400000000000000"
)
END = b"\xff\xff\xff\xff\x00\x00\x00\x00"


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_messages_are_cut_however_they_come(size: int) -> None:
    """What follows the end is not read."""
    messages = Messages(100)
    data = MESSAGE + MESSAGE + END + b"more"
    found = [
        each
        for place in range(0, len(data), size)
        for each in messages.add(data[place : place + size])
    ]
    assert found == [(SCHEMA, MESSAGE), (SCHEMA, MESSAGE)]
    assert messages.ended
    assert not messages.held
    assert list(messages.add(b"more" * 1000)) == []
    assert not messages.held


def test_a_part_of_a_message_is_noticed() -> None:
    """A stream may end without the mark of its end, but not amid a message."""
    messages = Messages(100)
    assert list(messages.add(MESSAGE)) == [(SCHEMA, MESSAGE)]
    assert not messages.held
    assert list(messages.add(MESSAGE[:-1])) == []
    assert messages.held


def test_a_message_is_limited_in_length() -> None:
    """It is refused as soon as it says how long it is."""
    with pytest.raises(TooLongError, match=r"^It is longer than 10 bytes \(MAX_BODY_BYTES\)\.$"):
        list(Messages(10).add(MESSAGE[:8]))


@pytest.mark.parametrize("place", range(8, len(MESSAGE)))
def test_metadata_that_are_damaged_do_no_harm(place: int) -> None:
    """They have another meaning, or are refused."""
    for value in (0x00, 0x7F, 0xFF):
        data = MESSAGE[:place] + bytes([value]) + MESSAGE[place + 1 :]
        try:
            found = list(Messages(10**6).add(data))
        except (MalformedError, TooLongError):
            continue
        assert [message.data for message in found] in ([data], [])


def test_without_pyarrow_the_type_is_not_supported(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer says what is missing."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.delitem(sys.modules, "runtime.contracts.arrow", raising=False)
    # Where other tests have had the module imported.
    monkeypatch.delitem(vars(streams)["_imported"], MEDIA_TYPE, raising=False)
    response = client.post(
        "/predict", content=MESSAGE, headers={"Content-Type": MEDIA_TYPE.decode()}
    )
    assert response.status_code == 415
    assert response.headers["accept"] == "application/x-ndjson, text/csv"
    detail = "An Arrow stream needs pyarrow, which the service does not have. Install pyarrow."
    assert response.json()["detail"] == detail
