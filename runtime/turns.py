"""Work that takes long, done in turns: others are answered between any two of them.

What holds Python's lock gains nothing by a thread: other requests would wait for the thread
to let go, five milliseconds at a time. So a long body is decoded, and its answer encoded, on
the event loop, in parts of a millisecond or two, and of all long bodies only one has a turn in
a round of the loop. ONNX Runtime lets go of the lock: what takes long there runs in a thread.

Knows nothing of HTTP.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor
from functools import partial
from typing import TypeVar

from runtime.errors import TooManyError
from runtime.parts import Body
from runtime.payload import Array, Batch
from runtime.predictor import Answer, Predictor

INLINE_BYTES = 16_384
"""Bodies up to this size are decoded at once, larger ones in turns.

Measured on two cores at 2.5 GHz: such a body, 240 rows of Iris or 115 penguins, takes 0.2 ms.
"""

_ROUNDS = 3
"""Rounds of the loop between two turns: a request is read in one, and answered in the next."""

_SMALL = 8
"""Of what is answered in a turn, an eighth is answered at once."""

Outputs = dict[str, Array]
_Result = TypeVar("_Result")


class Turns:
    """The turns of one event loop."""

    def __init__(self, threads: Executor, runs: int) -> None:
        """Take at most `runs` of the `threads` at a time."""
        self._lock = asyncio.Lock()
        self._threads = threads
        self._runs = asyncio.Semaphore(runs)

    async def here(self, work: Callable[[], _Result]) -> _Result:
        """Do what takes a few milliseconds at most, after others have been answered."""
        async with self._lock:
            for _ in range(_ROUNDS):
                await asyncio.sleep(0)
            return work()

    async def there(self, work: Callable[[], _Result]) -> _Result:
        """Do what takes longer, but without Python's lock, in a thread."""
        async with self._runs:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    async def decode(self, predictor: Predictor, body: Body, most: int) -> deque[Batch]:
        """Decode a body of `most` records into batches, each of which is answered in a turn.

        Raises MalformedError or PayloadError for a body that does not fit the signature,
        TooManyError for one of more records.
        """
        if len(body) <= INLINE_BYTES and not predictor.codec.is_sparse(body):
            return deque(predictor.codec.decode(body).cut(predictor.most))
        parts = predictor.codec.parts(body)
        del body  # so that it goes when it is decoded
        batches: deque[Batch] = deque()
        rows = 0
        while (part := await self.here(partial(next, parts, ...))) is not ...:
            if part is not None:
                batches += part.cut(predictor.most)
                rows += part.rows
            if rows > most:
                raise TooManyError(most, len(predictor.manifest.features))
        return batches

    async def compute(
        self, predictor: Predictor, batch: Batch, finish: Callable[[Outputs], _Result]
    ) -> _Result:
        """Run the model for at most `predictor.most` rows; `finish` is what to do with it then."""
        if not predictor.brief(batch):
            outputs = await self.there(partial(predictor.model.run, batch.tensors))
            return await self.here(partial(finish, outputs))
        if batch.rows * _SMALL <= predictor.most:
            return finish(predictor.model.run(batch.tensors))
        return await self.here(lambda: finish(predictor.model.run(batch.tensors)))

    async def answers(self, predictor: Predictor, batches: deque[Batch]) -> AsyncIterator[Answer]:
        """Answer batches one after the other; each is taken out of `batches`, and forgotten."""
        while batches:
            batch = batches.popleft()
            finish = partial(predictor.finish, rows=batch.rows, single=batch.single)
            yield await self.compute(predictor, batch, finish)
