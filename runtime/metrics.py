"""What the service counts, for Prometheus to collect.

With several workers each counts in files of its own under PROMETHEUS_MULTIPROC_DIR, and
whichever is asked adds them up.
"""

import os
from collections.abc import Callable, Mapping
from functools import partial

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
    multiprocess,
)

from runtime.manifest import Label, Manifest

MEDIA_TYPE = CONTENT_TYPE_LATEST
MULTIPROCESS_DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"

disable_created_metrics()  # type: ignore[no-untyped-call]

_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """The metrics of one application."""

    def __init__(self) -> None:
        registry = CollectorRegistry()
        self._registry = registry
        self._predicted: dict[tuple[str, int], _Predictions] = {}
        self._answers: dict[tuple[str, int], tuple[Counter, Histogram]] = {}
        self._requests = Counter(
            "skiff_http_requests",
            "Requests answered, by route and status.",
            ("route", "status"),
            registry=registry,
        )
        self._seconds = Histogram(
            "skiff_http_request_duration_seconds",
            "Time from a request's headers to the end of its answer.",
            ("route",),
            buckets=_SECONDS,
            registry=registry,
        )
        self.in_flight = Gauge(
            "skiff_http_requests_in_flight",
            "Requests being answered.",
            registry=registry,
            multiprocess_mode="livesum",
        )
        self._rows = Counter(
            "skiff_rows", "Rows predicted.", ("model", "version"), registry=registry
        )
        self._predictions = Counter(
            "skiff_predictions",
            "Rows predicted, by what was predicted: a class, a cluster, or inlier and outlier.",
            ("model", "version", "prediction"),
            registry=registry,
        )
        self._models = Gauge(
            "skiff_model_info",
            "1 for every model in memory.",
            ("model", "version", "task"),
            registry=registry,
            multiprocess_mode="max",
        )

    def loaded(self, manifest: Manifest) -> None:
        """Note that a model is in memory."""
        self._models.labels(manifest.name, manifest.version, manifest.task).set(1)
        key = manifest.name, manifest.version
        self._predicted[key] = _Predictions(manifest, self._rows, self._predictions)

    def predicted(self, manifest: Manifest, rows: int, counts: Mapping[Label, int]) -> None:
        """Count rows of a loaded model and how often each label was predicted."""
        self._predicted[manifest.name, manifest.version].add(rows, counts)

    def answered(self, route: str, status: int, *seconds: float) -> None:
        """Count requests that were answered alike, by the time that each took."""
        key = route, status
        requests, durations = self._answers.get(key) or self._children(key)
        requests.inc(len(seconds))
        for each in seconds:
            durations.observe(each)

    def _children(self, key: tuple[str, int]) -> tuple[Counter, Histogram]:
        """Return the metrics with the labels of `key`; there are few, and finding them is slow."""
        children = self._requests.labels(*key), self._seconds.labels(key[0])
        self._answers[key] = children
        return children

    def exposition(self) -> bytes:
        """Return all metrics in the text format of Prometheus, of all workers."""
        registry = self._registry
        if MULTIPROCESS_DIRECTORY in os.environ:
            registry = CollectorRegistry()
            multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)

    def close(self) -> None:
        """Take this worker out of what counts living workers."""
        forget_worker(os.getpid())


def forget_worker(pid: int | None) -> None:
    """Take a worker out of what counts living workers."""
    if MULTIPROCESS_DIRECTORY in os.environ:
        multiprocess.mark_process_dead(pid)  # type: ignore[no-untyped-call]


class _Predictions:
    """The counters of one model, found once."""

    def __init__(self, manifest: Manifest, rows: Counter, predictions: Counter) -> None:
        model = (manifest.name, str(manifest.version))
        self._rows = rows.labels(*model)
        self._names = {each.label: each.name for each in manifest.classes}
        self._child: Callable[[str], Counter] = partial(predictions.labels, *model)
        self._children: dict[str, Counter] = {}

    def add(self, rows: int, counts: Mapping[Label, int]) -> None:
        self._rows.inc(rows)
        for label, count in counts.items():
            name = self._names.get(label) or str(label)
            child = self._children.get(name)
            if child is None:
                child = self._children[name] = self._child(name)
            child.inc(count)
