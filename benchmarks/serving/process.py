"""A server under measurement: its whole process tree, its CPU time and its memory."""

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

from benchmarks.serving.errors import BenchmarkError

_MARK = "SKIFF_BENCHMARK_TREE"
_TICK = os.sysconf("SC_CLK_TCK")
_START_SECONDS = 300
_STOP_SECONDS = 10
_ANSWER_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Request:
    """One request: where it goes, its body, and what that is; wrk sends nothing but JSON."""

    url: str
    body: bytes
    media_type: str = "application/json"


class Server:
    """A command that serves HTTP, run on some cores until it is stopped.

    Every process that it starts, also one that leaves its session, inherits a mark in its
    environment, by which /proc finds the tree again.
    """

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], log: Path, cores: str
    ) -> None:
        self._mark = f"{_MARK}={uuid4().hex}"
        self._log = log
        name, _, value = self._mark.partition("=")
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                ["taskset", "-c", cores, *command],
                env={**os.environ, **environment, name: value},
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._started = time.perf_counter()

    def first_answer(self, request: Request) -> tuple[float, bytes]:
        """Wait for the first answer to `request`: the seconds since the start, and its body.

        Raises BenchmarkError where the server ends, or does not answer in five minutes.
        """
        while True:
            try:
                body = answer(request)
            except (OSError, http.client.HTTPException, BenchmarkError) as error:
                seconds = time.perf_counter() - self._started
                if not self.alive:
                    raise BenchmarkError(f"It did not start; see {self._log}.") from None
                if seconds > _START_SECONDS:
                    raise BenchmarkError(f"It did not answer; see {self._log}. {error}") from None
                time.sleep(0.01)
            else:
                return time.perf_counter() - self._started, body

    @property
    def alive(self) -> bool:
        """Whether the process that was started runs."""
        return self._process.poll() is None

    def pids(self) -> set[int]:
        """Return the processes of the tree."""
        return set(self._members())

    def cpu_seconds(self) -> float:
        """Return the CPU time that the tree has used, in user and in system mode."""
        return sum(sum(map(int, fields[11:15])) for fields in self._stats()) / _TICK

    def memory_bytes(self) -> int:
        """Return the memory of the tree; pages that processes share count once (PSS)."""
        return sum(_proportional(pid) for pid in self._members())

    def pause(self) -> None:
        """Have every process of the tree stand still, so that others have the core alone."""
        for pid in self._members():
            _send(pid, signal.SIGSTOP)
        deadline = time.monotonic() + _STOP_SECONDS
        while any(fields[0] != "T" for fields in self._stats()) and time.monotonic() < deadline:
            time.sleep(0.001)

    def resume(self) -> None:
        """Have them go on."""
        for pid in self._members():
            _send(pid, signal.SIGCONT)

    def stop(self) -> None:
        """End every process of the tree."""
        self.resume()
        for number in (signal.SIGTERM, signal.SIGKILL):
            for pid in self._members():
                _send(pid, number)
            deadline = time.monotonic() + _STOP_SECONDS
            while any(True for _ in self._stats()) and time.monotonic() < deadline:
                self._process.poll()
                time.sleep(0.02)
        self._process.wait()

    def _members(self) -> Iterator[int]:
        mark = self._mark.encode()
        for folder in Path("/proc").iterdir():
            if folder.name.isdecimal():
                try:
                    environment = (folder / "environ").read_bytes()
                except OSError:
                    continue
                if mark in environment:
                    yield int(folder.name)

    def _stats(self) -> Iterator[list[str]]:
        """Yield the fields of /proc/PID/stat from the state on, for what is not a zombie."""
        for pid in self._members():
            try:
                text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
            except OSError:
                continue
            yield text.rpartition(")")[2].split()


def answer(request: Request) -> bytes:
    """Send one request on a connection of its own, and return the body of its answer.

    Raises BenchmarkError for any status but 200, OSError where there is no connection.
    """
    with connection(request) as send:
        return send()


@contextmanager
def connection(request: Request) -> Iterator[Callable[[], bytes]]:
    """Open a connection; yields what sends the request on it, and returns the answer's body."""
    address = urlsplit(request.url)
    opened = http.client.HTTPConnection(address.netloc, timeout=_ANSWER_SECONDS)

    def send() -> bytes:
        opened.request("POST", address.path, request.body, {"Content-Type": request.media_type})
        response = opened.getresponse()
        body = response.read()
        if response.status != HTTPStatus.OK:
            raise BenchmarkError(f"{request.url} answered {response.status}: {body[:300]!r}")
        return body

    try:
        yield send
    finally:
        opened.close()


def _proportional(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8")
    except OSError:
        return 0
    return next(int(line.split()[1]) * 1024 for line in text.splitlines() if line[:4] == "Pss:")


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


if not sys.platform.startswith("linux"):
    raise BenchmarkError(f"Expected Linux, whose /proc tells CPU times; this is {sys.platform}.")
