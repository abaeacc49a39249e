"""What it gains to compute rows together that wait at the same time."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack

import msgspec

from benchmarks.scale.ensembles import ENSEMBLES
from benchmarks.scale.skiff import pressing, request, serving
from benchmarks.scale.table import Row, microseconds
from benchmarks.serving.turns import failing, take_turns

_PORTS = {"off": 8540, "auto": 8544}
_DIFFERENT = 1000


def measure(rounds: int, seconds: float) -> Iterator[Row]:
    """Yield, for each ensemble, the CPU time of a request by itself and together."""
    yield ("server on one core, 64 connections, 1,000 trees", "by themselves", "together", "gain")
    for name, ensemble in ENSEMBLES.items():
        folder, rows = ensemble.export(name)
        with ExitStack() as stack:
            servers, requests = {}, {}
            for setting, port in _PORTS.items():
                requests[setting] = request(port, rows[0])
                server, _ = stack.enter_context(
                    serving(folder, port, requests[setting], BATCHING=setting)
                )
                servers[setting] = server
                server.pause()
            loads: dict[str, tuple[int, Sequence[bytes]]] = {ensemble.title: (64, ())}
            if name == "forest-classification":
                others = [msgspec.json.encode(row) for row in rows[1:_DIFFERENT]]
                loads["the same, 1,000 different rows in turn"] = (64, others)
            if name == "penguins":
                loads = {f"{ensemble.title}; 16 connections": (16, ())}
            for title, (connections, bodies) in loads.items():
                presses = {
                    setting: pressing(each, connections, bodies)
                    for setting, each in requests.items()
                }
                found = take_turns(servers, presses, rounds, seconds, failing)
                off, on = found["off"].cpu_us, found["auto"].cpu_us
                yield (title, microseconds(off), microseconds(on), f"{off / on:.1f} times")
