"""A model that may answer requests: loaded, paired with its codec, and self-checked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from runtime.config import UnknownFields
from runtime.manifest import Label, Manifest
from runtime.model import Array, BoundRow, Model
from runtime.payload import Codec
from runtime.selfcheck import self_check


class Answer(NamedTuple):
    """The body of an answer, and what there is to count of it."""

    content: bytes
    rows: int
    labels: Sequence[Label]
    """What was predicted, where each row has one label."""


@dataclass(frozen=True, slots=True)
class Predictor:
    """A model and its codec."""

    model: Model
    codec: Codec
    row: BoundRow | None = None
    """What `answer_inline` computes single rows with, where the model has numbers only."""
    slow: bool = False
    """Whether a row takes so long that other requests should not wait for it."""

    def answer(self, body: bytes) -> Answer:
        """Answer the body of a request. Thread-safe.

        Raises MalformedError or PayloadError for a body that does not fit the signature.
        """
        batch = self.codec.decode(body)
        outputs = self.model.run(batch.tensors)
        content = self.codec.encode(outputs, batch.single)
        return Answer(content, batch.rows, _labels(outputs))

    def answer_inline(self, body: bytes) -> Answer:
        """Answer as `answer` does, quicker for one row; for one thread, the event loop's."""
        row = self.row
        if row is None or not self.codec.fill(body, row.inputs):
            return self.answer(body)
        row.run()
        return Answer(self.codec.encode(row.outputs, single=True), 1, _labels(row.outputs))

    @property
    def manifest(self) -> Manifest:
        """The manifest of the model."""
        return self.model.manifest

    @classmethod
    def load(
        cls, path: Path, threads: int = 1, unknown_fields: UnknownFields = "reject"
    ) -> "Predictor":
        """Load `path`, a `model.onnx`, and check it.

        Raises ArtifactError where the file is not a sound artifact or does not answer its
        golden rows as scikit-learn did.
        """
        model = Model.load(path, threads)
        # Golden rows have no field that is unknown, so they are always read strictly.
        self_check(model, Codec(model.manifest))
        return cls(model, Codec(model.manifest, unknown_fields), model.bind_row())

    @property
    def label(self) -> str:
        """What logs call it: name and version."""
        return f"{self.manifest.name}/{self.manifest.version}"


def _labels(outputs: Mapping[str, Array]) -> Sequence[Label]:
    labels = outputs.get("label")
    if labels is None or labels.ndim != 1:
        return ()
    values: list[Label] = labels.tolist()
    return values
