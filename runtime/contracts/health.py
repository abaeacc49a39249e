"""Whether the process lives, whether it can predict, and what it has counted."""

import asyncio
import os
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from runtime import journal
from runtime.contracts.problems import problem
from runtime.metrics import MEDIA_TYPE, MULTIPROCESS_DIRECTORY, Metrics
from runtime.repository import Entry, Repository


async def live(_: Request) -> Response:
    """Answer that the process answers."""
    return _json({"status": "live"})


async def ready(request: Request) -> Response:
    """Answer whether the model is loaded and has passed its self-check; 503 if not."""
    repository: Repository = request.state.repository
    obstacle = repository.obstacle
    if obstacle is None:
        return _json({"status": "ready", **_report(repository)})
    return problem(503, f"Not ready. {obstacle}", **_report(repository))


async def metrics(request: Request) -> Response:
    """Answer the metrics, in the text format of Prometheus."""
    counted: Metrics = request.state.metrics
    pending: journal.Journal = request.state.journal
    pending.report()
    if MULTIPROCESS_DIRECTORY in os.environ:
        # The other workers write theirs at latest then.
        await asyncio.sleep(2 * journal.SECONDS)
    return Response(counted.exposition(), headers={"Content-Type": MEDIA_TYPE})


def _report(repository: Repository) -> dict[str, Any]:
    """Say which models are served, and which versions are not, and why."""
    report: dict[str, Any] = {"models": [_status(entry) for entry in repository.entries]}
    if repository.instead_of is not None:
        report["instead_of"] = {
            "reason": str(repository.instead_of.obstacle),
            **_report(repository.instead_of),
        }
    return report


def _status(entry: Entry) -> dict[str, Any]:
    failed = [{"version": each, "reason": error.problem} for each, error in entry.failed.items()]
    return {"name": entry.name, "version": entry.served, "failed": failed}


def _json(document: dict[str, Any]) -> Response:
    return Response(msgspec.json.encode(document), media_type="application/json")
