"""How long a model takes, measured when it is loaded: what decides how it is served.

A model that takes long runs in a thread, so that other requests are answered meanwhile.
Where many rows together take less than each by itself, requests that wait at the same time
are computed together, provided that no bit of any answer depends on it. Most kernels of
ONNX Runtime compute a row alike whatever stands beside it. Some do not: `Exp` computes four
numbers at once in one way and what is left over in another, and sums go by a row's place in
memory. There, rows are computed in blocks, a row by itself as part of one, where that is
nearly as quick; and one by one where not.

Knows nothing of HTTP.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from random import Random
from time import perf_counter

import numpy as np

from runtime.model import Array, BoundRow, Model

SLOW = 0.001
"""Seconds for a row from which on a model runs in a thread.

Going there and back takes some 50 µs of CPU time, and other requests wait no longer than this
for one row.
"""

GAIN = 1.25
"""How many times less a row must cost among others than alone.

The first of a batch is answered later than in turn, but the last sooner, and all that come
after it.
"""

BLOCK = 8
"""Rows of a block: of numbers that are computed two, four or eight at once none is left over."""

_BLOCK_COST = 1.5
"""How many times longer than by itself a row may take as part of a block."""

_MOST = 64
"""Rows that are computed together at most."""

_TURN = 0.002
"""Seconds that other requests may wait for what is computed on the event loop."""

_THREAD_TURN = 0.1
"""Seconds that a batch may take in a thread, where only rows of the same model wait for it."""

_BUDGET = 1.0
"""Seconds that computing the rows of a measurement one by one may take."""

_BULK = 512
_BULK_BUDGET = 0.02
"""How many rows are computed at once to see what a row costs in bulk, and seconds for that."""

_SIZES = (2, 3, 5, 8, 16, 33, 64)

Tensors = Mapping[str, Array]


@dataclass(frozen=True, slots=True)
class Pace:
    """What was found."""

    row: float
    """Seconds for a row by itself."""
    each: float
    """Seconds for each further row that is computed with it."""
    together: int = 1
    """Of how many requests rows may be computed at once; 1 where answers would differ."""
    bulk: float | None = None
    """Seconds for each row beyond _MOST; None where that was not measured, being long."""

    @property
    def slow(self) -> bool:
        """Whether a row takes so long that other requests should not wait for it."""
        return self.row > SLOW

    def brief(self, rows: int) -> bool:
        """Tell whether other requests may wait while so many rows are computed at once."""
        few, more = min(rows, _MOST), max(0, rows - _MOST)
        seconds = self.row + (few - 1) * self.each + more * self._bulk
        return not self.slow and seconds <= _TURN

    @property
    def most(self) -> int:
        """How many rows may be computed together in a thread."""
        return max(1, int(_THREAD_TURN / self._bulk))

    @property
    def _bulk(self) -> float:
        return self.each if self.bulk is None else self.bulk

    @property
    def turn(self) -> int:
        """How many rows may be computed one by one while other requests wait."""
        return max(1, int(_TURN / self.row))


def measure(model: Model, golden: Tensors, batching: bool = True) -> Pace:
    """Measure `model` with rows whose values are those of `golden` ones, and set its block.

    Unless `batching`, rows of different requests are left to be computed one by one; what each
    is answered does not depend on it.
    """
    try:
        return _measure(model, partial(_mixed, golden), batching)
    except Exception:  # noqa: BLE001 - onnxruntime raises a dozen unrelated types
        # A graph may refuse values that never came together; it answers the golden rows.
        return _measure(model, partial(_repeated, golden), batching)


def _measure(model: Model, make: Callable[[int], Tensors], batching: bool) -> Pace:
    """Measure with rows of which `make` makes so many."""
    model.block = 1
    first = _Run(model, make(4), 1)
    rows = make(int(np.clip(_BUDGET / first.seconds, 4, _MOST)))
    each = min(_Run(model, rows, size).seconds for size in (16, _MOST))
    pace = Pace(first.seconds, each, bulk=_bulk(model, rows, each))
    together = int(np.clip(_THREAD_TURN / pace.each, 1, _count(rows)))
    if together > 1 and pace.row > GAIN * pace.each:
        for block in (1, BLOCK):
            model.block = block
            if block > 1 and _dear(model, rows, slow=pace.slow):
                break
            alone = _Run(model, rows, 1)
            if _same(model, rows, alone, together):
                return replace(pace, row=alone.seconds, together=together if batching else 1)
        model.block = 1
    return pace


def _dear(model: Model, rows: Tensors, *, slow: bool) -> bool:
    """Tell whether a row takes much longer in a block than by itself, and set the block.

    It depends on this which last bits a model answers, so both are measured in turns, and of a
    quick model, which other programs can seem to make slower, again. Of a slow one a few rows are
    enough to tell.
    """
    some = {name: tensor[: 4 if slow else None] for name, tensor in rows.items()}
    for _ in range(1 if slow else 6):
        model.block = 1
        alone = _Run(model, some, 1).seconds
        model.block = BLOCK
        if _Run(model, some, 1).seconds <= _BLOCK_COST * alone:
            return False
    return True


def _bulk(model: Model, rows: Tensors, each: float) -> float | None:
    """Return the seconds for each of very many rows, unless they would take long."""
    times = min(_BULK, int(_BULK_BUDGET / each)) // _count(rows)
    if times < 2:
        return None
    many = {name: np.concatenate([tensor] * times) for name, tensor in rows.items()}
    return min(_Run(model, many, _BULK).seconds for _ in range(2))


class _Run:
    """Rows computed so many at a time: what was answered, and how long each row took."""

    def __init__(self, model: Model, rows: Tensors, size: int) -> None:
        outputs, taken = [], []
        for part in _parts(rows, size):
            start = perf_counter()
            outputs.append(model.run(part))
            taken.append((perf_counter() - start) / _count(part))
        self.seconds = min(taken)
        """Of the quickest run: more is other programs' doing."""
        self.answers = _bits(outputs)


def _same(model: Model, rows: Tensors, alone: _Run, most: int) -> bool:
    """Tell whether rows have the answers alone, bit for bit, that they have together."""
    sizes = {min(size, most) for size in _SIZES} - {1}
    bound = model.bind_row(rows)
    return (
        bool(sizes)
        and all(_Run(model, rows, size).answers == alone.answers for size in sizes)
        and (bound is None or _bound_answers(bound, rows) == alone.answers)
    )


def _bound_answers(bound: BoundRow, rows: Tensors) -> list[bytes]:
    """Return what rows are answered in tensors that are made once."""
    outputs = []
    for row in _parts(rows, 1):
        for name, tensor in row.items():
            np.copyto(bound.inputs[name], tensor)
        outputs.append({name: np.array(value) for name, value in bound.run().items()})
    return _bits(outputs)


def _bits(outputs: Sequence[Tensors]) -> list[bytes]:
    """Return each output of all runs, as bytes."""
    joined = (np.concatenate([each[name].reshape(-1) for each in outputs]) for name in outputs[0])
    return [
        repr(each.tolist()).encode() if each.dtype == object else each.tobytes() for each in joined
    ]


def _repeated(golden: Tensors, count: int) -> Tensors:
    """Return `count` golden rows, some of them again where there are not as many."""
    return {name: np.resize(each, (count, each.shape[1])) for name, each in golden.items()}


def _mixed(golden: Tensors, count: int) -> Tensors:
    """Return `count` rows, each of whose values is that of some golden row."""
    chance = Random(0)  # noqa: S311 - no secret; the image leaves numpy's own generators out
    return {
        name: np.stack(
            [column[chance.choices(range(len(column)), k=count)] for column in tensor.T], axis=1
        )
        for name, tensor in golden.items()
    }


def _parts(rows: Tensors, size: int) -> Iterator[Tensors]:
    """Cut rows into parts of `size`; the last may be smaller."""
    for start in range(0, _count(rows), size):
        yield {name: tensor[start : start + size] for name, tensor in rows.items()}


def _count(rows: Tensors) -> int:
    return len(next(iter(rows.values())))
