"""A model that may answer requests: loaded, paired with its codec, and self-checked."""

from dataclasses import dataclass
from pathlib import Path

from runtime.config import UnknownFields
from runtime.manifest import Manifest
from runtime.model import Model
from runtime.payload import Codec
from runtime.selfcheck import self_check


@dataclass(frozen=True, slots=True)
class Predictor:
    """A model and its codec. Thread-safe."""

    model: Model
    codec: Codec

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
        return cls(model, Codec(model.manifest, unknown_fields))

    @property
    def label(self) -> str:
        """What logs call it: name and version."""
        return f"{self.manifest.name}/{self.manifest.version}"
