"""One model served by every service, each pressed in its turn."""

import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial

import msgspec

from benchmarks.serving.cases import Case
from benchmarks.serving.errors import BenchmarkError
from benchmarks.serving.load import Load, press, queue
from benchmarks.serving.process import Request, Server
from benchmarks.serving.results import Results, Started
from benchmarks.serving.services import CACHE, Service, install
from benchmarks.serving.turns import Press, take_turns

SERVER_CORE, LOAD_CORE = 0, 1

_FIRST_PORT = 8600
_LONG = 10_000
"""Rows of a request from which on each one is waited for."""

_BEARABLE_SECONDS = 20.0
_MOST_CELLS = 3_000_000
"""Of a request: 60 MB of JSON, which is what Skiff takes by default."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A kind of load."""

    rows: int
    connections: int

    def __str__(self) -> str:
        return f"{self.rows} x {self.connections}"

    def press(self, request: Request, seconds: float) -> Load:
        """Send requests of this kind for some seconds.

        Raises BenchmarkError where they are refused, or take longer than can be borne.
        """
        if self.rows < _LONG:
            return press(request, self.connections, seconds, LOAD_CORE)
        load = queue(request, seconds)
        if load.max_ms > _BEARABLE_SECONDS * 1e3:
            raise BenchmarkError(f"One request took {load.max_ms / 1e3:.0f} s.")
        return load


SHAPES = (
    *(Shape(1, connections) for connections in (1, 16, 64)),
    *(Shape(rows, 1) for rows in (100, 10_000, 100_000)),
)
QUICK = Shape(1, 16)


@dataclass(frozen=True, slots=True)
class Contest:
    """Services, and how long each of them is pressed."""

    services: Sequence[Service]
    shapes: Sequence[Shape]
    rounds: int
    seconds: float
    warm: set[str] = field(default_factory=set)
    """Services that have been started before."""

    def hold(self, case: Case, results: Results) -> None:
        """Start every service with a model, press each in turns, and keep what comes of it."""
        results.drop(case.name)
        results.loops[case.name] = _loop(case)
        with ExitStack() as stack:
            servers: dict[str, Server] = {}
            for number, service in enumerate(self.services):
                port = _FIRST_PORT + 4 * number
                try:
                    servers[service.name] = self._start(service, case, port, results)
                except (BenchmarkError, subprocess.CalledProcessError) as error:
                    results.missing.setdefault(case.name, {})[service.name] = _reason(error)
                else:
                    stack.callback(servers[service.name].stop)
            for shape in self.shapes:
                if shape.rows * len(case.records[0]) <= _MOST_CELLS:
                    self._press(case, shape, servers, results)
            for name, server in servers.items():
                started = results.started[case.name][name]
                started.memory_mb = server.memory_bytes() / 1e6

    def _start(self, service: Service, case: Case, port: int, results: Results) -> Server:
        """Start a service: the first time twice, to have its files in memory."""
        if service.peer is not None:
            install(service.peer)
        if service.name not in self.warm:
            _launch(service, case, port)[0].stop()
            self.warm.add(service.name)
        server, started, used = _launch(service, case, port)
        results.starts.setdefault(service.name, used)
        results.started.setdefault(case.name, {})[service.name] = started
        return server

    def _press(
        self, case: Case, shape: Shape, servers: Mapping[str, Server], results: Results
    ) -> None:
        """Press all servers in one way."""

        def refused(name: str, error: BenchmarkError) -> None:
            reasons = results.refused.setdefault(case.name, {}).setdefault(str(shape), {})
            reasons[name] = str(error)

        presses: dict[str, Press] = {}
        for number, service in enumerate(self.services):
            if shape.rows < service.least_rows:
                continue
            request = service.request(case, shape.rows, _FIRST_PORT + 4 * number)
            presses[service.name] = partial(shape.press, request)
        pressed = {name: server for name, server in servers.items() if name in presses}
        figures = take_turns(pressed, presses, self.rounds, self.seconds, refused)
        for name, each in figures.items():
            results.add(case.name, str(shape), name, each)
        print(f"{case.name}, {shape.rows} rows, {shape.connections} connections: measured.")


def _launch(service: Service, case: Case, port: int) -> tuple[Server, Started, float]:
    """Start a service, see that it answers right, and let it stand still.

    Returns with it the CPU seconds that it took.
    """
    command = service.command(case, port, (CACHE / "services" / service.name).absolute())
    log = CACHE / "logs" / f"{case.name}-{service.name}.log"
    server = Server(command, service.settings(case, port), log, str(SERVER_CORE))
    try:
        seconds, body = server.first_answer(service.request(case, 1, port))
        used = server.cpu_seconds()
        server.pause()
        if service.name != "constant":
            check(service, case.prediction, body)
    except BenchmarkError:
        server.stop()
        raise
    return server, Started(first_answer_s=seconds, memory_mb=0.0), used


def check(service: Service, prediction: object, body: bytes) -> None:
    """Refuse a service whose answer does not hold scikit-learn's prediction."""
    if prediction not in set(_leaves(msgspec.json.decode(body))):
        raise BenchmarkError(
            f"Expected {service.title} to answer {prediction!r}, got {body[:200]!r}."
        )


def _leaves(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _leaves(each)
    else:
        yield value


def _loop(case: Case) -> float:
    """Return the microseconds of ONNX Runtime alone for a row, called in a loop."""
    model = case.folder / "artifacts" / case.name / "1/model.onnx"
    command = [sys.executable, "-m", "benchmarks.serving.loop", str(model)]
    command = ["taskset", "-c", str(SERVER_CORE), *command]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _reason(error: Exception) -> str:
    output = getattr(error, "stderr", None)
    return str(output or error).strip().splitlines()[-1]
