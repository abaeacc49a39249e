"""What an answer is made of, field by field: the shape that clients are typed by.

The same fields as `runtime.answers` sends, as data instead of functions, so that a generator
can write them in another language: as types, and as expressions over the graph's outputs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from runtime.manifest import Class, Manifest, Target

Kind = Literal["number", "integer", "string"]


@dataclass(frozen=True)
class Cell:
    """One column of an output, as it is; a number may be missing (NaN, sent as null)."""

    output: str
    column: int
    kind: Kind


@dataclass(frozen=True)
class Predicted:
    """The label of the predicted class of a target."""

    target: int


@dataclass(frozen=True)
class Chosen:
    """Of the columns that an output has for a target, that of the predicted class."""

    output: str
    start: int
    target: int


@dataclass(frozen=True)
class Fields:
    """An object, field by field."""

    fields: tuple[tuple[str, "Node"], ...]


Node = Cell | Predicted | Chosen | Fields


def plan(manifest: Manifest) -> Fields:
    """Return the shape of an answer of this model."""
    task, targets = manifest.task, manifest.targets
    names = [target.name for target in targets]
    if task == "classification":
        return Fields(tuple(_classifier(manifest, 0, 0).items()))
    if task == "multioutput_classification":
        return _by_target(manifest)
    if task == "multilabel_classification":
        fields: dict[str, Node] = {"prediction": _named("label", names, kind="integer")}
        fields |= {name: _named(name, names) for name in _present(manifest)}
    elif task == "regression":
        single = len(targets) == 1
        fields = {"prediction": _one("prediction") if single else _named("prediction", names)}
    elif task == "outlier_detection":
        fields = {"prediction": Cell("label", 0, "integer")}
        if _width(manifest, "scores"):
            fields["score"] = _one("scores")
    elif task == "clustering":
        fields = {"prediction": Cell("label", 0, "integer")}
        for name in ("probabilities", "distances"):
            if width := _width(manifest, name):
                fields[name] = _named(name, [str(cluster) for cluster in range(width)])
    else:
        output = manifest.outputs[0]
        kind: Kind = "string" if output.dtype == "string" else "number"
        fields = {"transformed": _named("transformed", names, kind=kind)}
    return Fields(tuple(fields.items()))


def labelled(manifest: Manifest) -> list[int]:
    """Return the targets whose predicted class is answered by its label."""
    if manifest.task not in ("classification", "multioutput_classification"):
        return []
    return list(range(len(manifest.targets)))


def classes_of(target: Target) -> Sequence[Class]:
    """Return the classes of a target; none where it is a number."""
    return target.classes or ()


def _classifier(manifest: Manifest, target: int, start: int) -> dict[str, Node]:
    names = [each.name for each in classes_of(manifest.targets[target])]
    fields: dict[str, Node] = {"prediction": Predicted(target)}
    if _width(manifest, "probabilities"):
        fields["probability"] = Chosen("probabilities", start, target)
        fields["probabilities"] = _named("probabilities", names, start)
    if width := _width(manifest, "scores"):
        binary = len(manifest.targets) == 1 and width == 1
        fields["scores"] = _named("scores", names[-1:] if binary else names, start)
    return fields


def _by_target(manifest: Manifest) -> Fields:
    """Turn the fields of each target into objects by target."""
    parts: dict[str, dict[str, Node]] = {}
    start = 0
    for index, target in enumerate(manifest.targets):
        for name, node in _classifier(manifest, index, start).items():
            parts.setdefault(name, {})[target.name] = node
        start += len(classes_of(target))
    return Fields(tuple((name, Fields(tuple(part.items()))) for name, part in parts.items()))


def _one(output: str) -> Cell:
    return Cell(output, 0, "number")


def _named(output: str, names: Sequence[str], start: int = 0, kind: Kind = "number") -> Fields:
    return Fields(
        tuple((name, Cell(output, start + column, kind)) for column, name in enumerate(names))
    )


def _present(manifest: Manifest) -> list[str]:
    return [name for name in ("probabilities", "scores") if _width(manifest, name)]


def _width(manifest: Manifest, output: str) -> int:
    """Return how many columns an output has; 0 where there is no such output."""
    widths: Mapping[str, int] = {each.name: each.columns or 1 for each in manifest.outputs}
    return widths.get(output, 0)
