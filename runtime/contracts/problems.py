"""Errors over HTTP: every one is a problem document (RFC 9457)."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from runtime.errors import (
    ArtifactError,
    MalformedError,
    ModelNotFoundError,
    NoModelError,
    PayloadError,
    ServiceError,
    TooLongError,
    TooManyError,
)

MEDIA_TYPE = "application/problem+json"

_STATUSES: Mapping[type[ServiceError], int] = {
    MalformedError: 400,
    PayloadError: 422,
    TooLongError: 413,
    TooManyError: 413,
    ModelNotFoundError: 404,
    NoModelError: 503,
    ArtifactError: 503,
}

# RFC 9110's words, which Python has from 3.13 on.
_TITLES = {413: "Content Too Large", 422: "Unprocessable Content"}


_ABOUT = (MalformedError, PayloadError, TooLongError)
"""The errors that are about something that a client sent."""


def title(code: int) -> str:
    """Return the title of a problem: as its type is `about:blank`, the name of its status."""
    return _TITLES.get(code) or HTTPStatus(code).phrase


def problem(
    code: int, detail: str, headers: Mapping[str, str] | None = None, **extensions: object
) -> Response:
    """Return a problem document with further members, if any."""
    document = _document(code, detail, **extensions)
    return Response(msgspec.json.encode(document), code, headers, MEDIA_TYPE)


def status(error: ServiceError) -> int:
    """Return the status of one of the service's own errors."""
    return next(_STATUSES[kind] for kind in type(error).__mro__ if kind in _STATUSES)


def refusal(error: ServiceError, what: str = "The body", **extensions: object) -> dict[str, object]:
    """Return the problem document of one of the service's own errors, which is about `what`."""
    detail = error.of(what) if isinstance(error, _ABOUT) else str(error)
    document = _document(status(error), detail, **extensions)
    if isinstance(error, PayloadError):
        document["errors"] = error.problems
    if isinstance(error, MalformedError) and error.position is not None:
        document["position"] = error.position
    return document


def _document(code: int, detail: str, **extensions: object) -> dict[str, object]:
    document: dict[str, object] = {"type": "about:blank", "title": title(code)}
    return document | {"status": code, "detail": detail, **extensions}


async def service_problem(_: Request, error: ServiceError) -> Response:
    """Answer one of the service's own errors."""
    return Response(msgspec.json.encode(refusal(error)), status(error), None, MEDIA_TYPE)


async def http_problem(request: Request, error: HTTPException) -> Response:
    """Answer an error of HTTP itself; and OPTIONS, which no route takes, with what is allowed."""
    headers = dict(error.headers or {})
    detail = error.detail
    if error.status_code == 404:
        detail = f"There is nothing at {request.url.path}. See / for what there is."
    elif error.status_code == 405:
        allowed = ", ".join(sorted(headers["Allow"].split(", ")))
        headers["Allow"] = f"{allowed}, OPTIONS"
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=headers)
        detail = f"{request.url.path} does not take {request.method}, but {allowed}."
    return problem(error.status_code, detail, headers)


async def nobody_listens(_: Request, __: ClientDisconnect) -> Response:
    """Answer a client that hung up; the status is what its log line says."""
    return Response(status_code=499)


HANDLERS: Mapping[Any, Any] = {
    ServiceError: service_problem,
    HTTPException: http_problem,
    ClientDisconnect: nobody_listens,
}
