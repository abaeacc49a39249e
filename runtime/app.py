"""The application: its routes, its life, and which error becomes which status.

`uvicorn runtime.app:app` serves it, with the settings of the environment.
"""

import logging.config
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware

from runtime import logs
from runtime.batching import Batcher
from runtime.config import Settings
from runtime.contracts import health, pages, rest
from runtime.contracts.direct import DIRECT_BYTES, Direct
from runtime.contracts.exchange import Exchanges, TemplateRoute
from runtime.contracts.heads import Heads
from runtime.contracts.problems import HANDLERS
from runtime.contracts.room import Room
from runtime.journal import Journal
from runtime.limits import cores, memory
from runtime.metrics import Metrics
from runtime.predictor import Predictor
from runtime.repository import Repository, open_repository
from runtime.turns import Turns

_MOST_RUNS = 64
"""Runs of slow models at a time, of all models together; each starts a thread if need be."""

_log = logging.getLogger(__name__)


def create_app(settings: Settings) -> Starlette:
    """Make an application. It opens its models when it starts."""
    metrics = Metrics()
    room = Room(memory(), settings.workers, settings.max_body_bytes)
    predict = rest.Predict(metrics, settings.max_body_bytes, room)
    predictions = [
        TemplateRoute("/predict", predict, methods=["POST"]),
        TemplateRoute("/models/{name}/predict", predict, methods=["POST"]),
        TemplateRoute("/models/{name}/versions/{version}/predict", predict, methods=["POST"]),
    ]

    @asynccontextmanager
    async def life(_: Starlette) -> AsyncIterator[dict[str, Any]]:
        logging.config.dictConfig(logs.configuration(settings))
        journal = Journal(metrics)
        threads = ThreadPoolExecutor(_MOST_RUNS)
        runs = max(1, cores() // (settings.workers * settings.threads))
        repository = _open(settings, metrics, _room(settings.workers * runs))
        batcher = partial(Batcher, threads=threads, runs=runs)
        limit = min(DIRECT_BYTES, settings.max_body_bytes)
        yield {
            "direct": Direct(Heads(predictions, repository, batcher, limit), journal),
            "journal": journal,
            "repository": repository,
            "metrics": metrics,
            "turns": Turns(threads, runs),
            "unknown_fields": settings.unknown_fields,
        }
        threads.shutdown(wait=False)
        journal.write()
        metrics.close()

    app = Starlette(
        routes=[
            *predictions,
            TemplateRoute("/model", rest.show_manifest),
            TemplateRoute("/models", rest.list_models),
            TemplateRoute("/models/{name}", rest.show_manifest),
            TemplateRoute("/models/{name}/versions/{version}", rest.show_manifest),
            TemplateRoute("/livez", health.live),
            TemplateRoute("/readyz", health.ready),
            TemplateRoute("/health", health.ready),
            TemplateRoute("/metrics", health.metrics),
            TemplateRoute("/openapi.json", pages.openapi),
            TemplateRoute("/docs", pages.docs),
            TemplateRoute("/docs/{asset}", pages.docs_asset),
            TemplateRoute("/", pages.index),
        ],
        middleware=[Middleware(Exchanges, metrics=metrics)],
        exception_handlers=dict(HANDLERS),
        lifespan=life,
    )
    app.router.redirect_slashes = False
    return app


def _room(runs: int) -> int | None:
    """Return the bytes that each of so many runs may take: all together half of the memory."""
    most = memory()
    return None if most is None else most // (2 * runs)


def _open(settings: Settings, metrics: Metrics, room: int | None) -> Repository:
    """Open the repository of the settings, and log what keeps it from being ready."""

    def load(path: Path) -> Predictor:
        batching = settings.batching == "auto"
        predictor = Predictor.load(path, settings.threads, settings.unknown_fields, batching, room)
        metrics.loaded(predictor.manifest)
        return predictor

    repository = open_repository(
        settings.artifacts, settings.fallback_artifacts, load, settings.default_model
    )
    if repository.obstacle is not None:
        _log.error("Not ready. %s", repository.obstacle)
    return repository


app = create_app(Settings.read())
