"""Bodies of any length, taken as they come and sent as fast as the client takes them."""

import asyncio
from collections.abc import AsyncIterator

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Send

from runtime.contracts.exchange import HUNG_UP, Exchange
from runtime.contracts.problems import status
from runtime.errors import ServiceError


async def incoming(receive: Receive, patience: float | None) -> AsyncIterator[bytes]:
    """Yield a request's body as it comes.

    Raises ClientDisconnect where its end does not come, HTTPException 408 where nothing comes
    for so many seconds, of those in which it is waited for; None sets no timer, which costs more
    than to read a short body.
    """
    more = True
    while more:
        try:
            async with asyncio.timeout(patience):
                message = await receive()
        except TimeoutError:
            detail = f"Nothing of the body has come for {patience or 0:.0f} seconds."
            raise HTTPException(408, detail, {"Connection": "close"}) from None
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        yield message.get("body", b"")
        more = message.get("more_body", False)


async def attended(contents: AsyncIterator[bytes], receive: Receive) -> AsyncIterator[bytes]:
    """Yield contents. Raises ClientDisconnect where nobody waits for them any more.

    The request must have been read.
    """
    gone = asyncio.ensure_future(receive())
    try:
        async for content in contents:
            yield content
            if gone.done():
                raise ClientDisconnect
    finally:
        gone.cancel()


async def stream(
    exchange: Exchange, media_type: bytes, contents: AsyncIterator[bytes], send: Send
) -> None:
    """Send contents as an answer.

    What fails before the first may still be answered with an error. Later the connection is
    closed before the end that a chunked answer has, so that nobody takes it for whole.
    """
    headers = [(b"content-type", media_type)]
    started = False
    try:
        async for content in contents:
            if not started:
                await send({"type": "http.response.start", "status": 200, "headers": headers})
                started = True
            await send({"type": "http.response.body", "body": content, "more_body": True})
    except (ClientDisconnect, HTTPException, ServiceError) as error:
        if not started:
            raise
        exchange.status = _status(error)
        return
    if not started:
        await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


def _status(error: ClientDisconnect | HTTPException | ServiceError) -> int:
    if isinstance(error, ServiceError):
        return status(error)
    return error.status_code if isinstance(error, HTTPException) else HUNG_UP
