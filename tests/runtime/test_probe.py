"""Tests of runtime.probe, against servers that give one answer."""

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from runtime import probe

READY = b"HTTP/1.1 200 OK\r\nContent-Length: 18\r\n\r\n" + b'{"status":"ready"}'
NOT_READY = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 9\r\n\r\nNot ready"


@contextmanager
def answering(listener: socket.socket, answer: bytes) -> Iterator[list[bytes]]:
    """Answer one request at `listener`; yields what was asked, once it was."""
    asked: list[bytes] = []

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            asked.append(connection.recv(65536))
            connection.sendall(answer)

    with listener:
        listener.settimeout(30)
        thread = threading.Thread(target=serve)
        thread.start()
        yield asked
        thread.join()


@pytest.mark.parametrize(("answer", "code"), [(READY, 0), (NOT_READY, 1)], ids=["yes", "no"])
def test_it_asks_for_readiness(
    capsys: pytest.CaptureFixture[str], answer: bytes, code: int
) -> None:
    """A service that listens on every address is asked on the loopback interface."""
    listener = socket.create_server(("127.0.0.1", 0))
    port = str(listener.getsockname()[1])
    with answering(listener, answer) as asked:
        assert probe.main({"HOST": "0.0.0.0", "PORT": port}) == code  # noqa: S104 - not bound
    assert asked[0].startswith(b"GET /readyz HTTP/1.1\r\n")
    assert capsys.readouterr().err == ("Not ready\n" if code else "")


def test_it_asks_through_the_unix_socket(tmp_path: Path) -> None:
    """Where the service listens there."""
    path = tmp_path / "skiff.sock"
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()
    with answering(listener, READY):
        assert probe.main({"UNIX_SOCKET": str(path)}) == 0


def test_no_service_is_not_ready(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The message says why."""
    assert probe.main({"UNIX_SOCKET": str(tmp_path / "skiff.sock")}) == 1
    assert capsys.readouterr().err == "Not answered: [Errno 2] No such file or directory\n"


def test_what_is_no_http_is_not_ready(capsys: pytest.CaptureFixture[str]) -> None:
    """Something else may listen at the port."""
    listener = socket.create_server(("127.0.0.1", 0))
    port = str(listener.getsockname()[1])
    with answering(listener, b"SSH-2.0-OpenSSH\r\n"):
        assert probe.main({"PORT": port}) == 1
    assert capsys.readouterr().err == "Not answered: SSH-2.0-OpenSSH\r\n\n"


def test_a_wrong_setting_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    """The message is the one with which the service itself refuses to start."""
    assert probe.main({"PORT": "http"}) == 1
    assert capsys.readouterr().err == (
        "Not answered: PORT has the value 'http'; expected a whole number from 0 to 65535.\n"
    )


def test_it_imports_next_to_nothing() -> None:
    """It runs beside the service, within the same limit of memory."""
    code = (
        "import sys; before = set(sys.modules); import runtime.probe; "
        "new = {name for name in set(sys.modules) - before if name.startswith('runtime.')}; "
        "others = {'numpy', 'onnxruntime', 'msgspec', 'starlette', 'uvicorn'} & set(sys.modules); "
        "print(*sorted(new | others))"
    )
    line = [sys.executable, "-c", code]
    result = subprocess.run(line, check=True, capture_output=True, text=True)
    assert result.stdout == "runtime.config runtime.errors runtime.limits runtime.probe\n"
