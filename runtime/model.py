"""One model in memory: its session, its manifest and its golden rows.

The only importer of onnxruntime. Knows nothing of JSON, HTTP or folders.
"""

import ctypes
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any

# ONNX Runtime uploads telemetry unless this is set before its first import.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import numpy as np
import onnxruntime as ort  # noqa: TID251 - here and nowhere else
from msgspec.structs import replace
from numpy.typing import NDArray

from runtime.artifact import MANIFEST_KEY, SEAL_KEY, VECTORS_KEY, verify_seal
from runtime.errors import ArtifactError
from runtime.manifest import Manifest, Memory, Tensor, Vectors, decode

Array = NDArray[Any]

MOST_BYTES = 256 << 20
"""Memory that a run of a model of text may take, unless a single row takes more."""

_MOST_NUMBERS = 1 << 16
"""Numbers of a table inside the graph that are computed at once: they stay in the processor's
cache, without which a search among rows of training takes several times as long."""

_ROWS = 8
"""Rows are computed at once in multiples of this where there are many, as `runtime.pace` may want
it."""

_ALIGNMENT = 64
"""Bytes at whose multiples tensors begin: which numbers are computed together goes by that."""

_TYPES = {"float64": "tensor(double)", "int64": "tensor(int64)", "string": "tensor(string)"}


class Model:
    """A loaded artifact. Thread-safe: one session answers any number of threads."""

    def __init__(self, session: ort.InferenceSession, path: Path, digest: str) -> None:
        metadata = session.get_modelmeta().custom_metadata_map
        if not _entry(metadata, SEAL_KEY, path).endswith(digest.encode()):
            raise ArtifactError(path, "it was replaced by another while it was loaded.")
        self.path = path
        self.digest = digest
        self.manifest = decode(_entry(metadata, MANIFEST_KEY, path), Manifest, path)
        self.vectors = decode(_entry(metadata, VECTORS_KEY, path), Vectors, path)
        self.block = 1
        """Rows are computed in multiples of this, as `runtime.pace` finds right."""
        self._session = session
        self._outputs = [output.name for output in self.manifest.outputs]
        self._most_bytes = MOST_BYTES
        self._most_rows = max(_MOST_NUMBERS // self.manifest.width // _ROWS, 1) * _ROWS
        _check_graph(session, self.manifest, path)

    @classmethod
    def load(cls, path: Path, threads: int = 1) -> "Model":
        """Load `path`, a sealed `model.onnx`, to compute with `threads` threads.

        Raises ArtifactError where the file is missing, truncated, changed, of another
        format, or does not hold what its manifest says.
        """
        try:
            with path.open("rb") as file:
                digest = verify_seal(file, path)
        except OSError as error:
            raise ArtifactError(path, f"cannot be read: {error.strerror}.") from None
        session = _session(str(path), path, threads)
        _give_memory_back()
        return cls(session, path, digest)

    @classmethod
    def from_bytes(cls, data: bytes, path: Path, threads: int = 1) -> "Model":
        """Load from the bytes of a sealed model; `path` names them in errors."""
        digest = verify_seal(BytesIO(data), path)
        return cls(_session(data, path, threads), path, digest)

    def confine(self, room: int) -> None:
        """Let no run take more than `room` bytes where the model is of text.

        The manifest then has that longer texts are refused.
        """
        memory, features = self.manifest.memory, self.manifest.features
        if memory is None:
            return
        texts = sum(feature.longest is not None for feature in features)
        longest = memory.longest(room // max(1, texts)) or 0
        features = tuple(
            replace(each, longest=min(each.longest, longest)) if each.longest is not None else each
            for each in features
        )
        self.manifest = replace(self.manifest, features=features)
        self._most_bytes = min(MOST_BYTES, room)

    def run(self, tensors: Mapping[str, Array]) -> dict[str, Array]:
        """Answer N rows: input tensors by name, `[N, columns]` each, to outputs by name.

        Inputs are float64 (`numeric`, a missing value being NaN) and object arrays of str
        (`string`, a missing value being `manifest.MISSING_STRING`).
        """
        memory = self.manifest.memory
        if memory is None:
            return self._run(tensors)
        lengths = _lengths(tensors["string"])
        most = self._most_bytes
        if memory.needed(len(lengths), lengths.max(initial=0)) <= most:
            return self._run(tensors)
        # A table is as wide as its longest text, so texts of one length are computed together.
        order = np.argsort(lengths, kind="stable")
        parts = [
            self._run({name: tensor[order[start:stop]] for name, tensor in tensors.items()})
            for start, stop in _batches(lengths[order].tolist(), memory, most)
        ]
        back = np.argsort(order)
        return {
            name: np.concatenate([part[name] for part in parts])[back] for name in self._outputs
        }

    def _run(self, tensors: Mapping[str, Array]) -> dict[str, Array]:
        rows = len(next(iter(tensors.values())))
        if rows <= self._most_rows:
            return self._run_at_once(tensors, rows)
        starts = range(0, rows, self._most_rows)
        parts = [
            self._run_at_once(
                {name: each[start : start + self._most_rows] for name, each in tensors.items()},
                min(self._most_rows, rows - start),
            )
            for start in starts
        ]
        return {name: np.concatenate([part[name] for part in parts]) for name in self._outputs}

    def _run_at_once(self, tensors: Mapping[str, Array], rows: int) -> dict[str, Array]:
        if rows % self.block:
            places = np.arange(rows - rows % -self.block)
            tensors = {name: each.take(places, 0, mode="clip") for name, each in tensors.items()}
        outputs = self._session.run(self._outputs, tensors)
        return {name: each[:rows] for name, each in zip(self._outputs, outputs, strict=True)}

    def bind_row(self, example: Mapping[str, Array]) -> "BoundRow | None":
        """Return a way to answer single rows through tensors that are made once.

        `example` is a row that the model answers: what stands beside a row is that, as the graph
        may refuse zeros.
        None where a tensor holds strings, for which ONNX Runtime takes no memory of ours.
        """
        manifest = self.manifest
        if any(each.dtype == "string" for each in (*manifest.inputs, *manifest.outputs)):
            return None
        return BoundRow(self._session, manifest, self.block, example)


class BoundRow:
    """One row's tensors, bound to a session: saves making them for every request.

    Not thread-safe: whoever has it fills `inputs`, runs, and reads before the next.
    """

    def __init__(
        self,
        session: ort.InferenceSession,
        manifest: Manifest,
        block: int,
        example: Mapping[str, Array],
    ) -> None:
        inputs = {each.name: _zeros(each, block) for each in manifest.inputs}
        outputs = {each.name: _zeros(each, block) for each in manifest.outputs}
        for name, array in inputs.items():
            array[:] = example[name][:1]
        self.inputs = {name: array[:1] for name, array in inputs.items()}
        self._outputs = [(name, array[:1].reshape(-1)) for name, array in outputs.items()]
        self._session = session
        self._binding = session.io_binding()
        for bind, tensors in (
            (self._binding.bind_input, inputs),
            (self._binding.bind_output, outputs),
        ):
            for name, array in tensors.items():
                bind(name, "cpu", 0, array.dtype.type, array.shape, array.ctypes.data)

    def run(self) -> dict[str, list[Any]]:
        """Return the outputs for what is in `inputs`, each as a list of its columns."""
        self._session.run_with_iobinding(self._binding)
        return {name: array.tolist() for name, array in self._outputs}


def _session(source: str | bytes, path: Path, threads: int) -> ort.InferenceSession:
    """Start a session of a file, read without a copy of it in memory, or of bytes."""
    try:
        return ort.InferenceSession(
            source, session_options(threads), providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # noqa: BLE001 - onnxruntime raises a dozen unrelated types
        raise ArtifactError(path, f"ONNX Runtime cannot load it: {error}") from None


def _give_memory_back() -> None:
    """Tell the C library, where it is glibc, to return to the system what was freed.

    Of a forest of 185 MB, parsing leaves 245 MB that would stay.
    """
    with suppress(AttributeError, OSError, TypeError):  # other libraries have no such function
        ctypes.CDLL(None).malloc_trim(0)


def session_options(threads: int) -> ort.SessionOptions:
    """Return the options that serve, and so the options that parity is measured with."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    return options


def _zeros(tensor: Tensor, rows: int) -> Array:
    """Make a tensor of so many rows, placed in memory as ONNX Runtime places its own."""
    shape = (rows,) if tensor.columns is None else (rows, tensor.columns)
    dtype = np.dtype(tensor.dtype)
    size = math.prod(shape) * dtype.itemsize
    memory = np.zeros(size + _ALIGNMENT, np.uint8)
    start = -memory.ctypes.data % _ALIGNMENT
    return memory[start : start + size].view(dtype).reshape(shape)


def _lengths(texts: Array) -> Array:
    """Return how many characters each row [N, columns] of texts has."""
    lengths = np.fromiter(map(len, texts.reshape(-1)), np.int64, texts.size)
    total: Array = lengths.reshape(texts.shape).sum(axis=1)
    return total


def _batches(lengths: Sequence[int], memory: Memory, most: int) -> Iterator[tuple[int, int]]:
    """Yield the bounds of runs of rows that take `most` bytes at most; one row at least.

    `lengths` are those of the rows' texts, the shortest first.
    """
    start = 0
    for row, longest in enumerate(lengths):
        if row > start and memory.needed(row + 1 - start, longest) > most:
            yield start, row
            start = row
    yield start, len(lengths)


def _entry(metadata: Mapping[str, str], key: str, path: Path) -> bytes:
    try:
        return metadata[key].encode()
    except KeyError:
        raise ArtifactError(path, f"its metadata has no {key!r}.") from None


def _check_graph(session: ort.InferenceSession, manifest: Manifest, path: Path) -> None:
    """Refuse a graph whose tensors are not those of its manifest."""
    for kind, nodes, tensors in (
        ("inputs", session.get_inputs(), manifest.inputs),
        ("outputs", session.get_outputs(), manifest.outputs),
    ):
        declared = {tensor.name: _TYPES[tensor.dtype] for tensor in tensors}
        found = {node.name: node.type for node in nodes}
        if declared != found:
            raise ArtifactError(path, f"its {kind} are {found}; its manifest says {declared}.")
