"""Reading a request's body: its type and its size are settled before it is read."""

from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope

from runtime.parts import Body

_UTF8 = (b"utf-8", b"utf8", b"us-ascii")


async def read_json(scope: Scope, receive: Receive, limit: int) -> Body:
    """Return the body of a request that is, or may be, JSON; at most `limit` bytes.

    Raises HTTPException: 415 for another content type or for compression, 413 for a body
    that is too large, which then is not read to its end.
    """
    _check_headers(scope, limit)
    body: Body = b""
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        part, more = message.get("body", b""), message.get("more_body", False)
        if len(body) + len(part) > limit:
            raise _too_large(limit)
        if body:
            body = bytearray(body) if isinstance(body, bytes) else body
            body += part
        else:
            body = part
    return body


def _check_headers(scope: Scope, limit: int) -> None:
    for name, value in scope["headers"]:
        if name == b"content-length":
            # The server has parsed it, but an absurd number of digits may pass it.
            if len(value) > 18 or int(value) > limit:
                raise _too_large(limit)
        elif name == b"content-type":
            if value != b"application/json":
                _check_type(value)
        elif name == b"content-encoding" and value.lower() != b"identity":
            raise _unsupported(
                f"The body is compressed with {_show(value)}. Send it as it is.",
                {"Accept-Encoding": "identity"},
            )


def _check_type(value: bytes) -> None:
    """Refuse a content type that is not JSON in UTF-8; an empty one counts as none."""
    kind, *parameters = (part.strip() for part in value.lower().split(b";"))
    if kind not in (b"", b"application/json"):
        hint = (
            " It is what `curl -d` sends unless told otherwise: add -H 'Content-Type: "
            "application/json'."
            if kind == b"application/x-www-form-urlencoded"
            else ""
        )
        raise _unsupported(f"Expected the content type application/json, got {_show(kind)}.{hint}")
    for parameter in parameters:
        name, _, charset = parameter.partition(b"=")
        if name == b"charset" and charset.strip(b'"') not in _UTF8:
            raise _unsupported(f"Expected JSON in UTF-8, got the charset {_show(charset)}.")


def _too_large(limit: int) -> HTTPException:
    return HTTPException(413, f"The body is larger than {limit} bytes (MAX_BODY_BYTES).")


def _unsupported(detail: str, headers: Mapping[str, str] | None = None) -> HTTPException:
    return HTTPException(415, detail, headers or {"Accept": "application/json"})


def _show(value: bytes) -> str:
    return value[:100].decode("latin-1")
