"""The proof that a graph answers as scikit-learn does, and what is learned on the way."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from export import artifact
from export.asking import ask
from export.checks import check_truth
from export.convert import Converted
from export.crossings import crossings_of
from export.errors import ParityError
from export.golden import Golden
from export.group import HELD_OUT, Ground, Group, evenly
from export.metrics import metrics_of
from export.observed import Observed
from export.parity import Comparer, parity_with
from export.recipe import Trained
from export.reference import Reference, tensors_of
from export.rows import groups
from export.signature import Signature
from export.table import Layout, as_table
from export.thresholds import threshold_group
from export.treewise import NO_VECTORS, compare_treewise, parts_of
from runtime.errors import ArtifactError
from runtime.manifest import Manifest, Tensor, Thresholds, Vectors
from runtime.model import Model

MOST_DESCRIBED = 10_000
"""So many held-out rows show what the outputs look like."""


@dataclass(frozen=True)
class Proof:
    """What the comparison gave."""

    manifest: Manifest
    """The manifest with parity and metrics."""
    vectors: Vectors
    observed: Observed


def describe(
    trained: Trained, signature: Signature, held_out: Any, most: int = MOST_DESCRIBED
) -> tuple[Reference, tuple[Tensor, ...]]:
    """Return what scikit-learn answers for new rows, and as which outputs, by `most` rows of them.

    Raises RecipeError where `y_test` is no truth for such answers.
    """
    layout, train = signature.layout, as_table(trained.X_train, "X_train")
    columns = layout.split(layout.take(held_out, evenly(len(held_out), most)))
    sample = layout.build(layout.split(layout.take(train, slice(0, 1))))
    reference = Reference.of(trained.estimator, sample, trained.target_names, trained.class_names)
    answers = ask(reference, signature, columns).answers or reference.answer(sample)
    check_truth(trained.y_test, answers, reference.task)
    return reference, tensors_of(answers, reference.offset)


def held_out_group(layout: Layout, table: Any) -> Group:
    """Return all rows of a table as a group."""
    return Group(HELD_OUT, len(table), lambda rows: layout.split(layout.take(table, rows)))


def prove(
    converted: Converted, manifest: Manifest, ground: Ground, held_out: Any, truth: Any
) -> Proof:
    """Compare the graph, as it will be served, with scikit-learn on every group of rows.

    `manifest` says what is demanded; `truth` is the target of the held-out rows, or None.
    Raises ParityError where they do not agree, or the graph does not even load.
    """
    sealed = artifact.sealed(converted.model, manifest, NO_VECTORS)
    try:
        unproven = Model.from_bytes(sealed, Path(manifest.name))
    except ArtifactError as error:
        raise ParityError(error.problem.strip().removesuffix("."), ()) from error
    golden, observed = Golden(ground.signature), Observed(truth)
    watches = (golden.watch, observed.watch)
    asked = ground.reference, ground.signature, unproven.run, manifest
    comparer = Comparer(*asked, watches=watches, hears=(observed.hear,))
    first = held_out_group(ground.signature.layout, held_out)
    crossings = crossings_of(ground)
    thresholds, tried = threshold_group(ground, crossings)
    parity = comparer.measure([*groups(ground, first), thresholds])
    thinned = ground.exact and tried < sum(len(each.nodes) for each in crossings)
    if thinned and (parts := parts_of(converted.grown, crossings)):
        agreement, nodes = compare_treewise(converted.model, manifest, ground, parts)
        parity, tried = parity_with(parity, agreement), max(tried, nodes)
    if of := sum(each.of for each in crossings):
        parity = msgspec.structs.replace(parity, thresholds=Thresholds(tried=tried, of=of))
    metrics = {}
    if observed.held_out is not None:
        metrics = metrics_of(manifest.task, *observed.held_out[:2])
    proven = msgspec.structs.replace(manifest, parity=parity, metrics=metrics)
    return Proof(proven, golden.vectors(), observed)
