"""`python -m benchmarks.hotpath`: what a request costs, beside uvicorn answering a constant.

Prints CPU times in this process, without network and clients, and ratios, which hardly depend
on the machine. `--check` compares the ratios with those that are kept, and fails where one has
grown by half; `--keep` keeps them.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, redirect_stdout
from functools import partial
from pathlib import Path
from time import process_time

import msgspec
import uvloop
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from benchmarks.hotpath.drive import Connections, skiff
from benchmarks.hotpath.parts import PARTS, without
from benchmarks.serving import constant
from benchmarks.serving.cases import prepare

KEPT = Path(__file__).with_name("kept.json")
MODELS = Path(".cache/bench/models")
GROWTH = 1.5
"""How many times as large as the one that is kept a ratio may be."""

_ROUNDS = 9
_REQUESTS = 320
"""In a round, over all connections."""

Measure = Callable[[], Awaitable[float]]
Seconds = Mapping[str, float]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and check or keep. Return 1 where a ratio has grown."""
    options = _parser().parse_args(arguments)
    with (
        tempfile.TemporaryFile("w+") as log,
        redirect_stdout(log),
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        seconds = runner.run(_measure())
    found = ratios(seconds)
    print("\n".join(f"{name:<44} {1e6 * each:8.1f} µs" for name, each in seconds.items()))
    print("\n".join(f"{name:<44} {each:8.2f}" for name, each in found.items()))
    if options.keep:
        kept = {name: round(each, 2) for name, each in found.items()}
        KEPT.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    if not options.check:
        return 0
    problems = grown(found, json.loads(KEPT.read_text(encoding="utf-8")))
    print("\n".join(problems), file=sys.stderr)
    return 1 if problems else 0


def ratios(seconds: Seconds) -> dict[str, float]:
    """Return what is compared, of CPU times that were measured on one machine."""

    def over_parsing(name: str, limit: str) -> float:
        return (seconds[name] - seconds[limit]) / seconds[f"parsing {name}"]

    one, many = "constant, 1 connection", "constant, 16 connections"
    return {
        "Iris beside the constant, 1 connection": seconds["iris, 1 connection"] / seconds[one],
        "Iris beside the constant, 16 connections": seconds["iris, 16 connections"] / seconds[many],
        "penguins beside the constant": seconds["penguins, 16 connections"] / seconds[many],
        "300 columns, beside parsing them": over_parsing("300 columns", one),
        "100 rows, beside parsing them": over_parsing("100 rows", one),
    }


def grown(found: Mapping[str, float], kept: Mapping[str, float]) -> list[str]:
    """Say which ratios have grown."""
    advice = (
        "Profile what has become slow, or say why it must be and keep the ratio: "
        "python -m benchmarks.hotpath --keep"
    )
    return [
        f"{name}: expected at most {GROWTH:g} times {kept[name]:g}, got {each:.2f}. {advice}"
        for name, each in found.items()
        if each > GROWTH * kept[name]
    ]


async def _measure() -> dict[str, float]:
    """Return the CPU seconds of everything: the least of some rounds, taken in turns."""
    async with AsyncExitStack() as stack:
        measures: dict[str, Measure] = {}
        for name in ("iris", "penguins", "wide"):
            measures |= await stack.enter_async_context(_case(name))
        taken: dict[str, list[float]] = {name: [] for name in measures}
        for _ in range(_ROUNDS):
            for name, measure in measures.items():
                taken[name].append(await measure())
    return {name: min(each) for name, each in taken.items()}


@asynccontextmanager
async def _case(name: str) -> AsyncIterator[dict[str, Measure]]:
    """Serve a model; yields what measures it, by name."""
    case = prepare(name, MODELS / name)
    body, rows = (json.dumps(case.rows(1)[0]).encode(), json.dumps(case.rows(100)).encode())
    async with skiff(str(case.folder / "artifacts"), LOG_LEVEL="info") as connect:
        if name == "penguins":
            yield {"penguins, 16 connections": _sending(connect(16), body)}
        elif name == "wide":
            yield {
                "300 columns": _sending(connect(1), body),
                "parsing 300 columns": _parsing(body),
            }
        else:
            yield {
                "constant, 1 connection": _sending(_constant(1), body),
                "constant, 16 connections": _sending(_constant(16), body),
                "iris, 1 connection": _sending(connect(1), body),
                "iris, 16 connections": _sending(connect(16), body),
                **{f"iris without {part}": _lacking(part, connect(1), body) for part in PARTS},
                "100 rows": _sending(connect(1), rows),
                "parsing 100 rows": _parsing(rows),
            }


def _constant(count: int) -> Connections:
    return Connections(HttpToolsProtocol, constant.app, {}, count)


def _sending(connections: Connections, body: bytes) -> Measure:
    head = b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    request = b"%bContent-Length: %d\r\n\r\n%b" % (head, len(body), body)
    return partial(connections.send, request, _REQUESTS // connections.count)


def _lacking(part: str, connections: Connections, body: bytes) -> Measure:
    send = _sending(connections, body)

    async def measure() -> float:
        with without(part, body):
            return await send()

    return measure


def _parsing(body: bytes) -> Measure:
    parse = msgspec.json.Decoder().decode

    async def measure() -> float:
        start = process_time()
        for _ in range(_REQUESTS):
            parse(body)
        return (process_time() - start) / _REQUESTS

    return measure


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hotpath", description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail where a ratio has grown")
    parser.add_argument("--keep", action="store_true", help=f"write the ratios to {KEPT.name}")
    return parser


if __name__ == "__main__":
    sys.exit(main())
