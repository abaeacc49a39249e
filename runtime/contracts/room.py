"""The room that there is for the bodies of all requests together.

One body may be as long as MAX_BODY_BYTES; a few of them, that come at the same time, would take
more memory than there is. One for which no room is left is refused, rather than waited with:
of bodies that each have come in part, none might ever become whole.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from starlette.exceptions import HTTPException

FREE = 65_536
"""Bytes that any request may take: as much of it a connection may hold anyway."""

_PART = 8
"""One of so many parts of the memory is for bodies: answering one takes 1.4 to 2.3 times its
size (docs/performance.md), and models may take half of the memory for their runs."""


class Room:
    """What is left for bodies, in one process."""

    def __init__(self, memory: int | None, processes: int, longest: int) -> None:
        """Share `memory` between processes, but leave room for one body of the `longest`."""
        self._left = None if memory is None else max(longest, memory // (_PART * processes))

    @contextmanager
    def share(self) -> Iterator["Share"]:
        """Provide what a request takes, nothing yet; all of it is given back at the end."""
        share = Share(self)
        try:
            yield share
        finally:
            share.hold(0)

    def take(self, size: int) -> None:
        """Take some of it; less than nothing gives back. Raises HTTPException 503."""
        if self._left is None:
            return
        if size > self._left:
            raise HTTPException(
                503,
                "There is no room for this body beside those that are being answered. Send it "
                "again later, or as shorter lists, or as a stream.",
                {"Retry-After": "1"},
            )
        self._left -= size


class Share:
    """What one request takes of it, until it is answered."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._taken = 0

    def hold(self, size: int) -> None:
        """Take as much as so many bytes of a body need. Raises HTTPException 503."""
        more = max(0, size - FREE) - self._taken
        if more:
            self._room.take(more)
            self._taken += more
