"""What was measured, as it is kept in results.json."""

from typing import Any

import msgspec


class Figures(msgspec.Struct):
    """One service under one kind of load."""

    cpu_us: float
    """CPU time per request, of all processes of the service."""
    rate: float
    """Requests per second."""
    p50_ms: float
    p99_ms: float


class Started(msgspec.Struct):
    """One service with one model."""

    first_answer_s: float
    """From the start of the process."""
    memory_mb: float
    """After all its load; pages that processes share count once."""


class Results(msgspec.Struct):
    """One run. The keys are, from outside in: model, kind of load, service."""

    machine: dict[str, Any]
    rounds: int
    seconds: float
    loops: dict[str, float] = {}
    """Microseconds of ONNX Runtime alone, called in a loop with a row."""
    started: dict[str, dict[str, Started]] = {}
    starts: dict[str, float] = {}
    """CPU seconds until the first answer, of all processes of a service; with the first model."""
    figures: dict[str, dict[str, dict[str, Figures]]] = {}
    missing: dict[str, dict[str, str]] = {}
    """Services that could not be installed or started, and why."""
    refused: dict[str, dict[str, dict[str, str]]] = {}
    """Services that could not be pressed in some way, and why."""

    def add(self, case: str, shape: str, service: str, figures: Figures) -> None:
        """Add the figures of a service."""
        self.figures.setdefault(case, {}).setdefault(shape, {})[service] = figures

    def drop(self, case: str) -> None:
        """Forget all of a model."""
        for each in (self.loops, self.started, self.figures, self.missing, self.refused):
            each.pop(case, None)
