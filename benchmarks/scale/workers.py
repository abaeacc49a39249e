"""What a second worker on a second core gains, the load's own share counted out."""

from collections.abc import Iterator
from contextlib import ExitStack

from benchmarks.scale.skiff import constant, pressing, request, serving
from benchmarks.scale.table import Row, microseconds
from benchmarks.serving.cases import prepare
from benchmarks.serving.process import Server
from benchmarks.serving.services import CACHE
from benchmarks.serving.turns import failing, take_turns

_PORT = 8550
_CONNECTIONS = 32
"""For each worker."""


def measure(rounds: int, seconds: float) -> Iterator[Row]:
    """Yield the CPU time of a request with one worker and with two, and what two gain."""
    case = prepare("iris", CACHE / "models/iris")
    with ExitStack() as stack:
        servers: dict[str, Server] = {}
        presses = {}
        for workers, cores in ((1, "0"), (2, "0,1")):
            for number, name in enumerate(("Skiff", "uvicorn answering a constant")):
                port = _PORT + 10 * workers + number
                sent = request(port, case.records[0])
                if name == "Skiff":
                    folder = case.folder / "artifacts"
                    server, _ = stack.enter_context(
                        serving(folder, port, sent, cores, WORKERS=str(workers))
                    )
                else:
                    server = stack.enter_context(constant(port, sent, cores, workers))
                server.pause()
                servers[f"{name} {workers}"] = server
                presses[f"{name} {workers}"] = pressing(sent, workers * _CONNECTIONS)
        found = take_turns(servers, presses, rounds, seconds, failing)
    yield ("one row of Iris, 32 connections for each worker", "one worker", "two", "gain")
    for name in ("Skiff", "uvicorn answering a constant"):
        one, two = found[f"{name} 1"].cpu_us, found[f"{name} 2"].cpu_us
        yield (name, microseconds(one), microseconds(two), f"{2 * one / two:.1f} times")
