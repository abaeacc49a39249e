"""Clients in Go: package `<name>` with `client.go`, which calls the service, and `local.go`.

`local.go` runs the file through github.com/yalue/onnxruntime_go; delete it where that is not
wanted, and the rest needs nothing but the standard library. Both are as gofmt writes them.
"""

import re

from export.client.go.local import local
from export.client.go.service import service
from export.client.names import words
from runtime.manifest import Manifest

_RESERVED = re.findall(
    r"\w+",
    """
    break case chan const continue default defer else fallthrough for func go goto if import
    interface main map package range return select struct switch type var
""",
)


def generate(manifest: Manifest) -> dict[str, str]:
    """Return the text of each file by its name."""
    name = package(manifest)
    return {
        f"{name}/client.go": service(manifest, name),
        f"{name}/local.go": local(manifest, name),
    }


def package(manifest: Manifest) -> str:
    """Return the name of a model's package."""
    name = "".join(words(manifest.name)) or "model"
    return f"model{name}" if name[0].isdigit() or name in _RESERVED else name
