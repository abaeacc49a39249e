"""Long lists of records in JSON, cut between two records into parts of bounded size.

A part is cut where it looks like the end of one record and the beginning of the next, which may
be within a string. Nothing is lost by that: a part that begins at a record and is valid JSON
ends with one, and one that is cut within a string is not valid. So if every part is, one after
the other, the parts have the very records of the whole.

Knows nothing of records, but that they are objects.
"""

import re
from dataclasses import dataclass

PART_BYTES = 131_072
"""Bytes of a part, from which on the end of a record is looked for.

Measured on two cores at 2.5 GHz: decoding as much takes from 0.3 ms, of 300 columns, to 0.8 ms,
of penguins, and other requests wait so long. Of smaller parts the calls of numpy and ONNX
Runtime that each takes would be felt.
"""

PART_CELLS = 32_768
"""Cells of a part, those of fields that records leave out among them; a millisecond or two.

Of the models that were measured above, a part of PART_BYTES has a quarter of that.
"""

Body = bytes | bytearray

_BEGIN = re.compile(rb"[ \t\r\n]*\[")
_SPACE = re.compile(rb"[ \t\r\n]*")
_BETWEEN = re.compile(rb"\}[ \t\r\n]*(,)[ \t\r\n]*\{")


@dataclass(slots=True)
class Cutter:
    """What is left of a list: its records from `start` to `stop`."""

    body: Body
    start: int
    stop: int
    fields: int = 0
    """How many cells each record has."""

    @classmethod
    def of(cls, body: Body, fields: int = 0) -> "Cutter | None":
        """Return all of a list, or None for a body that is something else."""
        begin, stop = _BEGIN.match(body), body.rfind(b"]")
        if begin is None or not _SPACE.fullmatch(body, stop + 1):
            return None
        return cls(body, begin.end(), stop, fields)

    @property
    def more(self) -> bool:
        """Whether there is a part left; of a list without records there is one."""
        return self.start <= self.stop

    def part(self, size: int = PART_BYTES) -> tuple[bytes, int]:
        """Return the list of the next records, about `size` bytes, and where the rest begins.

        It is shorter where so many bytes have more than their share of cells.
        """
        end = self._end(size)
        cells = cells_of(self.body, self.fields, self.start, end)
        most = PART_CELLS * size // PART_BYTES
        if cells > most:
            end = self._end((end - self.start) * most // cells)
        return b"".join((b"[", memoryview(self.body)[self.start : end], b"]")), end + 1

    def _end(self, size: int) -> int:
        between = _BETWEEN.search(self.body, self.start + size, self.stop)
        return between.start(1) if between else self.stop


def cells_of(body: Body, fields: int, start: int = 0, stop: int | None = None) -> int:
    """Return how many cells records have at most, by their ends: a field may be left out."""
    return fields * body.count(b"}", start, stop) if fields else 0
