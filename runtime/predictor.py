"""A model that may answer requests: loaded, paired with its codec, self-checked and measured."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

from runtime.columns import Columns
from runtime.config import UnknownFields
from runtime.manifest import Label
from runtime.model import Array, Model
from runtime.pace import Pace, measure
from runtime.payload import Batch, Codec
from runtime.selfcheck import self_check

_MOST_VALUES = 10_000
"""Values that are encoded at a time, which takes a millisecond."""

_FEW = 100
"""Labels up to which Python counts them sooner than numpy."""


class Answer(NamedTuple):
    """The body of an answer, and what there is to count of it."""

    content: bytes
    rows: int
    counts: Mapping[Label, int]
    """How often each label was predicted, where each row has one."""


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
        example = codec.tensors(model.vectors.rows[:1])
        self._bound = model.bind_row(example)
        outputs = self.manifest.outputs
        self._labelled = any(each.name == "label" and each.columns is None for each in outputs)
        values = sum(each.columns or 1 for each in outputs)
        self.most = max(1, min(_MOST_VALUES // values, pace.most))
        """Rows of a long body that are answered at a time."""
        self._characters = _characters(model) if self.manifest.memory else None
        """Of a golden row, on the average; None where time does not depend on them."""

    def brief(self, batch: Batch) -> bool:
        """Tell whether other requests may wait while a batch is computed.

        Texts that are longer than those that were measured count as several rows.
        """
        rows = batch.rows
        if self._characters is not None:
            found = sum(map(len, batch.tensors["string"].reshape(-1)))
            rows = max(rows, int(found / self._characters))
        return self.pace.brief(rows)

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
        return Answer(self.codec.encode(outputs, single), rows, self.counts(outputs))

    def answer_each(self, rows: Sequence[msgspec.Struct]) -> list[Answer]:
        """Answer rows of several requests, computed together. Thread-safe.

        Raises PayloadError where one of them has a number that is not answered.
        """
        outputs = self.model.run(self.codec.batch(rows).tensors)
        contents = self.codec.encode_each(outputs)
        if not self._labelled:
            return [Answer(content, 1, {}) for content in contents]
        labels: list[Label] = outputs["label"].tolist()
        return [
            Answer(content, 1, {label: 1}) for content, label in zip(contents, labels, strict=True)
        ]

    def answer_row(self, row: msgspec.Struct) -> Answer:
        """Answer one row, quicker than `answer_each`; for one thread, the event loop's."""
        bound = self._bound
        if bound is None:
            return self.answer_batch(self.codec.batch([row], single=True))
        self.codec.fill(row, bound.inputs)
        outputs = bound.run()
        counts = {outputs["label"][0]: 1} if self._labelled else {}
        return Answer(self.codec.encode_row(outputs), 1, counts)

    def counts(self, outputs: Mapping[str, Array]) -> Mapping[Label, int]:
        """Return how often each label was predicted, where each row has one."""
        if not self._labelled:
            return {}
        labels = outputs["label"]
        if labels.dtype == object or len(labels) <= _FEW:
            return Counter(labels.tolist())
        values, counts = np.unique(labels, return_counts=True)
        return dict(zip(values.tolist(), counts.tolist(), strict=True))

    @classmethod
    def load(
        cls,
        path: Path,
        threads: int = 1,
        unknown_fields: UnknownFields = "reject",
        batching: bool = True,
        room: int | None = None,
    ) -> "Predictor":
        """Load `path`, a `model.onnx`, check it and measure it.

        `room` is how many bytes of memory a run may take, where its texts decide that.
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
        if room is not None:
            model.confine(room)
        return cls(model, Codec(model.manifest, unknown_fields), pace)


def _characters(model: Model) -> float:
    """Return how many characters the texts of a golden row have on the average, at least 1."""
    rows = model.vectors.rows
    texts = (value for row in rows for value in row.values() if isinstance(value, str))
    return max(1.0, sum(map(len, texts)) / len(rows))
