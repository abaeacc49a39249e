"""The artifact's files and the seal that closes `model.onnx`.

The seal is one metadata entry, `skiff.seal`, appended as the last field of the ONNX
protobuf: every ONNX reader takes it for ordinary metadata, and it holds the format and
the SHA-256 of all the bytes before it. So one file carries its own digest, and a file
that was truncated or changed after the export is told apart without parsing it.
"""

import hashlib
import os
import re
from pathlib import Path
from typing import BinaryIO

from runtime.errors import ArtifactError, FormatError
from runtime.manifest import FORMAT

MODEL_FILE = "model.onnx"
MANIFEST_FILE = "model.json"
VECTORS_FILE = "vectors.json"

MANIFEST_KEY = "skiff.manifest"
VECTORS_KEY = "skiff.vectors"
SEAL_KEY = "skiff.seal"

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_VERSION = re.compile(r"[1-9][0-9]{0,8}")

_METADATA_PROPS = 14  # field number in onnx.proto3's ModelProto
_SEAL = re.compile(rb"r.\x0a\x0askiff\.seal\x12.format=(\d+) sha256=([0-9a-f]{64})\Z", re.DOTALL)
_LONGEST_SEAL = 128
_CHUNK = 1 << 20


def seal(model: bytes) -> bytes:
    """Append the seal to a serialized ONNX model."""
    digest = hashlib.sha256(model).hexdigest()
    entry = _field(1, SEAL_KEY.encode()) + _field(2, f"format={FORMAT} sha256={digest}".encode())
    return model + _field(_METADATA_PROPS, entry)


def verify_seal(file: BinaryIO, path: Path) -> str:
    """Check the seal of an open file, which `path` names, and return the SHA-256 that it holds.

    Raises FormatError for another format, ArtifactError where the seal is absent (not an
    artifact, or truncated) or does not match the bytes before it.
    """
    end = max(0, file.seek(0, os.SEEK_END) - _LONGEST_SEAL)
    file.seek(end)
    match = _SEAL.search(file.read())
    if match is None:
        problem = "no seal at its end: it is truncated, or was not written by Skiff's export."
        raise ArtifactError(path, problem)
    if (found := int(match[1])) != FORMAT:
        raise FormatError(path, found, FORMAT)
    expected = match[2].decode()
    digest = _sha256(file, end + match.start())
    if digest != expected:
        problem = f"its SHA-256 is {digest}, sealed as {expected}: it was changed after the export."
        raise ArtifactError(path, problem)
    return digest


def find_models(folder: Path) -> dict[str, dict[int, Path]]:
    """Return the path of every version of every model in `folder`, newest first.

    They lie at `<name>/<version>/model.onnx`; anything else is ignored. A folder that is
    absent, or cannot be read, holds no models.
    """
    models = {}
    for path in _subfolders(folder, _NAME):
        versions = sorted((int(each.name) for each in _subfolders(path, _VERSION)), reverse=True)
        if versions:
            models[path.name] = {each: path / str(each) / MODEL_FILE for each in versions}
    return models


def locate(path: Path) -> Path:
    """Return the `model.onnx` at `path`: the file, or in the folder of a version or a model.

    Of a model's versions it is the newest. A folder of one model stands for that model.
    Raises ArtifactError where there is none.
    """
    models = find_models(path)
    if len(models) > 1:
        problem = f"it holds several models; name one: {', '.join(models)}."
        raise ArtifactError(path, problem)
    for versions in models.values():
        path = next(iter(versions.values()))
    if path.is_dir():
        numbers = sorted(int(each.name) for each in _subfolders(path, _VERSION))
        folder = path / str(numbers[-1]) if numbers else path
        path = folder / MODEL_FILE
    if not path.is_file():
        raise ArtifactError(path, "there is no such file.")
    return path


def _sha256(file: BinaryIO, size: int) -> str:
    """Return the digest of the first `size` bytes, of which few are in memory at once."""
    file.seek(0)
    digest = hashlib.sha256()
    for start in range(0, size, _CHUNK):
        digest.update(file.read(min(_CHUNK, size - start)))
    return digest.hexdigest()


def _subfolders(folder: Path, name: re.Pattern[str]) -> list[Path]:
    try:
        paths = sorted(folder.iterdir())
        return [path for path in paths if name.fullmatch(path.name) and path.is_dir()]
    except OSError:
        return []


def _field(number: int, payload: bytes) -> bytes:
    """Encode a length-delimited protobuf field of fewer than 128 bytes."""
    return bytes([number << 3 | 2, len(payload)]) + payload
