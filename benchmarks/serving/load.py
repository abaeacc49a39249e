"""Load on a server: by wrk, or where a request takes long, by one request after another."""

import math
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from benchmarks.serving.errors import BenchmarkError, TooShortError
from benchmarks.serving.process import Request, connection

_SCRIPT = Path(__file__).with_name("wrk.lua")


class Load(msgspec.Struct, frozen=True):
    """What was counted."""

    requests: float
    """Of wrk, those that were under way at its end count as half a request each."""
    seconds: float
    p50_ms: float
    p99_ms: float
    max_ms: float
    refused: int
    broken: int


def require_tools() -> None:
    """Raise BenchmarkError where wrk, taskset or a second core is missing."""
    for tool, package in (("wrk", "wrk"), ("taskset", "util-linux")):
        if shutil.which(tool) is None:
            raise BenchmarkError(
                f"Expected the command {tool} on the PATH. On Debian and Ubuntu: "
                f"sudo apt-get install {package}"
            )
    if len(os.sched_getaffinity(0)) < 2:
        raise BenchmarkError("Expected two cores: one for the server, one for the load.")


def press(
    request: Request,
    connections: int,
    seconds: float,
    core: int,
    *,
    pause_ms: float = 0,
    others: Sequence[bytes] = (),
) -> Load:
    """Send `request` over and over on `connections` connections from one thread on `core`.

    With `pause_ms`, each connection waits that long on average before every request. With
    `others`, bodies without line breaks, these and its own take turns.
    Raises BenchmarkError where a request was refused or went unanswered, TooShortError where
    there were fewer answers than connections.
    """
    with tempfile.NamedTemporaryFile() as bodies:
        bodies.write(b"\n".join([request.body, *others]))
        bodies.flush()
        done = subprocess.run(
            [
                *("taskset", "-c", str(core), "wrk", "--threads", "1", "--timeout", "60s"),
                *("--connections", str(connections), "--duration", f"{seconds:.0f}s"),
                *("--script", str(_SCRIPT), request.url),
            ],
            env={**os.environ, "WRK_BODIES": bodies.name, "WRK_PAUSE_MS": str(round(pause_ms))},
            capture_output=True,
            check=False,
        )
    if done.returncode != 0:
        raise BenchmarkError(f"wrk failed: {done.stderr.decode()}")
    load = msgspec.json.decode(done.stderr, type=Load)
    if load.refused or load.broken:
        raise BenchmarkError(
            f"Of {load.requests:.0f} requests, {load.refused} were refused and {load.broken} "
            "went unanswered."
        )
    if load.requests < connections:
        raise TooShortError(
            f"On {connections} connections {load.requests:.0f} requests were answered in "
            f"{load.seconds:.0f} s."
        )
    return msgspec.structs.replace(load, requests=load.requests + connections / 2)


def queue(request: Request, seconds: float) -> Load:
    """Send `request` again and again on one connection for some seconds, at least once.

    Every request is waited for, which wrk does not do at its end: none is counted in part.
    Raises BenchmarkError where one was refused or not answered within a minute.
    """
    taken: list[float] = []
    with connection(request) as send:
        start = time.perf_counter()
        while (begun := time.perf_counter()) < start + seconds or not taken:
            try:
                send()
            except OSError as error:
                raise BenchmarkError(f"{request.url} did not answer: {error}") from error
            taken.append((time.perf_counter() - begun) * 1e3)
        elapsed = time.perf_counter() - start
    taken.sort()
    return Load(
        requests=len(taken),
        seconds=elapsed,
        p50_ms=nearest(taken, 0.5),
        p99_ms=nearest(taken, 0.99),
        max_ms=taken[-1],
        refused=0,
        broken=0,
    )


def nearest(ordered: Sequence[float], part: float) -> float:
    """Return the percentile of ordered numbers by the nearest rank: one of them."""
    return ordered[max(0, math.ceil(part * len(ordered)) - 1)]
