"""The heads of requests that may be answered directly: all of a request but its body.

What a head says is found once. Clients that keep their connection send the same head again
and again, to the byte, but for the length of the body; a head that is known by its bytes
need not be parsed. Only heads that the parser itself has cut from the stream get known, so
that nothing is read in another way than it reads it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.routing import Match, Route

from runtime.batching import Batcher
from runtime.contracts.exchange import REQUEST_ID
from runtime.errors import ServiceError
from runtime.predictor import Predictor
from runtime.repository import Repository

_JSON = frozenset(
    {b"application/json", b"application/json; charset=utf-8", b"application/json;charset=utf-8"}
)
_OTHER_WAY = frozenset({b"content-encoding", b"expect", b"transfer-encoding", b"upgrade"})
"""Headers by which a request says that its body needs more than to be read."""

_SHORT = 1024
"""Bytes of a body up to which no text in it takes long."""

_MOST = 512
"""Heads that are known at a time, at most, before all are forgotten."""

_LONGEST = 2048
"""Bytes of a head that is worth knowing."""


@dataclass(frozen=True, slots=True)
class Head:
    """What a request says before its body."""

    route: str
    """The route's template."""
    path: str
    length: int
    """Bytes of the body."""
    id: str
    """What the client calls the request, or nothing."""
    keep_alive: bool
    """Whether the client may send another on its connection."""
    batcher: Batcher
    """What answers its rows."""


class Heads:
    """Reads heads: which requests to the application's predict routes may be direct."""

    def __init__(
        self,
        routes: Sequence[Route],
        repository: Repository,
        batcher: Callable[[Predictor], Batcher],
        limit: int,
    ) -> None:
        """Take bodies up to `limit` bytes; `batcher` makes what answers a model's rows."""
        self.known: dict[bytes, Head] = {}
        self._routes = routes
        self._repository = repository
        self._batcher = batcher
        self._batchers: dict[Predictor, Batcher] = {}
        self._limit = limit
        self._targets: dict[bytes, tuple[str, str | None, str | None]] = {}

    def read(
        self, url: bytes, headers: Sequence[tuple[bytes, bytes]], keep_alive: bool
    ) -> Head | None:
        """Return what a POST says, or None where anything about it is out of the ordinary."""
        length, request_id = 0, ""
        for name, value in headers:
            key = name.lower()
            if key == b"content-length":
                length = int(value) if len(value) < 10 else 0
            elif key == b"content-type":
                if value.lower() not in _JSON:
                    return None
            elif key in _OTHER_WAY:
                return None
            elif key == b"x-request-id" and not request_id and REQUEST_ID.fullmatch(value):
                request_id = value.decode("ascii")
        if not 0 < length <= self._limit:
            return None
        target = self._targets.get(url) or self._match(url)
        predictor = target and self._find(target)
        if not target or not predictor or not _is_plain(predictor, length):
            return None
        batcher = self._batchers.get(predictor)
        if batcher is None:
            batcher = self._batchers[predictor] = self._batcher(predictor)
        return Head(target[0], url.decode("ascii"), length, request_id, keep_alive, batcher)

    def know(self, data: bytes, head: Head) -> None:
        """Know a head by its bytes from now on; not one with an id, which is not sent again."""
        if head.id or len(data) > _LONGEST:
            return
        if len(self.known) == _MOST:
            self.known.clear()
        self.known[data] = head

    def _find(self, target: tuple[str, str | None, str | None]) -> Predictor | None:
        try:
            return self._repository.find(*target[1:])
        except ServiceError:
            return None

    def _match(self, url: bytes) -> tuple[str, str | None, str | None] | None:
        if b"%" in url or b"?" in url:
            return None
        scope: dict[str, Any] = {"type": "http", "method": "POST", "path": url.decode("latin-1")}
        for route in self._routes:
            match, child = route.matches(scope)
            if match is Match.FULL:
                named = child["path_params"]
                target = route.path, named.get("name"), named.get("version")
                if self._find(target) is None:
                    return None
                # There are no more of these than there are versions of models.
                self._targets[url] = target
                return target
        return None


def _is_plain(predictor: Predictor, length: int) -> bool:
    """Tell whether a body of this length is answered, and how soon, by no more than its types."""
    return not predictor.codec.limited and (predictor.manifest.memory is None or length <= _SHORT)
