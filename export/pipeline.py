"""The export itself, step by step: signature, convert, parity, golden rows, write."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from export import artifact
from export.convert import FOUR_ULP, to_onnx
from export.errors import RecipeError, naming
from export.group import Ground
from export.proof import describe, prove
from export.provenance import provenance_of
from export.recipe import Trained
from export.reference import quietly
from export.report import render
from export.signature import infer
from export.table import as_table
from runtime.manifest import FORMAT, Feature, Manifest, Memory, Parity
from runtime.model import Model
from runtime.payload import Codec
from runtime.selfcheck import self_check

Step = Callable[[str], AbstractContextManager[Any]]
CALL = "export"
"""The place that errors name when Python called."""


@dataclass(frozen=True)
class Exported:
    """An artifact on disk; in a notebook it shows its parity report."""

    path: Path
    manifest: Manifest
    operators: int
    size: int
    """Bytes of `model.onnx`."""
    held_out_rows: int

    def _repr_html_(self) -> str:
        """Return the report for a notebook's output, in a frame of its own."""
        page = (self.path / artifact.REPORT_FILE).read_text(encoding="utf-8")
        return f'<iframe srcdoc="{escape(page)}" width="100%" height="720"></iframe>'


def export(
    estimator: Any,
    X: Any,
    y: Any = None,
    *,
    name: str,
    X_test: Any = None,
    y_test: Any = None,
    out: Path | str = "artifacts",
    version: int | None = None,
) -> Exported:
    """Export a fitted estimator from Python, to `out/<name>/<version>/`.

    `X` and `y` are the training data, and `X_test` and `y_test` what was held out, in the
    forms that `Trained` takes. Without held-out rows the training rows are compared, and no
    metrics are measured, since those of training rows would mislead. Raises as
    `export_trained`, which takes titles and names too.
    """
    if X_test is None:
        if y_test is not None:
            raise RecipeError(CALL, "y_test came without X_test, the rows that it is of.")
        X_test = X
    trained = Trained(estimator=estimator, X_train=X, y_train=y, X_test=X_test, y_test=y_test)
    with naming(CALL):
        return export_trained(trained, Path(out), name, version=version)


def export_trained(
    trained: Trained,
    folder: Path,
    name: str,
    *,
    version: int | None = None,
    recipe: Path | None = None,
    step: Step = nullcontext,
) -> Exported:
    """Export a trained estimator to `folder/<name>/<version>/`, the next version by default.

    `step` is entered around each step, with its title, for showing progress. Raises ExportError
    where nothing can be written there, RecipeError for data that cannot be served,
    ConversionError for a step that has no exact form, ParityError if the graph answers otherwise
    than scikit-learn; then nothing is written.
    """
    version = artifact.check_place(folder, name, version)
    with step("reading the signature"):
        signature = infer(trained)
        train = as_table(trained.X_train, "X_train")
        held_out = as_table(trained.X_test, "X_test")
        reference, outputs = describe(trained, signature, held_out)
    with step("converting to ONNX"):
        converted = to_onnx(trained.estimator, signature, outputs, name)
    manifest = Manifest(
        format=FORMAT,
        name=name,
        version=version,
        task=reference.task,
        title=trained.title or name,
        description=trained.description,
        features=_bounded(signature.features, converted.memory),
        inputs=signature.inputs,
        outputs=outputs,
        targets=reference.targets,
        metrics={},
        parity=Parity(tolerance=converted.tolerance, rows=0, label_mismatches=0, max_relative=0),
        provenance=provenance_of(
            trained,
            signature.layout,
            recipe,
            {each.domain: each.version for each in converted.model.opset_import},
        ),
        width=converted.width,
        memory=converted.memory,
    )
    with step("comparing with scikit-learn"), quietly():
        exact = converted.tolerance <= FOUR_ULP
        ground = Ground.of(reference, signature, train, held_out, exact=exact)
        proof = prove(converted, manifest, ground, held_out, trained.y_test)
    manifest = proof.manifest
    with step("writing the artifact"):
        data = artifact.sealed(converted.model, manifest, proof.vectors)
        self_check(Model.from_bytes(data, folder), Codec(manifest))
        page = render(manifest, proof.observed)
        path = artifact.write(folder, data, manifest, proof.vectors, page)
    return Exported(path, manifest, len(converted.model.graph.node), len(data), len(held_out))


def _bounded(features: tuple[Feature, ...], memory: Memory | None) -> tuple[Feature, ...]:
    """Say of what is read as text how long it may be."""
    if memory is None:
        return features
    return tuple(
        replace(feature, longest=memory.longest())
        if feature.dtype == "string" and not feature.closed
        else feature
        for feature in features
    )
