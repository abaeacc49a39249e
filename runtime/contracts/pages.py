"""The pages for people, index and documentation: nothing in them comes from outside."""

from html import escape

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from swagger_ui_bundle import swagger_ui_path

from runtime.openapi import describe
from runtime.repository import Repository

_HEADERS = {
    # Swagger UI styles its elements inline; everything else comes from this service.
    "Content-Security-Policy": "default-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}

_ASSETS = ("swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png")

_START = """\
window.ui = SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#ui",
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  tryItOutEnabled: true,
  validatorUrl: null,
});
"""

# The addresses are relative, so that the pages work behind a proxy that adds a prefix.
_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" type="image/png" href="docs/favicon-32x32.png">
{head}</head>
<body>
{body}</body>
</html>
"""
_DOCS = _PAGE.format(
    title="API documentation",
    head='<link rel="stylesheet" href="docs/swagger-ui.css">\n',
    body='<div id="ui"></div>\n<script src="docs/swagger-ui-bundle.js"></script>\n'
    '<script src="docs/start.js"></script>\n',
)

_LINKS = {
    "documentation": "docs",
    "openapi": "openapi.json",
    "model": "model",
    "models": "models",
    "live": "livez",
    "ready": "readyz",
    "metrics": "metrics",
}


async def index(request: Request) -> Response:
    """Answer `GET /`: a page for a browser, the same as JSON for a program."""
    repository: Repository = request.state.repository
    served = [entry.loaded[entry.served].manifest for entry in repository.entries if entry.served]
    headers = _HEADERS | {"Vary": "Accept"}
    if "text/html" not in request.headers.get("accept", ""):
        models = [
            {"name": each.name, "version": each.version, "title": each.title} for each in served
        ]
        links = {name: f"/{path}" for name, path in _LINKS.items()}
        return _json({"models": models, "links": links}, headers)
    title = ", ".join(manifest.title for manifest in served) or "No model"
    body = f"<h1>{escape(title)}</h1>\n"
    body += "".join(
        f"<p>{escape(each.description)} ({escape(each.name)}, version {each.version})</p>\n"
        for each in served
    )
    items = (f'<li><a href="{path}">{name}</a></li>\n' for name, path in _LINKS.items())
    body += f"<ul>\n{''.join(items)}</ul>\n"
    return HTMLResponse(_PAGE.format(title=escape(title), head="", body=body), headers=headers)


async def openapi(request: Request) -> Response:
    """Answer the OpenAPI document."""
    return _json(describe(request.state.repository, request.state.unknown_fields), {})


async def docs(_: Request) -> Response:
    """Answer the page of Swagger UI."""
    return HTMLResponse(_DOCS, headers=_HEADERS)


async def docs_asset(request: Request) -> Response:
    """Answer a file that the page of Swagger UI needs."""
    name = request.path_params["asset"]
    if name == "start.js":
        return Response(_START, headers=_HEADERS, media_type="text/javascript")
    if name not in _ASSETS:
        raise HTTPException(404)
    return FileResponse(swagger_ui_path / name, headers=_HEADERS)


def _json(document: object, headers: dict[str, str]) -> Response:
    return Response(msgspec.json.encode(document), headers=headers, media_type="application/json")
