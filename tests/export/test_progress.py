"""Progress tells of what takes long, and of nothing else."""

import io
import threading

import pytest

from export import progress
from export.progress import Progress


def test_a_quick_step_says_nothing() -> None:
    """Nobody needs to be told of a step that was over at once."""
    stream = io.StringIO()
    with Progress(stream).step("reading"):
        pass
    assert stream.getvalue() == ""


def test_a_long_step_is_announced_and_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A step past the patience is named while it runs, and its time is said at the end."""
    monkeypatch.setattr(progress, "PATIENCE", 0.01)
    announced = threading.Event()

    class Stream(io.StringIO):
        def write(self, text: str) -> int:
            announced.set()
            return super().write(text)

    stream = Stream()
    with Progress(stream).step("comparing"):
        assert announced.wait(30)
    lines = stream.getvalue().splitlines()
    assert lines[0].startswith("comparing ...")
    assert lines[-1].startswith("comparing: done in ")


def test_quiet_is_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """With `quiet`, not even a long step is told of."""
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    stream = io.StringIO()
    with Progress(stream, quiet=True).step("comparing"):
        pass
    assert stream.getvalue() == ""
