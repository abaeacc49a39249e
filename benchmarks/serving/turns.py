"""Servers that take turns: while one is asked the others stand still, and cost it nothing."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from statistics import median

import msgspec

from benchmarks.serving.errors import BenchmarkError, TooShortError
from benchmarks.serving.load import Load
from benchmarks.serving.process import Server
from benchmarks.serving.results import Figures

Press = Callable[[float], Load]
"""Presses a server for some seconds."""

_WARM_UP_SECONDS, _LONGEST_SECONDS = 1.0, 16.0
_SETTLE_SECONDS = 0.05
"""For what a server has missed while it stood still."""


def take_turns(
    servers: Mapping[str, Server],
    press: Mapping[str, Press],
    rounds: int,
    seconds: float,
    refused: Callable[[str, BenchmarkError], None],
) -> dict[str, Figures]:
    """Warm up, then press every server in each of the rounds; the medians of its figures.

    Servers must stand still already. One that cannot be pressed is told to `refused`; a slow
    one gets longer turns.
    """
    times: dict[str, float] = {}
    for name, server in servers.items():
        try:
            with awake(server):
                times[name] = max(seconds, _warm_up(press[name]))
        except BenchmarkError as error:
            refused(name, error)
    found: dict[str, list[Figures]] = {}
    for _ in range(rounds):
        for name, each in list(times.items()):
            try:
                with awake(servers[name]):
                    before = servers[name].cpu_seconds()
                    load = press[name](each)
                    used = servers[name].cpu_seconds() - before
            except BenchmarkError as error:
                refused(name, error)
                del times[name]
            else:
                found.setdefault(name, []).append(_figures(load, used))
    return {name: _median(found[name]) for name in times}


def _warm_up(press: Press) -> float:
    """Press a server, and return the seconds in which it answers enough."""
    seconds = _WARM_UP_SECONDS
    while True:
        try:
            press(seconds)
        except TooShortError:
            if seconds >= _LONGEST_SECONDS:
                raise
            seconds *= 2
        else:
            return 2 * seconds if seconds > _WARM_UP_SECONDS else seconds


@contextmanager
def awake(server: Server) -> Iterator[None]:
    """Have a server run for a while, and stand still afterwards."""
    server.resume()
    time.sleep(_SETTLE_SECONDS)
    try:
        yield
    finally:
        server.pause()


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


def failing(name: str, error: BenchmarkError) -> None:
    """Let nothing be left out: what cannot be pressed ends the measurement."""
    raise BenchmarkError(f"{name}: {error}") from error
