"""Parity: the graph, in the session that will serve it, against scikit-learn."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from export.asking import ask, stacked
from export.convert import BIT_FOR_BIT
from export.errors import ParityError
from export.group import HELD_OUT, TRAINING, Group, evenly, stack, take
from export.orders import adding_in, orders_in
from export.reference import Answers, Reference
from export.refusals import Run, answers_of
from export.rounding import magnified
from export.signature import Signature
from export.table import FIT_ON_DOUBLES, Columns
from export.ties import advice_on_centres, advice_on_distances
from runtime.comparison import Difference, compare, disagreeing
from runtime.manifest import Agreement, Manifest, Parity, Scalar

MOST_CELLS = 4_000_000
"""So many numbers, rows and columns multiplied, are compared at once."""
SMALL_BATCHES = (1, 2, 7)
SMALL_BATCH_ROWS = 30
"""So many rows of each group are compared in small batches, too."""
LARGE_BATCH = 1_000
LARGE_BATCH_ROWS = 3_000
SHOWN = 5
NOTHING_COMPARED = (
    "of {rows:,} held-out rows none can be compared, as scikit-learn refuses them, or answers them "
    "by chance: neighbours are equally far but for rounding. Scale the features, or hold out rows "
    "that it answers"
)
MOST_PARTS = 1_000


@dataclass(frozen=True)
class Compared:
    """Some rows of a group: where they stand in it, and what both answered."""

    group: str
    rows: int
    """How many rows the whole group has."""
    positions: NDArray[np.int64]
    columns: Columns
    expected: Answers
    actual: Answers

    def take(self, rows: Any) -> "Compared":
        """Return some of these rows."""
        return replace(
            self,
            positions=self.positions[rows],
            columns=take(self.columns, rows),
            expected={name: array[rows] for name, array in self.expected.items()},
            actual={name: array[rows] for name, array in self.actual.items()},
        )

    def picked(self, most: int) -> "Compared":
        """Return at most so many of the rows, spread evenly."""
        return self.take(evenly(len(self.positions), most))


Watch = Callable[[Compared], None]
Hear = Callable[[str, NDArray[np.int64], Answers], None]


@dataclass(frozen=True)
class Comparer:
    """Compares groups of rows, a part at a time, in memory that does not grow with them."""

    reference: Reference
    signature: Signature
    run: Run
    manifest: Manifest
    """Gives the tolerance and the magnitudes of the outputs."""
    watches: Sequence[Watch] = ()
    """Called with every part of every group, in order, as long as there is agreement."""
    hears: Sequence[Hear] = ()
    """Called with a group's name, rows and scikit-learn's answers, those by chance, too."""

    @property
    def tolerance(self) -> float:
        """The greatest relative difference allowed; 0 means bit for bit."""
        return self.manifest.parity.tolerance

    @property
    def magnitudes(self) -> dict[str, float]:
        """The greatest number of each output on held-out rows, 1 for probabilities."""
        return {each.name: each.magnitude for each in self.manifest.outputs}

    def measure(self, groups: Iterable[Group]) -> Parity:
        """Compare every group, and some rows in small batches too: a row alone, or with others.

        Rows that scikit-learn refuses, or decides by chance, are left out. Raises ParityError,
        with the worst rows, if a label differs or a number by more than the tolerance.
        """
        agreements: list[Agreement] = []
        first: list[Compared] = []
        for group in groups:
            tally = _Tally(self, group.name)
            for part in self._compared(group):
                if not tally.rows:
                    first.append(part.picked(LARGE_BATCH_ROWS))
                tally.add(part)
                for watch in self.watches if tally.agrees else ():
                    watch(part)
            if tally.rows:
                agreements.append(tally.agreement(left_out=group.rows - tally.rows))
            elif group.name == HELD_OUT and group.rows:
                advice = advice_on_distances(self.reference.estimator)
                raise ParityError(NOTHING_COMPARED.format(rows=group.rows), (), advice)
        agreements += self._in_batches(first)
        parity = Parity(tolerance=self.tolerance, rows=0, label_mismatches=0, max_relative=0.0)
        return parity_with(parity, *agreements)

    def _compared(self, group: Group) -> Iterator[Compared]:
        """Yield a group's rows, with the answers of both, a part at a time."""
        widths = [each.columns or 1 for each in (*self.manifest.inputs, *self.manifest.outputs)]
        finest = group.rows // MOST_PARTS
        for start, columns in group.parts(max(MOST_CELLS // max(widths), 1)):
            asked = ask(self.reference, self.signature, columns, finest)
            for hear in self.hears if len(asked.rows) else ():
                hear(group.name, start + asked.rows, asked.answers)
            kept = asked.rows[asked.sure]
            if len(kept):
                rows = take(columns, kept)
                expected = {name: array[asked.sure] for name, array in asked.answers.items()}
                actual = answers_of(self.run, self.signature, group.name, rows)
                part = Compared(group.name, group.rows, start + kept, rows, expected, actual)
                decided = self._decided(self._asked_again(part))
                if len(decided.positions):
                    yield decided

    def _run_by(self, size: int, tensors: dict[str, NDArray[Any]], rows: int) -> Answers:
        """Return the graph's answers to the first rows, computed for `size` of them at once."""
        return stacked(
            [
                self.run({name: tensor[start : start + size] for name, tensor in tensors.items()})
                for start in range(0, rows, size)
            ]
        )

    def _asked_again(self, part: Compared) -> Compared:
        """Ask scikit-learn about the rows that disagree in a table of their own.

        It may answer a row otherwise beside others, while a graph answers each by itself:
        IterativeImputer predicts nothing for a table without any number. Where scikit-learn
        so disagrees with itself, its answer to that table counts.
        """
        wrong = self._disagreeing(part.expected, part.actual)
        if not len(wrong):
            return part
        rows, sure, answers = ask(self.reference, self.signature, take(part.columns, wrong))
        asked, again = wrong[rows[sure]], {name: array[sure] for name, array in answers.items()}
        before = {name: part.expected[name][asked] for name in again}
        other = self._disagreeing(before, again)
        expected = {name: array.copy() for name, array in part.expected.items()}
        for name, array in again.items():
            expected[name][asked[other]] = array[other]
        return replace(part, expected=expected)

    def _decided(self, part: Compared) -> Compared:
        """Leave out the rows that agree with scikit-learn where it adds in another order alone.

        Which order it is, chance decides (`export.orders`).
        """
        kept = np.ones(len(part.positions), dtype=bool)
        for order in orders_in(self.reference.estimator):
            wrong = self._disagreeing(part.expected, part.actual)
            wrong = wrong[kept[wrong]]
            if not len(wrong):
                break
            with adding_in(order, self.reference.estimator):
                rows, _, answers = ask(self.reference, self.signature, take(part.columns, wrong))
            asked = wrong[rows]
            actual = {name: array[asked] for name, array in part.actual.items()}
            kept[asked] = disagreeing(answers, actual, self.magnitudes, self.tolerance)
        return part if kept.all() else part.take(np.flatnonzero(kept))

    def _disagreeing(self, one: Answers, other: Answers) -> NDArray[np.int64]:
        return np.flatnonzero(disagreeing(one, other, self.magnitudes, self.tolerance))

    def _in_batches(self, parts: Sequence[Compared]) -> Iterator[Agreement]:
        """Compare some rows of every group in small batches, and the most of one in large."""
        if not parts:
            return
        some = _joined([part.picked(SMALL_BATCH_ROWS) for part in parts])
        many = max(parts, key=lambda part: len(part.positions))
        for part, size in (*((some, size) for size in SMALL_BATCHES), (many, LARGE_BATCH)):
            tensors = self.signature.tensors(part.columns)
            rows = len(part.positions)
            tally = _Tally(self, f"in batches of {size}")
            tally.add(self._decided(replace(part, actual=self._run_by(size, tensors, rows))))
            yield tally.agreement(left_out=0)


@dataclass
class _Tally:
    """What the parts of one group gave, put together."""

    comparer: Comparer
    group: str
    rows: int = 0
    differences: list[Difference] = field(default_factory=list)
    worst: list[tuple[Difference, Compared]] = field(default_factory=list)
    """The worst rows, worst first, each by itself."""

    @property
    def agrees(self) -> bool:
        """Whether all is within the tolerance so far."""
        return all(each.within(self.comparer.tolerance) for each in self.differences)

    def add(self, part: Compared) -> None:
        """Compare the answers of some rows."""
        magnitudes = self.comparer.magnitudes
        difference = compare(part.expected, part.actual, magnitudes, SHOWN)
        self.rows += difference.rows
        self.differences.append(difference)
        for row in difference.worst:
            alone = part.take([row])
            self.worst.append((compare(alone.expected, alone.actual, magnitudes), alone))
        self.worst = sorted(self.worst, key=lambda each: _badness(each[0]), reverse=True)[:SHOWN]

    def agreement(self, left_out: int) -> Agreement:
        """Return how the group agrees. Raises ParityError where it does not."""
        agreement = Agreement(
            group=self.group,
            rows=self.rows,
            left_out=left_out,
            label_mismatches=sum(each.label_mismatches for each in self.differences),
            max_absolute=max(each.max_absolute for each in self.differences),
            max_relative=max(each.max_relative for each in self.differences),
            max_ulp=max(each.max_ulp for each in self.differences),
            worst=self._record(self.worst[0][1]) if self.worst else None,
        )
        if not self.agrees:
            raise self._error(agreement)
        return agreement

    def _error(self, found: Agreement) -> ParityError:
        tolerance = self.comparer.tolerance
        allowed = "bit for bit" if tolerance == BIT_FOR_BIT else f"{tolerance:g}"
        summary = (
            f"of {found.rows:,} {self.group} rows {found.label_mismatches:,} have another "
            f"label, and the greatest relative difference is {found.max_relative:.3g} "
            f"({found.max_ulp:,} ulp; allowed: {allowed})"
        )
        rows = [
            f"{self._record(row)}: expected {_plain(row.expected)}, got {_plain(row.actual)}"
            for _, row in self.worst
        ]
        return ParityError(summary, rows, self._advice(found))

    def _advice(self, found: Agreement) -> str:
        """Say so where scikit-learn computed in single precision.

        Or where distances may be rounding, or the difference is no greater than what rounding does
        to its own answer.
        """
        comparer = self.comparer
        if comparer.signature.layout.single:
            return FIT_ON_DOUBLES
        if advice := advice_on_distances(comparer.reference.estimator):
            return advice
        if found.label_mismatches or comparer.tolerance == BIT_FOR_BIT:
            return ""
        if self.group == TRAINING and (advice := advice_on_centres(comparer.reference.estimator)):
            return advice
        row = self.worst[0][1].columns
        own = magnified(comparer.reference, comparer.signature, row, comparer.magnitudes)
        if own <= comparer.tolerance:
            return ""
        return (
            f"scikit-learn's own answer to the first of these rows changes by {own:.3g} when its "
            "numbers change by one unit in the last place: this model magnifies rounding, and no "
            "two machines agree on it to more digits. Scale the features before it, as with "
            "StandardScaler, or have it fitted less closely."
        )

    def _record(self, row: Compared) -> dict[str, Scalar]:
        return self.comparer.signature.records(row.columns)[0]


def parity_with(parity: Parity, *agreements: Agreement) -> Parity:
    """Return parity with more groups, and the sums over all of them."""
    groups = (*parity.groups, *agreements)
    return msgspec.structs.replace(
        parity,
        rows=sum(each.rows for each in groups),
        label_mismatches=sum(each.label_mismatches for each in groups),
        max_relative=max((each.max_relative for each in groups), default=0.0),
        groups=groups,
    )


def _joined(parts: Sequence[Compared]) -> Compared:
    """Return the rows of several groups as one."""
    return replace(
        parts[0],
        positions=np.concatenate([part.positions for part in parts]),
        columns=stack([part.columns for part in parts], len(parts[0].columns)),
        expected=stacked([part.expected for part in parts]),
        actual=stacked([part.actual for part in parts]),
    )


def _badness(difference: Difference) -> tuple[int, float, int]:
    return difference.label_mismatches, difference.max_relative, difference.max_ulp


def _plain(answers: Answers) -> dict[str, object]:
    return {
        name: array[0].tolist() if array.dtype != object else array[0]
        for name, array in answers.items()
    }
