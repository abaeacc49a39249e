"""Write an artifact: the same model and manifest, the same bytes; whole, or not at all."""

import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

import onnx

from export.errors import ExportError
from runtime.artifact import (
    MANIFEST_FILE,
    MANIFEST_KEY,
    MODEL_FILE,
    VECTORS_FILE,
    VECTORS_KEY,
    seal,
)
from runtime.manifest import Manifest, Vectors, encode

REPORT_FILE = "report.html"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_VERSION = re.compile(r"[1-9][0-9]*")


def sealed(model: onnx.ModelProto, manifest: Manifest, vectors: Vectors) -> bytes:
    """Return the bytes of `model.onnx`: the graph, its metadata, and the seal at the end."""
    whole = onnx.ModelProto()
    whole.CopyFrom(model)
    for key, document in ((MANIFEST_KEY, manifest), (VECTORS_KEY, vectors)):
        whole.metadata_props.add(key=key, value=encode(document).decode())
    return seal(whole.SerializeToString(deterministic=True))


def write(folder: Path, model: bytes, manifest: Manifest, vectors: Vectors, page: str) -> Path:
    """Write the four files as `folder/<name>/<version>/` and return that path.

    They are written aside and renamed, so a run that is killed leaves no half version.
    Raises ExportError where the version exists already.
    """
    target = folder / manifest.name / str(manifest.version)
    files = {
        MODEL_FILE: model,
        MANIFEST_FILE: encode(manifest),
        VECTORS_FILE: encode(vectors),
        REPORT_FILE: page.encode(),
    }
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=".partial-", dir=target.parent))
        try:
            for name, content in files.items():
                (aside / name).write_bytes(content)
            aside.chmod(0o755)
            aside.rename(target)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    except OSError as error:
        raise ExportError(f"{target}: cannot be written: {error.strerror}.") from None
    return target


def check_place(folder: Path, name: str, version: int | None) -> int:
    """Return the version to write, the next one for None, before any time is spent.

    Raises ExportError where the name or the version cannot be used, the version exists
    already, or nothing can be written there.
    """
    check_name(name)
    version = next_version(folder, name) if version is None else version
    if not _VERSION.fullmatch(str(version)):
        raise ExportError(f"The version {version!r} cannot be used; expected a positive integer.")
    target = folder / name / str(version)
    if target.exists():
        raise ExportError(f"{target} exists already; choose another version.")
    nearest = next(parent for parent in target.absolute().parents if parent.exists())
    if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
        raise ExportError(f"{target}: cannot be written: {nearest} is no folder to write to.")
    return int(version)


def next_version(folder: Path, name: str) -> int:
    """Return one more than the newest version of `name` in `folder`; 1 where there is none."""
    try:
        entries = [entry.name for entry in (folder / name).iterdir()]
    except OSError:
        return 1
    return max((int(entry) for entry in entries if _VERSION.fullmatch(entry)), default=0) + 1


def check_name(name: Any) -> str:
    """Return `name` if it can name a folder and a route. Raises ExportError where it cannot."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        expected = (
            "letters, digits, '.', '_' and '-', at most 128, beginning with a letter or digit"
        )
        raise ExportError(f"The name {name!r} cannot be used; expected {expected}.")
    return name
