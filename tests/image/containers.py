"""A running container, as a client and as its owner see it."""

import http.client
import json
import time
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import pytest

from image.engine import Engine

IMAGE = "ml-api"
SECONDS_TO_START = 30
RESTRICTED = (
    "--read-only",
    "--cap-drop=all",
    "--security-opt=no-new-privileges",
    "--memory=128m",
    "--cpus=0.5",
)


@dataclass(frozen=True)
class Service:
    """A running container and the port that its service is published at."""

    engine: Engine
    container: str
    port: int

    def request(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        """Send one request, an object as JSON; return status, headers and body."""
        sent = {"host": "localhost"}
        if body is not None and not isinstance(body, bytes):
            body, sent["content-type"] = json.dumps(body).encode(), "application/json"
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)) as connection:
            connection.request(method, path, body, sent | (headers or {}))
            response = connection.getresponse()
            received = {name.lower(): value for name, value in response.getheaders()}
            return response.status, received, response.read()

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
