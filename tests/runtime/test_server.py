"""Tests of runtime.server and of the command: processes that serve, and how they end."""

import http.client
import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
import uvicorn
import uvloop

from runtime import probe
from runtime.app import create_app
from runtime.config import Settings
from runtime.contracts.direct import DirectProtocol
from runtime.server import Server
from tests.runtime.contracts.conversation import request

ROOT = Path(__file__).parents[2]
RECORD = b'{"feature1": 5.1, "feature2": 3.5, "feature3": 1.4, "feature4": 0.2}'
ADDRESS = re.compile(r"running on (http://127\.0\.0\.1:\d+)")


class Served:
    """A service in a process of its own."""

    def __init__(self, command: list[str], environ: dict[str, str]) -> None:
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=ROOT,
            env={**os.environ, **environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def wait_until(self, pattern: str) -> str:
        """Return the first group of `pattern` in the next line of the log that has it."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)
            if match := re.search(pattern, line):
                return match[1] if match.groups() else line
        pytest.fail(f"{pattern} is not in {''.join(self.lines)}")

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Stop the service by a signal; return its exit code and all that it wrote."""
        assert self.process.stdout is not None
        self.process.send_signal(number)
        self.lines += self.process.stdout
        return self.process.wait(), "".join(self.lines)


Start = Callable[..., Served]


@pytest.fixture
def start(artifacts: Path) -> Iterator[Start]:
    """Start services that serve Iris on any free port, and end them when the test does."""
    with ExitStack() as stack:

        def make(command: str = "runtime serve", **environ: str) -> Served:
            defaults = {"PORT": "0", "ARTIFACTS": str(artifacts), "DEFAULT_MODEL": "iris"}
            served = Served(command.split(), {**defaults, **environ})
            stack.callback(served.process.stdout.close)  # type: ignore[union-attr]
            stack.callback(served.process.wait)
            stack.callback(served.process.kill)
            return served

        yield make


def predict(address: str) -> int:
    """Return the prediction for a flower."""
    request = urllib.request.Request(f"{address}/predict", RECORD)
    request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request, timeout=60) as response:
        prediction: int = json.load(response)["prediction"]
    return prediction


def get(url: str) -> str:
    """Return what is at an address."""
    with urllib.request.urlopen(url, timeout=60) as response:
        text: str = response.read().decode()
    return text


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_stop_it_succeeds(start: Start, number: int) -> None:
    """Both by a container's stop and by a person's Ctrl-C; every line of the log is JSON."""
    served = start()
    address = served.wait_until(ADDRESS.pattern)
    assert predict(address) == 0
    code, output = served.end(number)
    assert code == 0
    logged = [json.loads(line) for line in output.splitlines()]
    assert [each["path"] for each in logged if each["message"] == "request"] == ["/predict"]


def test_a_request_in_flight_is_answered_first(start: Start) -> None:
    """Its body comes only after the service was told to stop."""
    served = start()
    address = served.wait_until(ADDRESS.pattern)
    host, port = address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall(
            b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(RECORD)
        )
        # The answer to another request shows that the service has read this one's headers.
        predict(address)
        served.process.send_signal(signal.SIGTERM)
        served.wait_until("Shutting down")
        connection.sendall(RECORD)
        answer = connection.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b'{"prediction":0,' in answer
    assert served.end()[0] == 0


def ask_until_told_to_leave(address: str) -> list[int]:
    """Send one request after the other on one connection; return the status of each answer."""
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=60)
    statuses = []
    while True:
        connection.request("POST", "/predict", RECORD)
        response = connection.getresponse()
        response.read()
        statuses.append(response.status)
        if response.will_close:
            return statuses


@pytest.mark.parametrize("workers", ["1", "2"])
def test_busy_clients_lose_nothing(start: Start, workers: str) -> None:
    """Those that keep their connections are told to leave, not cut off."""
    served = start(WORKERS=workers, LOG_LEVEL="info")
    address = served.wait_until(ADDRESS.pattern)
    with ThreadPoolExecutor(4) as pool:
        clients = [pool.submit(ask_until_told_to_leave, address) for _ in range(4)]
        for _ in range(100):
            served.wait_until('"path":"/predict"')
        code, output = served.end()
        answered = [client.result() for client in clients]
    assert code == 0
    assert {status for statuses in answered for status in statuses} == {200}
    assert output.count('"path":"/predict"') == sum(map(len, answered))


def test_a_connection_is_kept_for_as_long_as_is_set(start: Start) -> None:
    """Then the service closes it."""
    address = start(KEEP_ALIVE="1").wait_until(ADDRESS.pattern)
    host, port = address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall(request())
        began = time.monotonic()
        answer = connection.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert 0.9 < time.monotonic() - began < 60


@pytest.mark.parametrize("given", [False, True])
def test_those_who_wait_at_the_port_are_answered(artifacts: Path, given: bool) -> None:
    """Told to stop, the server takes connections that the event loop has not seen yet."""
    app = create_app(Settings.read({"ARTIFACTS": str(artifacts), "DEFAULT_MODEL": "iris"}))
    config = uvicorn.Config(app, http=DirectProtocol, port=0, log_config=None, access_log=False)
    config.load()
    stopped = Server(config)
    clients = []

    async def stop() -> None:
        stopped.lifespan = config.lifespan_class(config)
        listeners = [socket.create_server(("127.0.0.1", 0), backlog=200)] if given else None
        await stopped.startup(listeners)
        address = stopped.servers[0].sockets[0].getsockname()
        for _ in range(100):
            clients.append(socket.create_connection(address, timeout=60))
            clients[-1].sendall(request())
        with socket.create_connection(address) as gone:  # and resets its connection
            gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        await stopped.shutdown(listeners)

    uvloop.run(stop())
    answers = []
    for client in clients:
        with client, client.makefile("rb") as file:
            answers.append(file.read())
    assert len([each for each in answers if each.startswith(b"HTTP/1.1 200 OK\r\n")]) == 100


def test_an_idle_connection_does_not_keep_the_service(start: Start) -> None:
    """It is closed, though its client has not said goodbye."""
    served = start()
    address = served.wait_until(ADDRESS.pattern)
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=60)
    connection.request("GET", "/livez")
    assert connection.getresponse().read() == b'{"status":"live"}'
    assert served.end()[0] == 0
    connection.close()


def test_several_workers_count_together_and_leave_nothing(start: Start, tmp_path: Path) -> None:
    """Whichever worker is asked for the metrics; the folder of the counts is removed."""
    served = start(WORKERS="2", TMPDIR=str(tmp_path))
    address = served.wait_until(ADDRESS.pattern)
    threads = [threading.Thread(target=predict, args=(address,)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = get(f"{address}/metrics").splitlines()
    assert 'skiff_rows_total{model="iris",version="1"} 20.0' in lines
    assert 'skiff_model_info{model="iris",task="classification",version="1"} 1.0' in lines
    assert [path.name.startswith("skiff-metrics-") for path in tmp_path.iterdir()] == [True]
    code, output = served.end()
    assert code == 0
    assert "Traceback" not in output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("workers", ["1", "2"])
def test_it_listens_on_a_unix_socket(start: Start, tmp_path: Path, workers: str) -> None:
    """In place of one that an earlier run has left; the probe finds it ready."""
    path = tmp_path / "skiff.sock"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    served = start(UNIX_SOCKET=str(path), WORKERS=workers)
    served.wait_until(f"running on unix:{path}")
    while probe.main({"UNIX_SOCKET": str(path)}):
        assert served.process.poll() is None
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(path))
        connection.sendall(
            b"POST /predict HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
            % len(RECORD)
            + RECORD
        )
        answer = connection.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert served.end()[0] == 0


def test_a_socket_that_cannot_be_made_is_told(start: Start, tmp_path: Path) -> None:
    """The folder may be missing."""
    path = tmp_path / "absent" / "skiff.sock"
    output, _ = (served := start(UNIX_SOCKET=str(path))).process.communicate(timeout=60)
    assert served.process.returncode == 3
    assert f"Cannot listen on {path}: No such file or directory" in output


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_port_that_is_taken_is_told_at_once(start: Start, workers: str) -> None:
    """No worker tries again and again."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        served = start(PORT=str(taken.getsockname()[1]), WORKERS=workers)
        output, _ = served.process.communicate(timeout=60)
    assert served.process.returncode == 3
    assert "already in use" in output


def test_workers_that_cannot_start_are_not_started_for_ever(start: Start, tmp_path: Path) -> None:
    """The command ends; the log has the reason."""
    served = start(WORKERS="2", PROMETHEUS_MULTIPROC_DIR=str(tmp_path / "absent"))
    output, _ = served.process.communicate(timeout=60)
    assert served.process.returncode == 3
    assert "FileNotFoundError" in output
    assert "could not start; see above for why." in output


def test_uvicorn_serves_the_same_application(start: Start) -> None:
    """With the same settings, and the same log from the moment that it has started."""
    served = start("uvicorn runtime.app:app --port 0")
    address = served.wait_until(ADDRESS.pattern)
    assert predict(address) == 0
    _, output = served.end()
    (line,) = (line for line in output.splitlines() if '"message":"request"' in line)
    assert json.loads(line)["path"] == "/predict"
    assert '"POST /predict' not in output


def test_uvicorn_without_a_model_says_what_to_do(start: Start, tmp_path: Path) -> None:
    """It serves, and is not ready."""
    served = start("uvicorn runtime.app:app --port 0", ARTIFACTS=str(tmp_path), DEFAULT_MODEL="")
    served.wait_until(re.escape(f"Not ready. There is no model in {tmp_path}. To make one"))
    address = served.wait_until(ADDRESS.pattern)
    assert get(f"{address}/livez") == '{"status":"live"}'


def test_a_wrong_setting_ends_the_command(start: Start) -> None:
    """With exit code 2 and nothing but the message."""
    served = start(LOG_FORMAT="xml")
    output, _ = served.process.communicate(timeout=60)
    assert served.process.returncode == 2
    assert output == "LOG_FORMAT has the value 'xml'; expected one of json, text.\n"


def test_garbage_is_collected_while_it_serves(artifacts: Path) -> None:
    """The start runs without the collector; serving runs with it, past what was imported."""
    code = (
        "import gc, runpy, sys, uvicorn\n"
        "def run(_, __): print(gc.isenabled(), gc.get_freeze_count() > 10_000)\n"
        "uvicorn.Server.run = run\n"
        "sys.argv = ['runtime', 'serve']\n"
        "runpy.run_module('runtime', run_name='__main__')\n"
    )
    environ = {**os.environ, "ARTIFACTS": str(artifacts), "DEFAULT_MODEL": "iris"}
    command = [sys.executable, "-W", "ignore", "-c", code]
    result = subprocess.run(
        command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False
    )
    assert result.stdout == "True True\n"
