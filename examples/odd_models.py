"""Manifests of models that nobody has: every task, every type of feature, and odd names.

What is generated from them must be sound code in every language.
"""

from collections.abc import Iterator
from typing import Any

from runtime.manifest import Class, Feature, Manifest, Target, Tensor


def odd(manifest: Manifest) -> Manifest:
    """Return a manifest with every kind of feature, and names that are no identifiers."""
    features = (
        Feature(
            name="class",
            dtype="bool",
            input="numeric",
            column=0,
            title='a "b" */ \\',
            nullable=True,
        ),
        Feature(
            name="2nd, col", dtype="int64", input="numeric", column=1, title="n", nullable=True
        ),
        Feature(name="2nd-col", dtype="bool", input="numeric", column=2, title="n", nullable=False),
        Feature(
            name="größe", dtype="float64", input="numeric", column=3, title="ß", nullable=False
        ),
        Feature(name="text", dtype="string", input="string", column=0, title="t", nullable=True),
        Feature(
            name="kind",
            dtype="string",
            input="string",
            column=1,
            title="kind",
            nullable=True,
            closed=True,
            categories=("a b", "a-b", "", '"', "1"),
        ),
    )
    inputs = (
        Tensor(name="numeric", dtype="float64", columns=4),
        Tensor(name="string", dtype="string", columns=2),
    )
    return variant(manifest, name="odd-model.2", features=features, inputs=inputs)


def variant(manifest: Manifest, **changes: Any) -> Manifest:
    """Return a manifest with some parts changed."""
    values = {name: getattr(manifest, name) for name in Manifest.__struct_fields__}
    return Manifest(**(values | changes))


def tasks(manifest: Manifest) -> Iterator[Manifest]:
    """Yield manifests of every task."""
    yes = (Class(label=False, name="no"), Class(label=True, name='yes, "sir"'))
    sizes = (Class(label=1.0, name="one"), Class(label=2.5, name="more"))
    two = (Target(name="sick", classes=yes), Target(name="sick!", classes=yes))
    number = (Target(name="x"), Target(name="y"))

    def outputs(**columns: int | None) -> tuple[Tensor, ...]:
        kinds = {"label": "int64"}
        return tuple(
            Tensor(name=name, dtype=kinds.get(name, "float64"), columns=width)  # type: ignore[arg-type]
            for name, width in columns.items()
        )

    one = two[:1]
    yield variant(manifest, targets=one, outputs=outputs(label=None, probabilities=2))
    yield variant(manifest, targets=one, outputs=outputs(label=None, scores=None))
    floats = (Tensor(name="label", dtype="float64"), *outputs(scores=2))
    yield variant(manifest, targets=(Target(name="size", classes=sizes),), outputs=floats)
    for task, targets, shapes in (
        ("multioutput_classification", two, outputs(label=2, probabilities=4)),
        ("multilabel_classification", two, outputs(label=2, probabilities=2)),
        ("regression", number[:1], outputs(prediction=None)),
        ("regression", number, outputs(prediction=2)),
        ("clustering", number[:1], outputs(label=None, distances=3)),
        ("outlier_detection", number[:1], outputs(label=None, scores=None)),
        ("transformation", number, outputs(transformed=2)),
    ):
        yield variant(manifest, task=task, targets=targets, outputs=shapes)
