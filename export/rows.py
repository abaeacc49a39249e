"""The rows that parity is measured on, made from the data and the estimator.

Each group is columns (see `export.table`), always such as a client could send: a missing value
only where the feature may be missing, an unseen category only where scikit-learn answers it.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from export.boundaries import boundary_rows
from export.group import TRAINING, Ground, Group, evenly, stack, take
from export.signature import Signature
from export.table import Columns
from export.texts import fuzzed
from runtime.manifest import Feature

RANDOM_ROWS = 10_000
RANDOM_TEXTS = 2_000
"""Where there is nothing but a text, rows drawn from the same few ones prove little."""
IN_RANGE_ROWS = 1_000
TRAINING_ROWS = 500
MOST_CELLS = 20_000_000
"""Of very wide tables fewer random rows are made."""
MIDPOINTS = 500
SPAN = 3.0
"""Random numbers cover this many times the range seen in training."""
MISSING_SHARE = 0.05
MOST_MISSING = 5_000
MOST_UNSEEN = 10
UNSEEN_SHARE = 0.05
TINY = (0.0, -0.0, 5e-324, -5e-324, 1e-310, 1e-300, -1e-30)
TINY_RANGE = 1e-300
HUGE = (1e30, -1e30, 3.4028234663852886e38, 3.4028235677973366e38, 1e300, -1e300)
"""The two in the middle are the greatest single precision number and the first to overflow."""
UNSEEN = ("never seen in training", "", " ", "nan", "None", "ÿ\u4e2d\U0001f427")


def groups(ground: Ground, held_out: Group) -> Iterator[Group]:
    """Yield the groups of rows to compare, the held-out rows first; the same ones every time.

    The rows of a ground that is not exact keep away from decisions (1e-9 of the way), so that
    rounding cannot change sides, and no huge numbers are asked, at which scikit-learn's own
    sums are rounding and nothing else.
    """
    rng = np.random.default_rng(0)
    features, some = ground.signature.features, ground.held_out
    yield held_out
    yield Group.of(TRAINING, _training(ground.trained))
    count = min(RANDOM_ROWS, max(IN_RANGE_ROWS, MOST_CELLS // len(features)))
    if ground.signature.layout.form == "vector":
        count = RANDOM_TEXTS
    yield Group.of("random", random_columns(features, ground.trained, count, SPAN, rng))
    yield Group.of("in range", random_columns(features, ground.trained, IN_RANGE_ROWS, 1.0, rng))
    yield Group.of("boundaries", boundary_rows(ground, rng))
    yield from _missing(features, some)
    yield _unseen(features, some)
    yield Group.of("texts", _with_texts(ground.signature, some, rng))
    yield Group.of("midpoints", _midpoints(features, some, rng))
    yield _extremes(features, some, ground.exact)


def _training(trained: Columns) -> Columns:
    """Return some rows of training, spread over the table, as they are.

    Only there a neighbour is at no distance, a row its own landmark, a number a knot.
    """
    return take(trained, evenly(len(trained[0]), TRAINING_ROWS))


def random_columns(
    features: Sequence[Feature],
    trained: Columns,
    count: int,
    span: float,
    rng: np.random.Generator,
) -> Columns:
    """Return random rows over `span` times the range, with missing and unseen values.

    Strings are those of training, however many: what a converter looks up may be wrong for one.
    """
    columns = []
    for feature, seen in zip(features, trained, strict=True):
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


def _missing(features: Sequence[Feature], held_out: Columns) -> Iterator[Group]:
    """Yield held-out rows without each nullable feature in turn, and without all of them."""
    nullable = np.array([i for i, feature in enumerate(features) if feature.nullable], np.int64)
    each = min(max(MOST_MISSING // max(len(nullable), 1), 1), len(held_out[0]))
    absent = [None if features[i].dtype == "string" else np.nan for i in nullable]
    yield Group.changed(
        "missing",
        held_out,
        np.tile(np.arange(each), len(nullable)),
        np.repeat(nullable, each),
        np.repeat(np.array(absent, dtype=object), each),
    )
    if len(nullable) > 1:
        columns = [column.copy() for column in held_out]
        for index in nullable:
            columns[index][:] = None
        yield Group.of("missing together", columns)


def _unseen(features: Sequence[Feature], held_out: Columns) -> Group:
    """Return some held-out rows with each category never seen, in each open string feature."""
    some = min(MOST_UNSEEN, len(held_out[0]))
    open_ = [i for i, f in enumerate(features) if f.dtype == "string" and not f.closed]
    return Group.changed(
        "unseen",
        held_out,
        np.tile(np.arange(some), len(open_) * len(UNSEEN)),
        np.repeat(np.array(open_, np.int64), some * len(UNSEEN)),
        np.tile(np.repeat(np.array(UNSEEN, dtype=object), some), len(open_)),
    )


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
        column[one] + (column[other] - column[one]) / 2 if _is_free(feature) else column[one]
        for column, feature in zip(held_out, features, strict=True)
    ]


def _is_free(feature: Feature) -> bool:
    """Tell whether any double is answered, and not only those that were seen in training."""
    return feature.dtype == "float64" and not feature.values


def _extremes(features: Sequence[Feature], held_out: Columns, exact: bool) -> Group:
    """Return zeros, subnormal and, where `exact`, huge numbers in each float feature in turn.

    The furthest beyond a feature's range come last, so that rows which scikit-learn refuses
    stand together and are soon set apart.
    """
    floats = np.array([i for i, f in enumerate(features) if _is_free(f)], np.int64)
    values = np.array(TINY + HUGE if exact else TINY) if len(held_out[0]) else np.empty(0)
    ranges = [max(abs(features[i].minimum or 0), abs(features[i].maximum or 0)) for i in floats]
    order = np.argsort(np.outer(1 / np.maximum(ranges, TINY_RANGE), np.abs(values)), axis=None)
    return Group.changed(
        "extremes",
        held_out,
        order % max(len(held_out[0]), 1),
        np.repeat(floats, len(values))[order],
        np.tile(values, len(floats))[order],
    )
