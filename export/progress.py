"""Progress for people: what step is running, once it takes more than a second, and its time."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

PATIENCE = 1.0  # seconds


class Progress:
    """Writes to `stream` what takes long, again every few seconds; says nothing of quick steps."""

    def __init__(self, stream: TextIO = sys.stderr, quiet: bool = False) -> None:
        self._stream = stream
        self._quiet = quiet

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Time the block and report it while it runs."""
        if self._quiet:
            yield
            return
        done = threading.Event()
        started = time.monotonic()
        reporter = threading.Thread(target=self._report, args=(title, started, done), daemon=True)
        reporter.start()
        try:
            yield
        finally:
            done.set()
            reporter.join()
        elapsed = time.monotonic() - started
        if elapsed >= PATIENCE:
            self._say(f"{title}: done in {elapsed:.1f} s")

    def _report(self, title: str, started: float, done: threading.Event) -> None:
        wait = PATIENCE
        while not done.wait(wait):
            elapsed = time.monotonic() - started
            self._say(f"{title} ... {elapsed:.0f} s" if elapsed >= 2 * PATIENCE else f"{title} ...")
            wait = min(wait * 2, 30.0)

    def _say(self, text: str) -> None:
        print(text, file=self._stream, flush=True)
