"""Rows that the graph refuses, though scikit-learn answers them: parity fails by them, too."""

from collections.abc import Callable
from itertools import islice
from typing import Any

from export.errors import ParityError
from export.group import take
from export.reference import Answers
from export.signature import Signature
from export.table import Columns

Run = Callable[[dict[str, Any]], Answers]
"""The graph: input tensors by name to outputs by name."""
SHOWN = 5


def answers_of(run: Run, signature: Signature, group: str, columns: Columns) -> Answers:
    """Return the graph's answers to rows of a group.

    Raises ParityError, with some of the rows and what ONNX Runtime said, where it refuses any.
    """
    try:
        return run(signature.tensors(columns))
    except Exception as error:
        rows = (take(columns, slice(row, row + 1)) for row in range(len(columns[0])))
        refused = islice((row for row in rows if _refuses(run, signature, row)), SHOWN)
        said = str(error).strip().partition("\n")[0].removesuffix(".")
        raise ParityError(
            f"it refuses {group} rows that scikit-learn answers: {said}",
            [str(signature.records(row)[0]) for row in refused],
        ) from error


def _refuses(run: Run, signature: Signature, row: Columns) -> bool:
    try:
        run(signature.tensors(row))
    except Exception:  # noqa: BLE001 - onnxruntime raises a dozen unrelated types
        return True
    return False
