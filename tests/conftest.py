"""What all tests share."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

_WATCH = '''
"""Write to WATCH_LOG whatever this process opens for writing, connects to or looks up."""

import json
import os
import sys

_log = os.open(os.environ["WATCH_LOG"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
_writes = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def _note(event, arguments):
    if event == "open":
        path, _, flags = arguments
        if not flags & _writes or path == os.devnull:
            return
    elif event == "import" and arguments[0] == "onnxruntime":
        arguments = [arguments[0], os.environ.get("ORT_DISABLE_TELEMETRY")]
    elif event not in ("socket.connect", "socket.sendto", "socket.getaddrinfo", "os.mkdir"):
        return
    os.write(_log, json.dumps([event, *map(str, arguments)]).encode() + b"\\n")


sys.addaudithook(_note)
'''


_HOMES = (
    "HOME",
    "TMPDIR",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "XDG_STATE_HOME",
)


class Watch:
    """Runs Python in a folder and an environment of its own, in which CI is not set.

    It notes what Python does by an audit hook, and what ONNX Runtime's own code leaves
    behind by the files in the folder.
    """

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.home.mkdir()
        self._log = folder / "log"
        site = folder / "site"
        site.mkdir()
        (site / "sitecustomize.py").write_text(_WATCH)
        self.environ = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(map(str, (site, ROOT))),
            "PYTHONDONTWRITEBYTECODE": "1",
            "WATCH_LOG": str(self._log),
            **dict.fromkeys(_HOMES, str(self.home)),
        }

    def run(self, *arguments: str, stdin: str = "") -> str:
        """Run Python with `arguments`, in the home folder, and return what it printed."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.home,
            env=self.environ,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    @property
    def events(self) -> list[list[str]]:
        """What Python did, but for importing ONNX Runtime."""
        return [event for event in self._all() if event[0] != "import"]

    @property
    def opted_out(self) -> set[str]:
        """What ORT_DISABLE_TELEMETRY was set to whenever ONNX Runtime was imported."""
        return {event[2] for event in self._all() if event[0] == "import"}

    @property
    def files(self) -> list[str]:
        """The files that appeared, whoever wrote them: ONNX Runtime's own code as well."""
        return sorted(str(path.relative_to(self.home)) for path in self.home.rglob("*"))

    def _all(self) -> list[list[str]]:
        lines = self._log.read_text().splitlines() if self._log.exists() else []
        return [json.loads(line) for line in lines]


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    """A watch over processes."""
    folder = tmp_path / "watch"
    folder.mkdir()
    return Watch(folder)
