"""Streams of records, of any length: each is answered as it comes, in constant memory.

docs/http.md describes what is spoken. A stream is read no faster than its answers are taken,
and other requests are answered between its pieces.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from functools import partial
from importlib import import_module
from typing import Any

import numpy as np
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from runtime.contracts import ipc, ndjson, separated
from runtime.contracts.draining import UNREAD
from runtime.contracts.exchange import KEY, Exchange
from runtime.contracts.flow import incoming, stream
from runtime.contracts.form import Form, Piece
from runtime.contracts.room import Share
from runtime.metrics import Metrics
from runtime.predictor import Predictor
from runtime.turns import INLINE_BYTES, Outputs, Turns

FORMS: Mapping[bytes, Callable[[Predictor, int], Form[Any]]] = {
    ndjson.MEDIA_TYPE: ndjson.Ndjson,
    separated.MEDIA_TYPE: separated.Separated,
}
"""What makes the form of a stream, by its media type: of a model, and of the longest record."""

_imported = dict(FORMS)

MEDIA_TYPES = (*FORMS, ipc.MEDIA_TYPE)
"""All there are. Arrow needs pyarrow: `arrow` is not imported before someone asks for it."""


async def form_of(media_type: bytes, predictor: Predictor, limit: int) -> Form[Any]:
    """Make the form of a stream. Raises HTTPException where the service has no pyarrow."""
    if media_type in _imported:
        return _imported[media_type](predictor, limit)
    try:
        module = await run_in_threadpool(import_module, "runtime.contracts.arrow")
    except ModuleNotFoundError as error:
        if error.name != "pyarrow":
            raise
        detail = "An Arrow stream needs pyarrow, which the service does not have. Install pyarrow."
        raise HTTPException(415, detail, {"Accept": b", ".join(FORMS).decode()}) from None
    _imported[media_type] = module.Arrow
    return _imported[media_type](predictor, limit)


class Stream:
    """One request that is a stream."""

    def __init__(
        self,
        predictor: Predictor,
        form: Form[Any],
        turns: Turns,
        metrics: Metrics,
        share: Share,
    ) -> None:
        self._predictor = predictor
        self._form = form
        self._turns = turns
        self._metrics = metrics
        self._share = share

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request. Raises ServiceError or HTTPException before the first answer."""
        if scope["http_version"] == "1.0":
            raise HTTPException(505, "A stream is answered in HTTP/1.1, not in HTTP/1.0.")
        exchange: Exchange = scope[KEY]
        exchange.rows = 0
        await stream(exchange, self._form.media_type, self._contents(exchange, receive), send)

    async def _contents(self, exchange: Exchange, receive: Receive) -> AsyncIterator[bytes]:
        async for piece in self._pieces(receive):
            async for content in self._answers(piece, exchange):
                yield content
        if end := self._form.finish():
            yield end

    async def _pieces(self, receive: Receive) -> AsyncIterator[Piece]:
        async for data in incoming(receive, UNREAD):
            place = 0
            while place < len(data):
                taken = data[place : place + self._form.most]
                place += len(taken)
                for run in self._form.add(taken):
                    async for piece in self._decode(run):
                        yield piece
                self._share.hold(self._form.held)
        for run in self._form.end():
            async for piece in self._decode(run):
                yield piece

    async def _decode(self, run: Any) -> AsyncIterator[Piece]:
        pieces = self._form.decode(run)
        if self._form.size(run) <= INLINE_BYTES:
            for piece in pieces:
                yield piece
            return
        while (found := await self._turns.here(partial(next, pieces, None))) is not None:
            yield found

    async def _answers(self, piece: Piece, exchange: Exchange) -> AsyncIterator[bytes]:
        """Yield what is written of a piece: as it is computed, or at once where some is wrong."""
        parts = [] if piece.batch is None else piece.batch.cut(self._predictor.most)
        computed = []
        for part in parts:
            if piece.wrong:
                outputs = await self._turns.compute(self._predictor, part, _same)
                computed.append(outputs)
                content = b""
            else:
                outputs, content = await self._turns.compute(self._predictor, part, self._write)
            exchange.rows = (exchange.rows or 0) + part.rows
            counts = self._predictor.counts(outputs)
            self._metrics.predicted(self._predictor.manifest, part.rows, counts)
            if content:
                yield content
        if piece.wrong:
            yield self._form.write(_joined(computed), piece.wrong)

    def _write(self, outputs: Outputs) -> tuple[Outputs, bytes]:
        return outputs, self._form.write(outputs, {})


def _same(outputs: Outputs) -> Outputs:
    return outputs


def _joined(computed: list[Outputs]) -> Outputs | None:
    if not computed:
        return None
    return {name: np.concatenate([each[name] for each in computed]) for name in computed[0]}
