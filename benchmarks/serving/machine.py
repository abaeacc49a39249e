"""What a run was made on, and of which versions."""

import os
import platform
import re
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

_PEERS = Path(__file__).parent / "peers"
_PEER = re.compile(
    r"^(bentoml|fastapi|litserve|mlflow|mlserver|ray|vetiver)(?:\[.*\])?==(\S+)", re.MULTILINE
)
_OURS = ("msgspec", "numpy", "onnxruntime", "scikit-learn", "starlette", "uvicorn", "uvloop")


def describe() -> dict[str, Any]:
    """Return date, machine, and the versions of everything that is there."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.release()}, Python {platform.python_version()}",
        "versions": {name: version(name) for name in _OURS} | _pinned(),
    }


def _pinned() -> dict[str, str]:
    """Return the versions of the peers, each from its own pins."""
    found = {}
    for pins in sorted(_PEERS.glob("*/requirements.txt")):
        package = "fastapi" if pins.parent.name == "tutorial" else pins.parent.name
        versions = dict(_PEER.findall(pins.read_text(encoding="utf-8")))
        found[package] = versions[package]
    return found


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()
