"""`python -m benchmarks.serving`: every service, the same models, one core, in turns.

The server runs on one core, the load on another. Each round asks every service in turn, so
that whatever else the machine does hits all alike; the median of the rounds counts. The
figure to compare by is CPU time per request, of all processes of a service together: rates
swing threefold on shared machines.
"""

import argparse
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import msgspec

from benchmarks.serving.cases import RECIPES, Case, prepare
from benchmarks.serving.errors import BenchmarkError
from benchmarks.serving.load import Load, press, require_tools
from benchmarks.serving.machine import describe
from benchmarks.serving.process import Server
from benchmarks.serving.report import write
from benchmarks.serving.results import Figures, Results, Started
from benchmarks.serving.services import SERVICES, Service, install

CACHE = Path(".cache/bench")
RESULTS = Path("benchmarks/serving/results.json")
PAGE = Path("docs/performance.md")
SERVER_CORE, LOAD_CORE = 0, 1
FIRST_PORT = 8460
QUICK = ("constant", "skiff", "tutorial")


@dataclass(frozen=True, slots=True)
class Shape:
    """A kind of load."""

    rows: int
    connections: int

    def __str__(self) -> str:
        return f"{self.rows} x {self.connections}"


@dataclass(frozen=True, slots=True)
class _Running:
    """A service with a model."""

    service: Service
    server: Server
    port: int


SINGLE = tuple(Shape(1, connections) for connections in (1, 16, 64))
BATCHES = tuple(Shape(rows, 1) for rows in (100, 10_000, 100_000))


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and unless it was quick, write the results and the page."""
    options = _parser().parse_args(arguments)
    wanted = QUICK if options.quick else options.services or [each.name for each in SERVICES]
    cases = options.cases or (["iris"] if options.quick else list(RECIPES))
    try:
        require_tools()
        services = [each for each in SERVICES if each.name in wanted]
        shapes = [Shape(1, 16)] if options.quick else [*SINGLE, *BATCHES]
        results = Results(machine=describe(), rounds=options.rounds, seconds=options.seconds)
        for name in cases:
            case = prepare(name, CACHE / "models" / name)
            _measure(case, services, shapes, options, results)
            if not options.quick:
                RESULTS.write_bytes(msgspec.json.format(msgspec.json.encode(results), indent=1))
    except BenchmarkError as error:
        print(error, file=sys.stderr)
        return 1
    print(write(results, None if options.quick else PAGE))
    return 0


def _measure(
    case: Case,
    services: Sequence[Service],
    shapes: Sequence[Shape],
    options: argparse.Namespace,
    results: Results,
) -> None:
    """Start every service with a model, press each in turns, and add what comes of it."""
    results.loops[case.name] = _loop(case)
    with ExitStack() as stack:
        running: list[_Running] = []
        for number, service in enumerate(services):
            port = FIRST_PORT + 4 * number
            try:
                server = _start(service, case, port, results)
            except (BenchmarkError, subprocess.CalledProcessError) as error:
                results.missing.setdefault(case.name, {})[service.name] = _reason(error)
                continue
            stack.callback(server.stop)
            running.append(_Running(service, server, port))
        for shape in shapes:
            figures: dict[str, list[Figures]] = {}
            for round_number in range(options.rounds + 1):
                for each in running:
                    found = _press(each, case, shape, options.seconds)
                    if round_number and found:  # the first one is the warm-up
                        figures.setdefault(each.service.name, []).append(found)
            for name, rounds in figures.items():
                results.add(case.name, str(shape), name, _median(rounds))
            print(f"{case.name}, {shape.rows} rows, {shape.connections} connections: measured.")
        for each in running:
            started = results.started[case.name][each.service.name]
            started.memory_mb = each.server.memory_bytes() / 1e6


def _start(service: Service, case: Case, port: int, results: Results) -> Server:
    """Start a service and see that it answers right."""
    if service.peer is not None:
        install(service.peer, CACHE)
    command = service.command(case, port, (CACHE / "services" / service.name).absolute())
    log = CACHE / "logs" / f"{case.name}-{service.name}.log"
    server = Server(command, service.settings(case, port), log, SERVER_CORE)
    try:
        seconds, body = server.first_answer(service.request(case, 1, port))
        if service.name != "constant":
            check(service, case.prediction, body)
    except BenchmarkError:
        server.stop()
        raise
    started = Started(first_answer_s=seconds, memory_mb=0.0)
    results.started.setdefault(case.name, {})[service.name] = started
    return server


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


def _press(running: _Running, case: Case, shape: Shape, seconds: float) -> Figures | None:
    """Measure one service under one kind of load; None where it refuses that."""
    request = running.service.request(case, shape.rows, running.port)
    before = running.server.cpu_seconds()
    try:
        load = press(request, shape.connections, seconds, LOAD_CORE)
    except BenchmarkError as error:
        print(f"{case.name} {shape} {running.service.name}: {error}", file=sys.stderr)
        return None
    return _figures(load, running.server.cpu_seconds() - before)


def _figures(load: Load, cpu_seconds: float) -> Figures:
    return Figures(
        cpu_us=cpu_seconds / load.requests * 1e6,
        rate=load.requests / load.seconds,
        p50_ms=load.p50_ms,
        p99_ms=load.p99_ms,
    )


def _median(figures: Sequence[Figures]) -> Figures:
    """Return the median of each figure."""
    rows = [msgspec.structs.astuple(each) for each in figures]
    return Figures(*(median(column) for column in zip(*rows, strict=True)))


def _loop(case: Case) -> float:
    """Return the microseconds of ONNX Runtime alone for a row, called in a loop."""
    model = case.folder / "artifacts" / case.name / "1/model.onnx"
    command = [sys.executable, "-m", "benchmarks.serving.loop", str(model)]
    command = ["taskset", "-c", str(SERVER_CORE), *command]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _reason(error: Exception) -> str:
    output = getattr(error, "stderr", None)
    return str(output or error).strip().splitlines()[-1]


def _parser() -> argparse.ArgumentParser:
    names = [each.name for each in SERVICES]
    parser = argparse.ArgumentParser(prog="python -m benchmarks.serving", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="Iris, single rows, no peers")
    parser.add_argument("--cases", nargs="+", choices=list(RECIPES), metavar="CASE")
    parser.add_argument("--services", nargs="+", choices=names, metavar="SERVICE")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0, help="of load, each time")
    return parser


if __name__ == "__main__":
    sys.exit(main())
