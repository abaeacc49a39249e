"""Whether a million requests leave anything behind in memory."""

from collections.abc import Iterator

from benchmarks.scale.ensembles import MODELS
from benchmarks.scale.skiff import request, serving
from benchmarks.scale.table import Row, megabytes
from benchmarks.serving.cases import prepare
from benchmarks.serving.contest import LOAD_CORE
from benchmarks.serving.load import press
from export.pipeline import export_trained
from export.recipe import BUILT_IN, load

_PORT = 8640
_CONNECTIONS = 64
_SECONDS = 5
_MARKS = (150_000, 500_000, 1_000_000)


def measure(_rounds: int, _seconds: float) -> Iterator[Row]:
    """Yield the memory after so many requests to two models, which take turns."""
    yield ("64 connections, two models", "resident memory, shared pages in part")
    folder = MODELS / "soak"
    requests = []
    for name in ("iris", "penguins"):
        case = prepare(name, MODELS / name)
        if not (folder / name).exists():
            export_trained(load(BUILT_IN / f"{name}.py"), folder, name, version=1)
        requests.append(request(_PORT, case.records[0], f"/models/{name}/predict"))
    with serving(folder, _PORT, requests[0]) as (server, _):
        yield ("after the first request", megabytes(server.memory_bytes()))
        done = 0.0
        for mark in _MARKS:
            while done < mark:
                for each in requests:
                    done += press(each, _CONNECTIONS, _SECONDS, LOAD_CORE).requests
            yield (f"after {done:,.0f} requests", megabytes(server.memory_bytes()))
