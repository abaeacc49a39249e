"""Bytes that come in any pieces, cut into runs of whole lines."""

from collections.abc import Iterator

TOO_LONG = None
"""Stands for a line that is longer than it may be; it is passed over."""

Run = bytes | None
"""Whole lines, or TOO_LONG."""


class Lines:
    """Cuts lines, of which none may be longer than `limit` bytes.

    With `quoted`, a line break between quotes ends no line (RFC 4180, section 2).
    """

    def __init__(self, limit: int, quoted: bool = False) -> None:
        self._limit = limit
        self._quoted = quoted
        self._held = bytearray()
        self._within = False
        """Whether what is held ends within quotes."""
        self._skipping = False

    @property
    def held(self) -> int:
        """Bytes of the last line, of which not all has come."""
        return len(self._held)

    def add(self, data: bytes) -> Iterator[Run]:
        """Take what comes next, and yield what is whole."""
        if self._skipping:
            end = data.find(b"\n") + 1
            if not end:
                return
            data, self._skipping = data[end:], False
        end = self._end(data)
        if end:
            yield bytes(self._held) + data[:end]
            self._held.clear()
        self._held += data[end:]
        if len(self._held) > self._limit:
            self._held.clear()
            self._skipping, self._within = True, False
            yield TOO_LONG

    def end(self) -> Iterator[Run]:
        """Yield what is left: the last line need not be ended."""
        if self._held:
            yield bytes(self._held)
            self._held.clear()

    def _end(self, data: bytes) -> int:
        """Return where the last whole line ends."""
        if not self._quoted:
            return data.rfind(b"\n") + 1
        end = place = 0
        for number, piece in enumerate(data.split(b'"')):
            if number:
                place += 1
                self._within = not self._within
            if not self._within:
                newline = piece.rfind(b"\n")
                end = place + newline + 1 if newline >= 0 else end
            place += len(piece)
        return end
