"""An Arrow IPC stream, cut into its messages. Needs no pyarrow, which reads only from what waits.

A message is a mark, the length of its metadata, those, and its body. The metadata are a
FlatBuffer: a table, whose fields stand at offsets that its vtable has.

https://arrow.apache.org/docs/format/Columnar.html#serialization-and-interprocess-communication-ipc
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from runtime.errors import MalformedError, TooLongError

MEDIA_TYPE = b"application/vnd.apache.arrow.stream"
SCHEMA, DICTIONARY, RECORDS = 1, 2, 3
FORM = "an Arrow stream"

_CONTINUATION = 0xFFFFFFFF
_HEAD = struct.Struct("<Ii")


class Message(NamedTuple):
    """One message."""

    kind: int
    """SCHEMA, DICTIONARY, RECORDS, or something else."""
    data: bytes
    """All of it."""


class Messages:
    """Cuts messages, of which none may be longer than `limit` bytes."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held = bytearray()
        self._next: tuple[int, int] | None = None
        """The kind and the length of the message that is held in part, once they are known."""
        self.ended = False
        """Whether the mark of the end has come; what follows it is not read."""

    @property
    def held(self) -> int:
        """Bytes of the last message, of which not all has come."""
        return len(self._held)

    def add(self, data: bytes) -> Iterator[Message]:
        """Take the next bytes, and yield what is whole.

        Raises MalformedError for what is no stream, or compressed; TooLongError.
        """
        if not self.ended:
            self._held += data
        while (message := self._take()) is not None:
            yield message

    def _take(self) -> Message | None:
        """Return the first message of what is held, once it is whole."""
        if self._next is None:
            self._next = self._ahead()
        if self._next is None or len(self._held) < self._next[1]:
            return None
        (kind, length), self._next = self._next, None
        self.ended = length == _HEAD.size
        if self.ended:
            self._held.clear()
            return None
        with memoryview(self._held)[:length] as whole:
            message = Message(kind, bytes(whole))
        del self._held[:length]
        return message

    def _ahead(self) -> tuple[int, int] | None:
        """Return the kind and the length of the message that begins, once its metadata is there."""
        if len(self._held) < _HEAD.size:
            return None
        mark, size = _HEAD.unpack_from(self._held)
        if mark != _CONTINUATION or size < 0:
            raise MalformedError("a message begins with something else", None, None, FORM)
        length = _HEAD.size + size
        kind = body = 0
        if length <= self._limit and size:
            if len(self._held) < length:
                return None
            kind, body = _metadata(bytes(self._held[_HEAD.size : length]))
        if length + body > self._limit:
            raise TooLongError(self._limit)
        return kind, length + body


def _metadata(data: bytes) -> tuple[int, int]:
    """Return a message's kind and the length of its body."""
    try:
        (root,) = struct.unpack_from("<I", data)
        _, kind, header, length = _fields(data, root, 4)
        found = data[kind] if kind else 0
        body: int = struct.unpack_from("<q", data, length)[0] if length else 0
        compressed = 0
        if found in (DICTIONARY, RECORDS):
            table = _follow(data, header)
            if found == DICTIONARY:
                table = _follow(data, _fields(data, table, 2)[1])
            compressed = _fields(data, table, 4)[3]
    except (struct.error, IndexError):
        raise MalformedError("a message has no metadata", None, None, FORM) from None
    if compressed:
        hint = "Write it without compression."
        raise MalformedError("its buffers are compressed", None, hint, FORM)
    if body < 0:
        raise MalformedError("a message has no length", None, None, FORM)
    return found, body


def _follow(data: bytes, place: int) -> int:
    """Return where the table is whose offset stands at a place."""
    offset: int = struct.unpack_from("<I", data, place)[0]
    return place + offset


def _fields(data: bytes, table: int, count: int) -> list[int]:
    """Return where a table's first fields are; 0 for one that it does not have."""
    vtable = table - struct.unpack_from("<i", data, table)[0]
    if vtable < 0:
        raise IndexError
    (size,) = struct.unpack_from("<H", data, vtable)
    found = []
    for place in range(4, 4 + 2 * count, 2):
        offset = struct.unpack_from("<H", data, vtable + place)[0] if place < size else 0
        found.append(table + offset if offset else 0)
    return found
