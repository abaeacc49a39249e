"""Parity: the graph, in the session that will serve it, against scikit-learn."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from export.convert import BIT_FOR_BIT
from export.errors import ParityError
from export.reference import Answers, Reference, quietly
from export.rows import Group, stack, take
from export.signature import Signature
from export.table import Columns
from runtime.comparison import Difference, compare
from runtime.manifest import Agreement, Manifest, Parity, Scalar

BATCHES = {"held-out": (70, (1, 2, 7)), "random": (3_000, (1_000,))}
"""Which groups are compared in small batches too: how many of their rows, and the sizes."""
SHOWN = 5
MOST_PARTS = 1_000

Run = Callable[[dict[str, Any]], Answers]


@dataclass(frozen=True)
class Comparer:
    """Compares groups of rows, and keeps what every group gave."""

    reference: Reference
    signature: Signature
    run: Run
    """The graph: input tensors by name to outputs by name."""
    manifest: Manifest
    """Gives the tolerance and the magnitudes of the outputs."""
    watch: Callable[[str, Answers, Answers], None] | None = None
    """Called with each group's name, scikit-learn's answers and the graph's."""

    @property
    def tolerance(self) -> float:
        """The greatest relative difference allowed; 0 means bit for bit."""
        return self.manifest.parity.tolerance

    def measure(self, groups: Iterable[Group]) -> Parity:
        """Compare every group, and some rows in small batches too: a row alone, or with others.

        Raises ParityError, with the worst rows, if a label differs or a number by more than
        the tolerance.
        """
        agreements: list[Agreement] = []
        for group in groups:
            columns, expected = answered(self.reference, self.signature, group.columns)
            if not len(columns[0]):
                continue
            agreements.append(self._compare(group.name, columns, expected, len(columns[0])))
            count, sizes = BATCHES.get(group.name, (0, ()))
            some = take(columns, slice(0, count))
            expected = {name: array[:count] for name, array in expected.items()}
            agreements += [
                self._compare(f"in batches of {size}", some, expected, size) for size in sizes
            ]
        return Parity(
            tolerance=self.tolerance,
            rows=sum(each.rows for each in agreements),
            label_mismatches=sum(each.label_mismatches for each in agreements),
            max_relative=max((each.max_relative for each in agreements), default=0.0),
            groups=tuple(agreements),
        )

    def _compare(self, name: str, columns: Columns, expected: Answers, batch: int) -> Agreement:
        tensors = self.signature.tensors(columns)
        rows = len(columns[0])
        parts = [
            self.run({key: tensor[start : start + batch] for key, tensor in tensors.items()})
            for start in range(0, rows, batch)
        ]
        actual = {key: np.concatenate([part[key] for part in parts]) for key in expected}
        if self.watch is not None:
            self.watch(name, expected, actual)
        magnitudes = {output.name: output.magnitude for output in self.manifest.outputs}
        difference = compare(expected, actual, magnitudes)
        if not difference.within(self.tolerance):
            raise self._error(name, difference, columns, expected, actual)
        return Agreement(
            group=name,
            rows=rows,
            label_mismatches=difference.label_mismatches,
            max_absolute=difference.max_absolute,
            max_relative=difference.max_relative,
            max_ulp=difference.max_ulp,
            worst=self._record(columns, difference.worst[0]) if difference.worst else None,
        )

    def _record(self, columns: Columns, row: int) -> dict[str, Scalar]:
        return self.signature.records(take(columns, [row]))[0]

    def _error(
        self,
        name: str,
        difference: Difference,
        columns: Columns,
        expected: Answers,
        actual: Answers,
    ) -> ParityError:
        allowed = "bit for bit" if self.tolerance == BIT_FOR_BIT else f"{self.tolerance:g}"
        summary = (
            f"of {difference.rows:,} {name} rows {difference.label_mismatches:,} have another "
            f"label, and the greatest relative difference is {difference.max_relative:.3g} "
            f"({difference.max_ulp:,} ulp; allowed: {allowed})"
        )
        shown = []
        for row in difference.worst[:SHOWN]:
            record = self._record(columns, row)
            shown.append(f"{record}: expected {_row(expected, row)}, got {_row(actual, row)}")
        return ParityError(summary, shown)


def answered(
    reference: Reference, signature: Signature, columns: Columns
) -> tuple[Columns, Answers]:
    """Return the rows that scikit-learn answers, and its answers; rows it refuses are left out.

    scikit-learn refuses a whole table for one row, so the rest is found by halving. Of large
    tables, the few rows beside a refused one are left out with it.
    """
    kept: list[Columns] = []
    answers: list[Answers] = []
    todo = [columns] if len(columns[0]) else []
    smallest = len(columns[0]) // MOST_PARTS
    while todo:
        rows = todo.pop()
        count = len(rows[0])
        try:
            with quietly():
                answers.append(reference.answer(signature.layout.build(rows)))
            kept.append(rows)
        except (ValueError, IndexError):  # the latter from CategoricalNB
            if count > max(smallest, 1):
                todo += [take(rows, slice(count // 2, None)), take(rows, slice(0, count // 2))]
    names = answers[0] if answers else {}
    joined = {name: np.concatenate([each[name] for each in answers]) for name in names}
    return stack(kept, len(columns)), joined


def _row(answers: Answers, row: int) -> dict[str, object]:
    return {name: np.asarray(array[row]).tolist() for name, array in answers.items()}
