"""Replay artifacts in Python: `python -m examples.engines skiff|reference|tract FOLDER...`.

`skiff` is the service's own way through ONNX Runtime. The other two are engines that share no
code with it: ONNX's reference evaluator, in Python and numpy, and tract, in Rust. A model with
an operator that an engine lacks is named, not failed.
"""

import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from examples.languages import PACKAGES, RELATIVE
from runtime.artifact import VECTORS_FILE
from runtime.comparison import Difference, compare
from runtime.manifest import Tensor, Vectors, decode
from runtime.model import Model
from runtime.payload import Codec

Arrays = dict[str, NDArray[Any]]


class LackingError(Exception):
    """An engine cannot run a graph; the message says what it lacks."""


def skiff(model: Model, tensors: Arrays) -> Arrays:
    """Answer as the service does."""
    return model.run(tensors)


def reference(model: Model, tensors: Arrays) -> Arrays:
    """Answer with ONNX's reference evaluator."""
    from onnx.reference import ReferenceEvaluator

    names = [output.name for output in model.manifest.outputs]
    try:
        evaluator = ReferenceEvaluator(str(model.path))
    except NotImplementedError as error:
        lacking = re.findall(r"type '(\w+)'|(\w+) \(", str(error)) or [(str(error), "")]
        raise LackingError(lacking[0][0] or lacking[0][1]) from None
    return dict(zip(names, evaluator.run(names, tensors), strict=True))


def tract(model: Model, tensors: Arrays) -> Arrays:
    """Answer with tract, which has no strings."""
    sys.path.append(str(PACKAGES))
    import tract as engine

    manifest = model.manifest
    if any(tensor.dtype == "string" for tensor in (*manifest.inputs, *manifest.outputs)):
        raise LackingError("string tensors")
    try:
        loaded = engine.onnx().load(str(model.path))
        for index, array in enumerate(tensors.values()):
            rows, columns = array.shape
            loaded.set_input_fact(index, f"{rows},{columns},f64")
        outputs = loaded.into_model().into_runnable().run(list(tensors.values()))
    except engine.TractError as error:
        lacking = re.search(r"Unimplemented\((\w+)\)", str(error))
        raise LackingError(lacking[1] if lacking else str(error).splitlines()[0]) from None
    kinds = {"int64": engine.DatumType.I64, "float64": engine.DatumType.F64}
    return {
        output.name: found.convert_to(kinds[output.dtype]).to_numpy()  # a label may be symbolic
        for output, found in zip(manifest.outputs, outputs, strict=True)
    }


ENGINES: dict[str, Callable[[Model, Arrays], Arrays]] = {
    "skiff": skiff,
    "reference": reference,
    "tract": tract,
}


def replay(model: Model, vectors: Vectors, engine: Callable[[Model, Arrays], Arrays]) -> Difference:
    """Compare an engine's answers to the golden rows with scikit-learn's.

    Raises LackingError where the engine cannot run the graph.
    """
    manifest = model.manifest
    expected = {output.name: _array(vectors.outputs, output) for output in manifest.outputs}
    magnitudes = {output.name: output.magnitude for output in manifest.outputs}
    tensors = Codec(manifest).tensors(vectors.rows)
    return compare(expected, engine(model, tensors), magnitudes)


def _array(outputs: dict[str, list[object]], output: Tensor) -> NDArray[Any]:
    dtype = np.dtype(object) if output.dtype == "string" else np.dtype(output.dtype)
    return np.array(outputs[output.name], dtype=dtype)


def _tolerance(model: Model, engine: str) -> float:
    """Return the model's tolerance; other engines round otherwise, save that trees are trees."""
    tolerance = model.manifest.parity.tolerance
    same = engine == "skiff" or b"TreeEnsemble" in model.path.read_bytes()
    return tolerance if same else max(tolerance, RELATIVE)


def main(arguments: Sequence[str]) -> int:
    """Replay the folders in the engine that comes first; return 1 if one disagrees."""
    if len(arguments) < 2 or arguments[0] not in ENGINES:
        print(f"usage: engines {'|'.join(ENGINES)} FOLDER...", file=sys.stderr)
        return 2
    agree = True
    for folder in map(Path, arguments[1:]):
        name = f"{folder.parent.name}/{folder.name}"
        try:
            model = Model.load(folder / "model.onnx")
            path = folder / VECTORS_FILE
            vectors = decode(path.read_bytes(), Vectors, path)
            difference = replay(model, vectors, ENGINES[arguments[0]])
        except LackingError as error:
            print(f"{name}: lacks {error}")
            continue
        except Exception as error:  # noqa: BLE001 - whatever an engine raises is its failure
            print(f"{name}: fails: {error}")
            agree = False
            continue
        agrees = difference.within(_tolerance(model, arguments[0]))
        agree &= agrees
        print(
            f"{name}: {difference.rows} rows, {difference.label_mismatches} label mismatches, "
            f"{difference.max_ulp} ulp, {difference.max_relative:.1e} relative: "
            f"{'agrees' if agrees else 'DISAGREES'}"
        )
    return 0 if agree else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
