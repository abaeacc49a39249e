"""Answers of any length, sent part by part, as fast as the client takes them."""

import asyncio
from collections.abc import AsyncIterator

from starlette.types import Receive, Send

from runtime.contracts.exchange import HUNG_UP, Exchange


async def stream(
    exchange: Exchange,
    media_type: tuple[bytes, bytes],
    contents: AsyncIterator[bytes],
    receive: Receive,
    send: Send,
) -> None:
    """Send parts, for as long as there is someone to take them; the request has been read.

    What fails before the first part may still be answered with an error. Later the connection
    is closed before the end that a chunked answer has, so that nobody takes it for whole.
    """
    content = await anext(contents)
    headers = [media_type]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    gone = asyncio.ensure_future(receive())
    try:
        while content:
            await send({"type": "http.response.body", "body": content, "more_body": True})
            content = await anext(contents, b"")
            if gone.done():
                exchange.status = HUNG_UP
                return
    finally:
        gone.cancel()
    await send({"type": "http.response.body", "body": b""})
