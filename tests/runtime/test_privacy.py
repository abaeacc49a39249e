"""The service sends nothing, and writes nothing: ONNX Runtime's telemetry is off."""

import json
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.conftest import Watch
else:
    Watch = Any


def test_scoring_rows_writes_and_sends_nothing(
    watch: Watch, artifacts: Path, iris_record: dict[str, float]
) -> None:
    """The opt-out stands before ONNX Runtime is imported."""
    path = str(artifacts / "iris")
    printed = watch.run("-m", "runtime", "predict", path, stdin=json.dumps(iris_record))
    assert json.loads(printed)["prediction"] == 0
    assert watch.opted_out == {"1"}
    assert watch.events == []
    assert watch.files == []


@pytest.mark.parametrize("command", ["runtime serve", "uvicorn runtime.app:app --port 0"])
def test_serving_writes_and_sends_nothing(
    watch: Watch, artifacts: Path, iris_record: dict[str, float], command: str
) -> None:
    """From its start to its end, requests for every page included."""
    environ = {"ARTIFACTS": str(artifacts), "DEFAULT_MODEL": "iris", "PORT": "0"}
    process = subprocess.Popen(
        [sys.executable, "-m", *command.split()],
        cwd=watch.home,
        env={**watch.environ, **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with process:
        assert process.stdout is not None
        address = ""
        while not address:
            line = process.stdout.readline()
            _, _, address = line.partition("running on ")
        address = address.split()[0]
        for path in ("/", "/model", "/docs", "/docs/swagger-ui.css", "/openapi.json", "/metrics"):
            with urllib.request.urlopen(f"{address}{path}", timeout=60) as response:
                assert response.status == 200
        body = json.dumps(iris_record).encode()
        request = urllib.request.Request(f"{address}/predict", body)
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=60) as response:
            assert json.load(response)["prediction"] == 0
        process.send_signal(signal.SIGTERM)
        process.stdout.read()
    assert watch.opted_out == {"1"}
    assert [event for event in watch.events if event[0] != "socket.getaddrinfo"] == []
    # To listen on an address is to look it up; nothing else is.
    assert {event[1] for event in watch.events} <= {"127.0.0.1"}
    assert watch.files == []


def test_the_watch_sees_what_is_written_and_sent(watch: Watch) -> None:
    """Planted: a file, a connection, and an import without the opt-out."""
    (watch.home / "onnxruntime.py").touch()
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        code = (
            "import onnxruntime, socket; open('planted', 'w').close(); "
            f"socket.create_connection(('127.0.0.1', {port})).close()"
        )
        watch.run("-c", code)
    assert watch.opted_out == {"None"}
    assert [event[0] for event in watch.events] == ["open", "socket.getaddrinfo", "socket.connect"]
    assert watch.files == ["onnxruntime.py", "planted"]
