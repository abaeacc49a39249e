"""Clients in Go: package `<name>` with `client.go`, which calls the service, and `local.go`.

`local.go` runs the file through github.com/yalue/onnxruntime_go; delete it where that is not
wanted, and the rest needs nothing but the standard library. Both are as gofmt writes them.
"""

import re

from export.client.go.local import local
from export.client.go.service import service
from export.client.names import words
from runtime.manifest import Manifest

_KEYWORDS = re.findall(
    r"\w+",
    """
    break case chan const continue default defer else fallthrough for func go goto if import
    interface map package range return select struct switch type var
""",
)


def generate(manifest: Manifest) -> dict[str, str]:
    """Return the text of each file by its name."""
    package = "".join(words(manifest.name)) or "model"
    if package[0].isdigit() or package in _KEYWORDS:
        package = f"model{package}"
    return {
        f"{package}/client.go": service(manifest, package),
        f"{package}/local.go": local(manifest, package),
    }
