"""What a stream of records may be written in: how it is read, and how its answers are."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Generic, Protocol, TypeVar

from runtime.errors import ServiceError
from runtime.payload import Batch
from runtime.turns import Outputs

Run = TypeVar("Run")

FEW = 128
"""Records that are decoded one by one until others have their turn: a millisecond or two."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """A record that is not answered."""

    line: int
    """Where it begins, counted from 1."""
    error: ServiceError


@dataclass(frozen=True, slots=True)
class Piece:
    """Some records of a stream."""

    batch: Batch | None
    """Those that are answered, if any."""
    wrong: Mapping[int, Wrong] = field(default_factory=dict)
    """The others, by their place among all."""


class Form(Protocol, Generic[Run]):
    """One way to write records and answers. For one stream; `Run` is what is decoded at once."""

    media_type: bytes
    most: int
    """Bytes that are taken at a time, so that they are decoded in a few milliseconds. It may
    change."""

    @property
    def held(self) -> int:
        """Bytes of the last record, or message, of which not all has come."""

    def add(self, data: bytes) -> Iterator[Run]:
        """Take the next bytes, and yield the runs that are whole."""

    def end(self) -> Iterator[Run]:
        """Yield what is left when no more comes."""

    def size(self, run: Run) -> int:
        """Return how many bytes a run has."""

    def decode(self, run: Run) -> Iterator[Piece]:
        """Decode a run, a few milliseconds' worth at a time.

        Raises ServiceError where the whole stream can have no answer.
        """

    def write(self, outputs: Outputs | None, wrong: Mapping[int, Wrong]) -> bytes:
        """Write the answers to records, in order, with what is said of those that are wrong."""

    def finish(self) -> bytes:
        """Return what ends the answers, when all are written."""


def pieces(records: Iterator[Batch | Wrong]) -> Iterator[Piece]:
    """Join records that are decoded one by one."""
    while some := list(islice(records, FEW)):
        batches = [each for each in some if isinstance(each, Batch)]
        wrong = {place: each for place, each in enumerate(some) if isinstance(each, Wrong)}
        yield Piece(Batch.join(batches) if batches else None, wrong)


def merge(answers: list[bytes], wrong: Mapping[int, bytes]) -> bytes:
    """Join answers, each ended, and what is said of the records at other places."""
    rest = iter(answers)
    count = len(answers) + len(wrong)
    return b"".join(wrong[place] if place in wrong else next(rest) for place in range(count))
