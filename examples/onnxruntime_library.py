"""Print the path of ONNX Runtime's shared library, as PyPI's wheel brings it.

ONNX Runtime is not imported: that would start its telemetry.
"""

import sys
from importlib.util import find_spec
from pathlib import Path


def library() -> Path:
    """Return the path. Raises FileNotFoundError where no wheel of onnxruntime is installed."""
    spec = find_spec("onnxruntime")
    if spec is None or spec.origin is None:
        raise FileNotFoundError(f"onnxruntime is not installed for {sys.executable}")
    folder = Path(spec.origin).parent / "capi"
    found = [path for path in folder.glob("*onnxruntime.*") if path.suffix not in {".py", ".pyi"}]
    if len(found) != 1:
        raise FileNotFoundError(f"{folder}: expected one libonnxruntime; found {found}")
    return found[0]


if __name__ == "__main__":
    print(library())
