"""The service's own contract: records in, answers out, in JSON.

docs/http.md describes what is spoken. The hot path is an ASGI application without Starlette's
Request and Response, which cost more than a small model does.
"""

from collections import deque
from collections.abc import AsyncIterator

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from runtime.contracts.body import JSON, media_type, read_body
from runtime.contracts.exchange import KEY, Exchange
from runtime.contracts.flow import attended, stream
from runtime.contracts.room import Room, Share
from runtime.contracts.streams import MEDIA_TYPES, Stream, form_of
from runtime.manifest import Manifest
from runtime.metrics import Metrics
from runtime.payload import Batch
from runtime.predictor import Predictor
from runtime.repository import Entry, Repository
from runtime.turns import Turns

_ROOM = 4
"""Bytes of decoded records for each that a body may have."""


class Predict:
    """`POST …/predict`, for the default model or for the one that the path names."""

    def __init__(self, metrics: Metrics, max_body_bytes: int, room: Room) -> None:
        self._room = room
        self._metrics = metrics
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. Raises ServiceError or HTTPException for the app to map."""
        with self._room.share() as share:
            await self._predict(scope, receive, send, share)

    async def _predict(self, scope: Scope, receive: Receive, send: Send, share: Share) -> None:
        predictor = await find(scope)
        turns: Turns = scope["state"]["turns"]
        kind = media_type(scope, (JSON, *MEDIA_TYPES))
        scope[KEY].model = predictor.label
        if kind != JSON:
            form = await form_of(kind, predictor, self._max_body_bytes)
            answering = Stream(predictor, form, turns, self._metrics, share)
            await answering.answer(scope, receive, send)
            return
        # The body has no name here: it goes when it is decoded.
        body = read_body(scope, receive, self._max_body_bytes, share)
        most = max(1, self._max_body_bytes * _ROOM // (8 * len(predictor.manifest.features)))
        batches = await turns.decode(predictor, await body, most)
        await self._answer(scope, receive, send, predictor, batches)

    async def _answer(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        predictor: Predictor,
        batches: deque[Batch],
    ) -> None:
        """Send a short answer whole, and a long one in parts."""
        exchange: Exchange = scope[KEY]
        whole = len(batches) == 1 or scope["http_version"] == "1.0"
        contents = self._contents(exchange, predictor, batches, scope["state"]["turns"])
        if not whole:
            await stream(exchange, JSON, attended(contents, receive), send)
            return
        content = b"".join([each async for each in contents])
        headers = [(b"content-type", JSON), (b"content-length", b"%d" % len(content))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    async def _contents(
        self, exchange: Exchange, predictor: Predictor, batches: deque[Batch], turns: Turns
    ) -> AsyncIterator[bytes]:
        """Yield the parts of an answer's body, and count what is in each."""
        exchange.rows = 0
        several = len(batches) > 1
        async for answer in turns.answers(predictor, batches):
            opening = b"," if exchange.rows else b"["
            exchange.rows += answer.rows
            self._metrics.predicted(predictor.manifest, answer.rows, answer.counts)
            closing = b"" if batches else b"]"
            content = memoryview(answer.content)[1:-1]
            yield b"".join((opening, content, closing)) if several else answer.content


async def find(scope: Scope) -> Predictor:
    """Return the model that the path names, loading it, in a thread, on its first use."""
    repository: Repository = scope["state"]["repository"]
    path = scope["path_params"]
    name, version = path.get("name"), path.get("version")
    predictor = repository.find(name, version)
    if predictor is None:
        predictor = await run_in_threadpool(repository.load, name, version)
    return predictor


async def show_manifest(request: Request) -> Response:
    """Answer `GET /model` and the like: the manifest."""
    return _json((await find(request.scope)).manifest)


async def list_models(request: Request) -> Response:
    """Answer `GET /models`: what there is, and which versions are served."""
    repository: Repository = request.state.repository
    models = [_summary(entry) for entry in repository.entries]
    return _json({"default": repository.default, "models": models})


def _summary(entry: Entry) -> dict[str, object]:
    served = entry.loaded[entry.served].manifest if entry.served is not None else None
    return {
        "name": entry.name,
        "version": entry.served,
        "versions": list(entry.paths),
        "title": served and served.title,
        "task": served and served.task,
    }


def _json(document: Manifest | dict[str, object]) -> Response:
    return Response(msgspec.json.encode(document), media_type="application/json")
