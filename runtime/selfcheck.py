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
    try:
        tensors = codec.tensors(vectors.rows)
    except PayloadError as error:
        problem = f"its golden rows do not fit its signature: {error}"
        raise SelfCheckError(model.path, problem) from None
    actual = model.run(tensors)
    for output in manifest.outputs:
        expected = _array(vectors.outputs.get(output.name, []), output)
        found = actual[output.name]
        if expected.shape != found.shape:
            problem = f"{output.name}: the golden answers have the shape {expected.shape}, "
            raise SelfCheckError(model.path, f"{problem}the model's {found.shape}.")
        magnitudes = {output.name: output.magnitude}
        difference = compare({output.name: expected}, {output.name: found}, magnitudes)
        if not difference.within(manifest.parity.tolerance):
            row = difference.worst[0]
            problem = (
                f"{output.name} of golden row {row}: expected {expected[row].tolist()}, "
                f"got {found[row].tolist()} (tolerance {manifest.parity.tolerance:g})."
            )
            raise SelfCheckError(model.path, f"it does not answer as scikit-learn did. {problem}")
    return len(vectors.rows)


def _array(values: list[object], output: Tensor) -> Array:
    """Return golden answers as the array that the graph would give; null is NaN."""
    if output.dtype == "string":
        return np.array(values, dtype=object)
    return np.array(values, dtype=np.dtype(output.dtype))
