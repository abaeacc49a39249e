"""A model that may answer requests: loaded, paired with its codec, self-checked and measured."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from runtime.columns import Columns
from runtime.config import UnknownFields
from runtime.manifest import Label
from runtime.model import Array, Model
from runtime.pace import Pace, measure
from runtime.payload import Batch, Codec
from runtime.selfcheck import self_check

_MOST_VALUES = 10_000
"""Values that are encoded at a time, which takes a millisecond."""


class Answer(NamedTuple):
    """The body of an answer, and what there is to count of it."""

    content: bytes
    rows: int
    labels: Sequence[Label]
    """What was predicted, where each row has one label."""


class Predictor:
    """A model, its codec and its pace."""

    def __init__(self, model: Model, codec: Codec, pace: Pace) -> None:
        self.model = model
        self.codec = codec
        self.columns = Columns(model.manifest, codec)
        self.pace = pace
        self.manifest = model.manifest
        self.label = f"{self.manifest.name}/{self.manifest.version}"
        """What logs call it: name and version."""
        self._bound = None if codec.limited else model.bind_row()
        outputs = self.manifest.outputs
        self._labelled = any(each.name == "label" and each.columns is None for each in outputs)
        values = sum(each.columns or 1 for each in outputs)
        self.most = max(1, min(_MOST_VALUES // values, pace.most))
        """Rows of a long body that are answered at a time."""

    def answer(self, body: bytes) -> Answer:
        """Answer the body of a request. Thread-safe.

        Raises MalformedError or PayloadError for a body that does not fit the signature.
        """
        return self.answer_batch(self.codec.decode(body))

    def answer_batch(self, batch: Batch) -> Answer:
        """Answer the records of one request. Thread-safe."""
        return self.finish(self.model.run(batch.tensors), batch.rows, batch.single)

    def finish(self, outputs: Mapping[str, Array], rows: int, single: bool) -> Answer:
        """Encode what the model has answered. Thread-safe."""
        return Answer(self.codec.encode(outputs, single), rows, self.labels(outputs))

    def answer_each(self, rows: Sequence[msgspec.Struct]) -> list[Answer]:
        """Answer rows of several requests, computed together. Thread-safe.

        Raises PayloadError where one of them has a number that is not answered.
        """
        outputs = self.model.run(self.codec.batch(rows).tensors)
        labels = self.labels(outputs)
        return [
            Answer(content, 1, labels[place : place + 1])
            for place, content in enumerate(self.codec.encode_each(outputs))
        ]

    def answer_row(self, row: msgspec.Struct) -> Answer:
        """Answer one row, quicker than `answer_each`; for one thread, the event loop's."""
        bound = self._bound
        if bound is None:
            return self.answer_batch(self.codec.batch([row], single=True))
        self.codec.fill(row, bound.inputs)
        outputs = bound.run()
        labels = outputs["label"] if self._labelled else ()
        return Answer(self.codec.encode_row(outputs), 1, labels)

    def labels(self, outputs: Mapping[str, Array]) -> Sequence[Label]:
        """Return what was predicted, where each row has one label."""
        labels: list[Label] = outputs["label"].tolist() if self._labelled else []
        return labels

    @classmethod
    def load(
        cls,
        path: Path,
        threads: int = 1,
        unknown_fields: UnknownFields = "reject",
        batching: bool = True,
    ) -> "Predictor":
        """Load `path`, a `model.onnx`, check it and measure it.

        Raises ArtifactError where the file is not a sound artifact or does not answer its
        golden rows as scikit-learn did.
        """
        model = Model.load(path, threads)
        # Golden rows have no field that is unknown, so they are always read strictly.
        codec = Codec(model.manifest)
        self_check(model, codec)
        pace = measure(model, codec.tensors(model.vectors.rows), batching)
        if model.block > 1:
            self_check(model, codec)
        return cls(model, Codec(model.manifest, unknown_fields), pace)
