"""Load on a server, by wrk."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import msgspec

from benchmarks.serving.errors import BenchmarkError
from benchmarks.serving.process import Request

_SCRIPT = Path(__file__).with_name("wrk.lua")


class Load(msgspec.Struct, frozen=True):
    """What wrk counted."""

    requests: int
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
    request: Request, connections: int, seconds: float, core: int, pause_ms: float = 0
) -> Load:
    """Send `request` over and over on `connections` connections from one thread on `core`.

    With `pause_ms`, each connection waits that long on average before every request.
    Raises BenchmarkError where a request was refused or went unanswered.
    """
    with tempfile.NamedTemporaryFile() as body:
        body.write(request.body)
        body.flush()
        done = subprocess.run(
            [
                *("taskset", "-c", str(core), "wrk", "--threads", "1", "--timeout", "60s"),
                *("--connections", str(connections), "--duration", f"{seconds:.0f}s"),
                *("--script", str(_SCRIPT), request.url),
            ],
            env={**os.environ, "WRK_BODY": body.name, "WRK_PAUSE_MS": str(round(pause_ms))},
            capture_output=True,
            check=False,
        )
    if done.returncode != 0:
        raise BenchmarkError(f"wrk failed: {done.stderr.decode()}")
    load = msgspec.json.decode(done.stderr, type=Load)
    if load.refused or load.broken or not load.requests:
        raise BenchmarkError(
            f"Of {load.requests} requests to {request.url}, {load.refused} were refused and "
            f"{load.broken} went unanswered."
        )
    return load
