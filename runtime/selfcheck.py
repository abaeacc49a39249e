"""The self-check: a model answers its golden rows as scikit-learn did, or is not served.

The rows take the way of a request: through the codec, into the session that will serve.
"""

import numpy as np

from runtime.comparison import Array, compare
from runtime.errors import PayloadError, SelfCheckError
from runtime.manifest import Tensor
from runtime.model import Model
from runtime.payload import Codec


def self_check(model: Model, codec: Codec) -> int:
    """Replay the golden rows of `model` and return how many there are.

    Raises SelfCheckError, naming the worst row, unless every label is equal and every number
    within the tolerance that parity was measured with.
    """
    manifest, vectors = model.manifest, model.vectors
    if not vectors.rows:
        raise SelfCheckError(model.path, "it has no golden rows to replay.")
    actual = _answers(model, codec)
    for output in manifest.outputs:
        expected = _expected(model, output)
        found = actual[output.name]
        if expected.shape != found.shape:
            problem = f"{output.name}: the golden answers have the shape {expected.shape}, "
            raise SelfCheckError(model.path, f"{problem}the model's {found.shape}.")
        magnitudes = {output.name: output.magnitude}
        difference = compare({output.name: expected}, {output.name: found}, magnitudes)
        if not difference.within(manifest.parity.tolerance):
            row = difference.worst[0]
            problem = (
                f"{output.name} of golden row {row}: expected {expected.tolist()[row]}, "
                f"got {found.tolist()[row]} (tolerance {manifest.parity.tolerance:g})."
            )
            raise SelfCheckError(model.path, f"it does not answer as scikit-learn did. {problem}")
    return len(vectors.rows)


def _answers(model: Model, codec: Codec) -> dict[str, Array]:
    """Return what the model answers to its golden rows."""
    try:
        return model.run(codec.tensors(model.vectors.rows))
    except PayloadError as error:
        problem = f"its golden rows do not fit its signature: {error}"
        raise SelfCheckError(model.path, problem) from None
    except Exception as error:  # noqa: BLE001 - onnxruntime raises a dozen unrelated types
        raise SelfCheckError(model.path, f"it cannot answer its golden rows: {error}") from None


def _expected(model: Model, output: Tensor) -> Array:
    """Return golden answers as the array that the graph would give; null is NaN."""
    dtype = object if output.dtype == "string" else output.dtype
    try:
        return np.array(model.vectors.outputs.get(output.name, []), dtype=dtype)
    except (TypeError, ValueError) as error:
        problem = f"{output.name}: its golden answers cannot be read: {error}"
        raise SelfCheckError(model.path, problem) from None
