"""Tests of runtime.server's supervisor: what it does when a worker dies."""

import signal
import time
from pathlib import Path

import pytest
import uvicorn

from runtime import server
from runtime.server import Supervisor


class Worker:
    """A worker that has died, or has not, as its exit code says."""

    pid = 7

    def __init__(self, exitcode: int | None = None) -> None:
        self.exitcode = exitcode

    def start(self) -> None:
        """Start it."""


@pytest.fixture
def supervisor(monkeypatch: pytest.MonkeyPatch) -> Supervisor:
    """A supervisor of two workers, at the moment that it has started them."""
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(server, "Worker", lambda *_: Worker())
    made = Supervisor(uvicorn.Config("runtime.app:app", workers=2, log_config=None), [])
    made.processes = [Worker(), Worker()]  # type: ignore[list-item]
    made.keep_subprocess_alive()
    return made


def test_a_worker_that_dies_later_is_replaced(
    supervisor: Supervisor,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
) -> None:
    """Its fellow stays, and what it was answering is not in flight any more."""
    fellow, dead = supervisor.processes
    later = time.monotonic() + 60
    monkeypatch.setattr(server, "monotonic", lambda: later)
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    for pid in (7, 8):
        (tmp_path / f"gauge_livesum_{pid}.db").touch()
    dead.exitcode = -9  # type: ignore[misc]
    supervisor.keep_subprocess_alive()
    assert supervisor.processes[0] is fellow
    assert supervisor.processes[1] is not dead
    assert not supervisor.should_exit.is_set()
    assert caplog.messages == ["Worker 7 has died: starting another."]
    assert [path.name for path in tmp_path.iterdir()] == ["gauge_livesum_8.db"]


def test_a_worker_that_dies_at_once_ends_the_others(supervisor: Supervisor) -> None:
    """The next one would die as well."""
    supervisor.processes[1].exitcode = -9  # type: ignore[misc]
    before = list(supervisor.processes)
    supervisor.keep_subprocess_alive()
    assert supervisor.processes == before
    assert supervisor.failed
    assert supervisor.should_exit.is_set()
