"""A running container, as a client and as its owner see it."""

import http.client
import json
import subprocess
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from image.engine import Engine
from runtime.probe import UnixConnection

IMAGE = "ml-api"
SECONDS_TO_START = 30
SECONDS_TO_ANSWER = 10
RESTRICTED = (
    "--read-only",
    "--cap-drop=all",
    "--security-opt=no-new-privileges",
    "--memory=128m",
    "--cpus=0.5",
)
"""What every test's container is held to, but for what a test says itself."""
CHECKED_OFTEN = ("--health-interval=1s", "--health-retries=1", "--health-start-period=0s")


@dataclass(frozen=True)
class Service:
    """A running container, and the port or the Unix socket that its service is published at."""

    engine: Engine
    container: str
    place: int | Path

    def request(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        """Send one request, an object as JSON; return status, headers and body."""
        sent = {"host": "localhost"}
        if body is not None and not isinstance(body, bytes):
            body, sent["content-type"] = json.dumps(body).encode(), "application/json"
        with closing(self.connect()) as connection:
            connection.request(method, path, body, sent | (headers or {}))
            response = connection.getresponse()
            received = {name.lower(): value for name, value in response.getheaders()}
            return response.status, received, response.read()

    def connect(self) -> http.client.HTTPConnection:
        """Return a connection that is made when it is first used."""
        if isinstance(self.place, Path):
            connection: http.client.HTTPConnection = UnixConnection(self.place)
            connection.timeout = SECONDS_TO_ANSWER
            return connection
        return http.client.HTTPConnection("127.0.0.1", self.place, timeout=SECONDS_TO_ANSWER)

    def json(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """Send one request and return its status and its decoded answer."""
        status, _, answer = self.request(method, path, body)
        return status, json.loads(answer)

    def logs(self) -> str:
        """Return what the service has written."""
        return self.engine.ask("logs", self.container)

    def wait(self) -> None:
        """Return when the service is ready; fail where it does not get so in time."""
        end = time.monotonic() + SECONDS_TO_START
        while time.monotonic() < end:
            try:
                if self.request("GET", "/readyz")[0] == 200:
                    return
            except (OSError, http.client.HTTPException):
                time.sleep(0.01)  # between two looks, not in place of one
        pytest.fail(f"not ready within {SECONDS_TO_START} s: {self.logs()}")


def health(engine: Engine, container: str) -> str:
    """Return what the image's health check finds out in the end: `healthy` or `unhealthy`.

    Docker checks by itself, podman by systemd, and where there is none when it is asked to.
    """
    end = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < end:
        status = engine.ask("inspect", "--format", "{{.State.Health.Status}}", container)
        if status in {"healthy", "unhealthy"}:
            return status
        if engine.command[0] == "podman":
            line = [*engine.command, "healthcheck", "run", container]
            subprocess.run(line, check=False, capture_output=True)
        else:
            time.sleep(0.1)  # between two looks, not in place of one
    pytest.fail(f"neither healthy nor unhealthy within {SECONDS_TO_START} s")
