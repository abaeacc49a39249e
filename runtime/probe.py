"""`python -m runtime.probe`: ask the service beside it whether it is ready, for a health check.

The settings say where it listens. Exits with 0 if it is ready; otherwise with 1, and says why.
Imports next to nothing: it runs every few seconds, within the memory that the service may use.
"""

import http.client
import socket
import sys
from collections.abc import Mapping
from contextlib import closing
from os import environ
from pathlib import Path

from runtime.config import Settings
from runtime.errors import ConfigError

_SECONDS = 4.0
_EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - recognized, not bound


class UnixConnection(http.client.HTTPConnection):
    """A connection through a socket that is a file."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=_SECONDS)
        self._path = path

    def connect(self) -> None:
        """Connect to the file."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def main(environment: Mapping[str, str] = environ) -> int:
    """Return 0 if the service of these settings is ready."""
    try:
        with closing(_connection(Settings.read(environment))) as connection:
            connection.request("GET", "/readyz")
            response = connection.getresponse()
            answer = response.read().decode()
    except (ConfigError, OSError, http.client.HTTPException) as error:
        print(f"Not answered: {error}", file=sys.stderr)
        return 1
    if response.status != 200:
        print(answer, file=sys.stderr)
        return 1
    return 0


def _connection(settings: Settings) -> http.client.HTTPConnection:
    if settings.unix_socket is not None:
        return UnixConnection(settings.unix_socket)
    host = _EVERY_ADDRESS.get(settings.host, settings.host)
    return http.client.HTTPConnection(host, settings.port, timeout=_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
