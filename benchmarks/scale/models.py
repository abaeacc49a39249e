"""What many models in one process cost: memory, time to start, and a request to one of them."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import msgspec
import onnx

from benchmarks.scale.ensembles import ENSEMBLES, MODELS
from benchmarks.scale.skiff import pressing, request, serving
from benchmarks.scale.table import Row, megabytes, microseconds
from benchmarks.serving.cases import records
from benchmarks.serving.process import Server
from benchmarks.serving.turns import awake, failing, take_turns
from export import artifact
from export.pipeline import export_trained
from export.recipe import Trained
from runtime.model import Model

_PORT = 8580
_MANY = 50
_CONNECTIONS = 16


def measure(rounds: int, seconds: float) -> Iterator[Row]:
    """Yield the figures with one model of penguins and with fifty, and what each one adds."""
    trained = ENSEMBLES["penguins"].train()
    row = records(trained.X_test)[0]
    with ExitStack() as stack:
        servers: dict[int, Server] = {}
        started, memory, presses = {}, {}, {}
        for count in (1, _MANY):
            sent = request(_PORT + count, row, "/models/penguins-1/predict")
            folder = _artifacts(trained, count)
            server, seconds_to_start = stack.enter_context(serving(folder, _PORT + count, sent))
            servers[count], started[count] = server, seconds_to_start
            server.pause()
            presses[str(count)] = pressing(sent, _CONNECTIONS)
        named = {str(count): server for count, server in servers.items()}
        found = take_turns(named, presses, rounds, seconds, failing)
        for count, server in servers.items():
            with awake(server):
                memory[count] = server.memory_bytes()
    yield ("penguins, 16 connections", "one model", f"{_MANY} models", "each one more")
    one, many = found["1"].cpu_us, found[str(_MANY)].cpu_us
    yield ("CPU time of a request", microseconds(one), microseconds(many), "")
    more = (memory[_MANY] - memory[1]) / (_MANY - 1)
    yield ("memory", megabytes(memory[1]), megabytes(memory[_MANY]), megabytes(more))
    longer = (started[_MANY] - started[1]) / (_MANY - 1) * 1e3
    yield (
        "first answer after the start",
        f"{started[1]:.2f} s",
        f"{started[_MANY]:.2f} s",
        f"{longer:.0f} ms",
    )


def _artifacts(trained: Trained, count: int) -> Path:
    """Return a folder with so many models: one that is exported, and copies under other names."""
    folder = MODELS / f"{count}-penguins"
    if not (folder / "penguins-1").exists():
        export_trained(trained, folder, "penguins-1", version=1)
    path = folder / "penguins-1/1/model.onnx"
    model, graph = Model.load(path), onnx.load(path)
    del graph.metadata_props[:]
    for number in range(2, count + 1):
        manifest = msgspec.structs.replace(model.manifest, name=f"penguins-{number}")
        if not (folder / manifest.name).exists():
            data = artifact.sealed(graph, manifest, model.vectors)
            artifact.write(folder, data, manifest, model.vectors, page="")
    return folder
