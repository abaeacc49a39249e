"""The first model: where there is none to serve, export one, or say how to.

The export runs in a process of its own, as `python -m export` does for a person: this
package imports nothing of it.
"""

import logging
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from runtime.artifact import find_models
from runtime.errors import NoModelError

_EXPORT = ("export", "sklearn", "skl2onnx", "onnx")

_log = logging.getLogger(__name__)


def ensure_model(artifacts: Path, fallback: Path | None = None) -> None:
    """Export the default model into `artifacts` if there is none there, nor in `fallback`.

    Raises NoModelError where the export is not installed, or fails.
    """
    if find_models(artifacts) or (fallback is not None and find_models(fallback)):
        return
    if not can_export():
        raise NoModelError(artifacts, "the export is not installed here")
    _log.warning("No model in %s: exporting one first.", artifacts)
    command = [sys.executable, "-m", "export", "--out", str(artifacts)]
    # Standard output is for log lines.
    done = subprocess.run(command, check=False, stdout=sys.stderr)  # noqa: S603 - our own
    if done.returncode != 0:
        raise NoModelError(artifacts, f"the export ended with exit code {done.returncode}")


def can_export() -> bool:
    """Tell whether what the export needs is installed, without importing any of it."""
    return all(find_spec(module) is not None for module in _EXPORT)
