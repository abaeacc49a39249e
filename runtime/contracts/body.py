"""Reading a request's body: its type and its size are settled before it is read."""

from collections.abc import Mapping, Sequence

from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope

from runtime.contracts.draining import LATEST
from runtime.contracts.exchange import WHOLE
from runtime.contracts.flow import incoming
from runtime.contracts.room import Share
from runtime.parts import Body

_UTF8 = (b"utf-8", b"utf8", b"us-ascii")


JSON = b"application/json"


async def read_body(scope: Scope, receive: Receive, limit: int, share: Share) -> Body:
    """Return the body of a request, at most `limit` bytes.

    Raises HTTPException 413 for a body that is too large, which then is not read to its end,
    408 for one of which nothing comes for LATEST seconds, and 503 for one for which there is no
    room beside others.
    """
    for name, value in scope["headers"]:
        # The server has parsed it, but an absurd number of digits may pass it.
        if name == b"content-length" and (len(value) > 18 or int(value) > limit):
            raise _too_large(limit)
    body: Body = b""
    patience = None if WHOLE in scope else LATEST
    async for part in incoming(receive, patience):
        if len(body) + len(part) > limit:
            raise _too_large(limit)
        share.hold(len(body) + len(part))
        if body:
            body = bytearray(body) if isinstance(body, bytes) else body
            body += part
        else:
            body = part
    return body


def media_type(scope: Scope, allowed: Sequence[bytes]) -> bytes:
    """Return which of the media types a request has; the first where it says nothing.

    Raises HTTPException 415 for another, for a charset that is not UTF-8, for compression.
    """
    found = allowed[0]
    for name, value in scope["headers"]:
        if name == b"content-type" and value != found:
            found = _check_type(value, allowed)
        elif name == b"content-encoding" and value.lower() != b"identity":
            raise _unsupported(
                f"The body is compressed with {_show(value)}. Send it as it is.",
                {"Accept-Encoding": "identity"},
            )
    return found


def _check_type(value: bytes, allowed: Sequence[bytes]) -> bytes:
    """Return the media type of a header, the first one of an empty header."""
    kind, *parameters = (part.strip() for part in value.lower().split(b";"))
    accept = {"Accept": b", ".join(allowed).decode()}
    kind = kind or allowed[0]
    if kind not in allowed:
        hint = (
            " It is what `curl -d` sends unless told otherwise: add -H 'Content-Type: "
            "application/json'."
            if kind == b"application/x-www-form-urlencoded"
            else ""
        )
        raise _unsupported(
            f"Expected the content type {_listing(allowed)}, got {_show(kind)}.{hint}", accept
        )
    for parameter in parameters:
        name, _, charset = parameter.partition(b"=")
        if name == b"charset" and charset.strip(b'"') not in _UTF8:
            what = "JSON" if kind == JSON else _show(kind)
            raise _unsupported(
                f"Expected {what} in UTF-8, got the charset {_show(charset)}.", accept
            )
    return kind


def _listing(types: Sequence[bytes]) -> str:
    *others, last = (each.decode() for each in types)
    return f"{', '.join(others)} or {last}" if others else last


def _too_large(limit: int) -> HTTPException:
    return HTTPException(413, f"The body is larger than {limit} bytes (MAX_BODY_BYTES).")


def _unsupported(detail: str, headers: Mapping[str, str]) -> HTTPException:
    return HTTPException(415, detail, headers)


def _show(value: bytes) -> str:
    return value[:100].decode("latin-1")
