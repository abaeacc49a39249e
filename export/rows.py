"""The rows that parity is measured on, made from the data and the estimator.

Each group is columns (see `export.table`), always such as a client could send: a missing value
only where the feature may be missing, an unseen category only where scikit-learn answers it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from export.boundaries import boundary_rows
from export.reference import Reference
from export.signature import Signature
from export.table import Columns
from export.texts import fuzzed
from export.thresholds import threshold_rows
from export.ties import decided
from runtime.manifest import Feature

RANDOM_ROWS = 10_000
RANDOM_TEXTS = 2_000
"""Where there is nothing but a text, rows drawn from the same few ones prove little."""
IN_RANGE_ROWS = 1_000
MIDPOINTS = 500
SPAN = 3.0
"""Random numbers cover this many times the range seen in training."""
MISSING_SHARE = 0.05
MOST_MISSING = 5_000
UNSEEN_SHARE = 0.05
TINY = (0.0, -0.0, 5e-324, -5e-324, 1e-310, 1e-300, -1e-30)
HUGE = (1e30, -1e30, 3.4028234663852886e38, 3.4028235677973366e38, 1e300, -1e300)
"""The two in the middle are the greatest single precision number and the first to overflow."""
UNSEEN = ("never seen in training", "", " ", "nan", "None", "ÿ\u4e2d\U0001f427")


@dataclass(frozen=True)
class Group:
    """Some rows and the question that they ask."""

    name: str
    columns: Columns


def groups(
    reference: Reference, signature: Signature, held_out: Columns, exact: bool
) -> Iterator[Group]:
    """Yield the groups of rows to compare, the held-out rows first; the same ones every time.

    `exact` asks for decision boundaries to the last bit; otherwise the two sides of each
    boundary are kept far enough apart (1e-9 of the way) that rounding cannot change sides, and
    no huge numbers are asked, at which scikit-learn's own sums are rounding and nothing else.
    Rows that scikit-learn itself decides by chance (`export.ties`) are left out.
    """
    for group in _all_groups(reference, signature, held_out, exact):
        kept = _decided(reference, signature, group.columns)
        yield Group(group.name, take(group.columns, kept))


def _all_groups(
    reference: Reference, signature: Signature, held_out: Columns, exact: bool
) -> Iterator[Group]:
    rng = np.random.default_rng(0)
    yield Group("held-out", held_out)
    features = signature.features
    count = RANDOM_TEXTS if signature.layout.form == "vector" else RANDOM_ROWS
    yield Group("random", random_columns(features, held_out, count, SPAN, rng))
    yield Group("in range", random_columns(features, held_out, IN_RANGE_ROWS, 1.0, rng))
    yield Group("boundaries", boundary_rows(reference, signature, held_out, exact, rng))
    yield Group("thresholds", threshold_rows(reference, signature, held_out, exact, rng))
    yield Group("missing", _with_missing(signature.features, held_out))
    yield Group("unseen", _with_unseen(signature.features, held_out))
    yield Group("texts", _with_texts(signature, held_out, rng))
    yield Group("midpoints", _midpoints(signature.features, held_out, rng))
    yield Group("extremes", _with_extremes(signature.features, held_out, exact))


def take(columns: Columns, rows: Any) -> Columns:
    """Return some rows, by position or mask."""
    return [column[rows] for column in columns]


def _decided(reference: Reference, signature: Signature, columns: Columns) -> NDArray[np.bool_]:
    """Tell which rows scikit-learn does not decide by chance; those it refuses stay."""
    if not len(columns[0]):
        return np.ones(0, dtype=bool)
    try:
        return decided(reference.estimator, signature.layout.build(columns))
    except ValueError:
        return np.ones(len(columns[0]), dtype=bool)


def stack(parts: Sequence[Columns], width: int) -> Columns:
    """Return rows one under another; no rows of `width` columns where there is no part."""
    if not parts:
        return [np.empty(0)] * width
    return [np.concatenate(column) for column in zip(*parts, strict=True)]


def random_columns(
    features: Sequence[Feature],
    held_out: Columns,
    count: int,
    span: float,
    rng: np.random.Generator,
) -> Columns:
    """Return random rows over `span` times the range, with missing and unseen values."""
    columns = []
    for feature, seen in zip(features, held_out, strict=True):
        if feature.dtype == "string":
            column = _random_strings(feature, seen, count, rng)
        else:
            column = _random_numbers(feature, count, span, rng)
        if feature.nullable:
            column[rng.random(count) < MISSING_SHARE] = None
        columns.append(column)
    return columns


def _random_numbers(
    feature: Feature, count: int, span: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    if feature.values:
        return rng.choice(np.array(feature.values), count)
    if feature.dtype == "bool":
        return rng.integers(0, 2, count).astype(np.float64)
    low, high = feature.minimum or 0.0, feature.maximum or 0.0
    middle, reach = (low + high) / 2, max((high - low) / 2, 1e-3) * span
    if feature.dtype == "int64":
        bounds = np.clip([middle - reach, middle + reach], -(2.0**53), 2.0**53)
        whole = rng.integers(int(np.floor(bounds[0])), int(np.ceil(bounds[1])) + 1, count)
        return whole.astype(np.float64)
    return rng.uniform(middle - reach, middle + reach, count)


def _random_strings(
    feature: Feature, seen: NDArray[Any], count: int, rng: np.random.Generator
) -> NDArray[Any]:
    known = feature.categories or tuple(sorted({v for v in seen if v is not None}))
    column = rng.choice(np.array(known or ("",), dtype=object), count)
    if not feature.closed:
        unseen = rng.random(count) < UNSEEN_SHARE
        column[unseen] = rng.choice(np.array(UNSEEN, dtype=object), int(unseen.sum()))
    return column


def _with_missing(features: Sequence[Feature], held_out: Columns) -> Columns:
    """Take the held-out rows once for each nullable feature, without it, and without all."""
    nullable = [index for index, feature in enumerate(features) if feature.nullable]
    each = max(MOST_MISSING // max(len(nullable), 1), 1)
    parts = [_without(take(held_out, slice(0, each)), [index]) for index in nullable]
    if len(nullable) > 1:
        parts.append(_without(held_out, nullable))
    return stack(parts, len(held_out))


def _without(columns: Columns, indices: Sequence[int]) -> Columns:
    changed = [column.copy() for column in columns]
    for index in indices:
        changed[index][:] = None
    return changed


def _with_unseen(features: Sequence[Feature], held_out: Columns) -> Columns:
    """Take some held-out rows with each category never seen, in each open string feature."""
    parts = []
    some = take(held_out, slice(0, 10))
    for index, feature in enumerate(features):
        if feature.dtype == "string" and not feature.closed:
            for value in UNSEEN:
                changed = [column.copy() for column in some]
                changed[index][:] = value
                parts.append(changed)
    return stack(parts, len(held_out))


def _with_texts(signature: Signature, held_out: Columns, rng: np.random.Generator) -> Columns:
    """Put shuffled and strange texts into each feature of texts in turn."""
    parts = []
    for index, (feature, seen) in enumerate(zip(signature.features, held_out, strict=True)):
        many = feature.dtype == "string" and feature.categories is None
        if not feature.closed and (many or signature.layout.form == "vector"):
            texts = fuzzed([text for text in seen if text is not None], rng)
            changed = take(held_out, rng.integers(0, len(seen), len(texts)))
            changed[index] = texts
            parts.append(changed)
    return stack(parts, len(held_out))


def _midpoints(features: Sequence[Feature], held_out: Columns, rng: np.random.Generator) -> Columns:
    """Return rows half-way between two others: as near to one as to the other, so often a tie."""
    count = len(held_out[0])
    one, other = rng.integers(0, count, (2, MIDPOINTS if count > 1 else 0))
    return [
        column[one] + (column[other] - column[one]) / 2
        if feature.dtype == "float64"
        else column[one]
        for column, feature in zip(held_out, features, strict=True)
    ]


def _with_extremes(features: Sequence[Feature], held_out: Columns, exact: bool) -> Columns:
    """Put zeros, subnormal and, where `exact`, huge numbers into each float feature in turn."""
    values = np.array(TINY + HUGE if exact else TINY)
    rows = np.arange(len(values)) % max(len(held_out[0]), 1)
    parts = []
    for index, feature in enumerate(features):
        if feature.dtype == "float64" and len(held_out[0]):
            changed = take(held_out, rows)
            changed[index] = values
            parts.append(changed)
    return stack(parts, len(held_out))
