"""The OpenAPI 3.1 description of the service, generated from the manifests it serves.

What it promises of an answer comes from `answers`, what it asks of a record from the
signature, so the description cannot differ from what is served.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from runtime import __version__
from runtime.answers import Schema, answer_schema
from runtime.inspection import GREATEST_INTEGER
from runtime.manifest import Feature, Manifest, Scalar
from runtime.repository import Entry, Repository

_TYPES: Mapping[str, Schema] = {
    "float64": {"type": "number", "format": "double"},
    "int64": {"type": "integer", "minimum": -GREATEST_INTEGER, "maximum": GREATEST_INTEGER},
    "bool": {"type": "boolean"},
    "string": {"type": "string"},
}
_EXAMPLES: Mapping[str, Scalar] = {"float64": 0.0, "int64": 0, "bool": False, "string": ""}
_MOST_CATEGORIES = 20

_ERRORS = {
    400: ("Bad Request", "The body is not JSON, or not CSV."),
    408: ("Request Timeout", "The body does not come."),
    413: ("Content Too Large", "The body is larger than MAX_BODY_BYTES."),
    415: ("Unsupported Media Type", "The body is of another type, or not in UTF-8."),
    422: ("Unprocessable Content", "The records do not fit the model; every problem is listed."),
    500: ("Internal Server Error", "The service failed; its log says why."),
    503: ("Service Unavailable", "The model is not ready, or there is no room, and why."),
}


_FINDING = {
    "path": "$[0].age",
    "expected": "a number",
    "received": 'the string "41"',
    "hint": "Send the number without the quotes: 41.",
}


def describe(repository: Repository, unknown_fields: str) -> dict[str, Any]:
    """Return the OpenAPI document of the models that `repository` has in memory."""
    paths: dict[str, Any] = {}
    schemas = _shared_schemas()
    entries = sorted(repository.entries, key=lambda each: each.name != repository.default)
    for entry in entries:
        for version, predictor in sorted(entry.loaded.items(), reverse=True):
            manifest = predictor.manifest
            key = f"{entry.name}.{version}"
            schemas[f"{key}.record"] = record_schema(manifest, unknown_fields)
            schemas[f"{key}.answer"] = _answer_schema(manifest)
            if version == entry.served and entry.name == repository.default:
                paths["/predict"] = {"post": _predict(manifest, key)}
                paths["/model"] = {"get": _manifest(manifest)}
            if version == entry.served:
                paths[f"/models/{entry.name}/predict"] = {"post": _predict(manifest, key)}
                paths[f"/models/{entry.name}"] = {"get": _manifest(manifest)}
            place = f"/models/{entry.name}/versions/{version}"
            paths[f"{place}/predict"] = {"post": _predict(manifest, key)}
            paths[place] = {"get": _manifest(manifest)}
    paths |= _service_paths()
    for path, operations in paths.items():
        for method, operation in operations.items():
            operation["operationId"] = f"{method}{path.replace('/', '_')}"
    return {
        "openapi": "3.1.0",
        "info": _info(entries),
        "paths": paths,
        "components": {"schemas": schemas},
    }


def record_schema(manifest: Manifest, unknown_fields: str = "reject") -> Schema:
    """Return the JSON Schema of a record: what the signature asks for."""
    features = manifest.features
    return {
        "type": "object",
        "title": f"A record for {manifest.title}",
        "properties": {feature.name: feature_schema(feature) for feature in features},
        "required": [feature.name for feature in features if not feature.nullable],
        "additionalProperties": unknown_fields == "ignore",
        "examples": [example(manifest)],
    }


def _answer_schema(manifest: Manifest) -> Schema:
    return answer_schema(manifest) | {"title": f"An answer of {manifest.title}"}


def feature_schema(feature: Feature) -> Schema:
    """Return the JSON Schema of one field of a record."""
    schema = dict(_TYPES[feature.dtype])
    if feature.nullable:
        schema["type"] = [schema["type"], "null"]
    if feature.closed and feature.categories:
        schema["enum"] = [*feature.categories, *([None] if feature.nullable else [])]
    elif feature.longest is not None:
        schema["maxLength"] = feature.longest
    kind = int if feature.dtype == "int64" else float
    for name, end in (("minimum", feature.lowest), ("maximum", feature.highest)):
        if end is not None:
            schema[name] = kind(end)
    if feature.values is not None and feature.dtype != "bool":
        schema["enum"] = [*map(kind, feature.values), *([None] if feature.nullable else [])]
    if feature.refused:
        schema["not"] = {"enum": list(map(kind, feature.refused))}
    schema["title"] = feature.title
    if description := _description(feature):
        schema["description"] = description
    schema["examples"] = [_example(feature)]
    return schema


def example(manifest: Manifest) -> dict[str, Scalar]:
    """Return a record that the model answers."""
    return {feature.name: _example(feature) for feature in manifest.features}


def _example(feature: Feature) -> Scalar:
    if feature.example is not None or feature.nullable:
        return feature.example
    return feature.categories[0] if feature.categories else _EXAMPLES[feature.dtype]


def _description(feature: Feature) -> str:
    """Say what was seen in training; other values are answered, too, unless `closed`."""
    facts = []
    if feature.minimum is not None and feature.maximum is not None:
        facts.append(f"From {feature.minimum:g} to {feature.maximum:g} in training.")
    if feature.categories and not feature.closed:
        shown = ", ".join(map(_quoted, feature.categories[:_MOST_CATEGORIES]))
        more = len(feature.categories) - _MOST_CATEGORIES
        facts.append(f"In training: {shown}{f' and {more} more' if more > 0 else ''}.")
    if feature.nullable:
        facts.append("May be null, or left out.")
    return " ".join(facts)


def _quoted(text: str) -> str:
    return msgspec.json.encode(text).decode()


def _predict(manifest: Manifest, key: str) -> dict[str, Any]:
    record = example(manifest)
    return {
        "tags": [manifest.name],
        "summary": f"Predict with {manifest.title}, version {manifest.version}",
        "description": manifest.description,
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": _one_or_many(f"{key}.record"),
                    "examples": {
                        "record": {"summary": "One record", "value": record},
                        "list": {"summary": "A list of records", "value": [record, record]},
                    },
                },
                **_streams("Records"),
            },
        },
        "responses": {
            "200": {
                "description": "An answer, or a list of them; or a stream of them.",
                "content": {
                    "application/json": {"schema": _one_or_many(f"{key}.answer")},
                    **_streams("Answers, or what is wrong with a record"),
                },
            },
            **_errors(*_ERRORS),
        },
    }


def _streams(what: str) -> dict[str, Any]:
    """Describe bodies that are streams, of any length."""
    return {
        "application/x-ndjson": {"schema": {"description": f"{what}, one a line, as JSON."}},
        "text/csv": {"schema": {"description": f"{what}, below a line with the columns' names."}},
        "application/vnd.apache.arrow.stream": {
            "schema": {
                "description": f"{what}, as an Arrow IPC stream, where pyarrow is installed."
            }
        },
    }


def _one_or_many(schema: str) -> Schema:
    one = _reference(schema)
    return {"oneOf": [one, {"type": "array", "items": one, "minItems": 1}]}


def _manifest(manifest: Manifest) -> dict[str, Any]:
    return {
        "tags": [manifest.name],
        "summary": f"The manifest of {manifest.title}, version {manifest.version}",
        "responses": {"200": _json_content("The manifest.", _reference("Manifest"))},
    }


def _info(entries: Sequence[Entry]) -> dict[str, str]:
    served = [entry.loaded[entry.served].manifest for entry in entries if entry.served]
    return {
        "title": ", ".join(manifest.title for manifest in served) or "No model",
        "version": __version__,
        "description": "\n\n".join(filter(None, (manifest.description for manifest in served))),
    }


def _shared_schemas() -> dict[str, Any]:
    """Return the schemas of the manifest and of problems, which all paths share."""
    _, components = msgspec.json.schema_components(
        [Manifest], ref_template="#/components/schemas/{name}"
    )
    text = {"type": "string"}
    finding = {
        "type": "object",
        "properties": {
            "path": text | {"description": "Where, as a JSONPath."},
            "expected": text,
            "received": text,
            "hint": {"type": ["string", "null"], "description": "What to do about it."},
        },
        "required": ["path", "expected", "received", "hint"],
        "additionalProperties": False,
    }
    problem = {
        "type": "object",
        "description": "RFC 9457.",
        "properties": {
            "type": text,
            "title": text,
            "status": {"type": "integer"},
            "detail": text,
            "errors": {"type": "array", "items": finding},
            "position": {"type": "integer", "description": "The byte that is not JSON."},
        },
        "required": ["type", "title", "status", "detail"],
    }
    return {**components, "Problem": problem}


def _reference(schema: str) -> Schema:
    return {"$ref": f"#/components/schemas/{schema}"}


def _json_content(description: str, schema: Schema) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _errors(*statuses: int) -> dict[str, Any]:
    responses = {}
    for status in statuses:
        title, description = _ERRORS[status]
        example: dict[str, Any] = {"type": "about:blank", "title": title, "status": status}
        example["detail"] = description
        if status == 422:
            example["errors"] = [_FINDING]
        content = {"schema": _reference("Problem"), "example": example}
        responses[str(status)] = {
            "description": description,
            "content": {"application/problem+json": content},
        }
    return responses


def _service_path(summary: str, description: str, *, ready: bool = False) -> dict[str, Any]:
    responses = {"200": _json_content(description, {"type": "object"})}
    if ready:
        responses |= _errors(503)
    return {"get": {"tags": ["service"], "summary": summary, "responses": responses}}


def _service_paths() -> dict[str, Any]:
    metrics = {
        "tags": ["service"],
        "summary": "Metrics for Prometheus",
        "responses": {
            "200": {
                "description": "The text format of Prometheus.",
                "content": {"text/plain": {"schema": {"type": "string"}}},
            }
        },
    }
    return {
        "/models": _service_path("The models there are", "The models and their versions."),
        "/livez": _service_path("Does the process answer?", "It does."),
        "/readyz": _service_path("Can it predict?", "It can.", ready=True),
        "/metrics": {"get": metrics},
    }
