"""Times artifacts against the libraries that trained their models, in one process, without HTTP.

Both run with as many threads as are named, in turns, and the best of ten rounds counts: the
machine's own noise only ever adds. The graph is the artifact's, run as it is served. Biased
towards neither: the rows are the training rows, repeated.
"""

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.timing import best_of
from export.pipeline import export_trained
from export.recipe import Trained
from runtime.model import Model

ROWS = {1: range(200), 100: range(0, 1000, 100), 10_000: range(1)}
"""Of each size, at which rows the parts begin that are answered one after another."""


class Case(NamedTuple):
    """An estimator that is not fitted, and the numbers to fit it to."""

    name: str
    detail: str
    estimator: Any
    X: Any
    y: Any


def print_table(detail: str, cases: Iterable[Case], threads: int) -> None:
    """Print milliseconds of the library, of the graph, and their ratio; `detail` is a heading."""
    sizes = " | ".join(f"{size:,} rows: library, graph, ratio" for size in ROWS)
    print(f"| model | {detail} | file | {sizes} |")
    print("| --- " * (3 + len(ROWS)) + "|")
    for case in cases:
        print(_row(case, threads), flush=True)


def _row(case: Case, threads: int) -> str:
    X, y, estimator = case.X, case.y, case.estimator
    estimator.fit(X, y)
    trained = Trained(estimator=estimator, X_train=X, X_test=X[:200], y_train=y, y_test=y[:200])
    with tempfile.TemporaryDirectory() as folder:
        exported = export_trained(trained, Path(folder), "model")
        model = Model.load(exported.path / "model.onnx", threads)
    answer = getattr(estimator, "predict_proba", estimator.predict)
    cells = []
    for size, rows in ROWS.items():
        parts = [np.resize(np.roll(X, -row, axis=0), (size, X.shape[1])) for row in rows]
        theirs, ours = (
            least / len(parts)
            for least in best_of(
                [
                    lambda parts=parts: [answer(part) for part in parts],
                    lambda parts=parts: [model.run({"numeric": part}) for part in parts],
                ]
            )
        )
        cells.append(f"{theirs:.3g} ms, {ours:.3g} ms, {theirs / ours:.3g}")
    return f"| {case.name} | {case.detail} | {exported.size / 1e6:.1f} MB | {' | '.join(cells)} |"
