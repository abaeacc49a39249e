"""Times ensembles of trees against scikit-learn and boosters: `python -m benchmarks.trees 1`.

Both run in this process with as many threads as are named, in turns, and the best of ten
rounds counts: the machine's own noise only ever adds. The graph is the artifact's, run as it is
served, without HTTP. Biased towards neither: the rows are the training rows, repeated.
"""

import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from catboost import CatBoostClassifier
from lightgbm import LGBMClassifier
from sklearn.datasets import make_classification, make_regression
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    RandomForestRegressor,
)
from threadpoolctl import threadpool_limits
from xgboost import XGBClassifier

from benchmarks.timing import best_of
from export.pipeline import export_trained
from export.recipe import Trained
from runtime.model import Model

ROWS = {1: range(200), 100: range(0, 1000, 100), 10_000: range(1)}
"""Of each size, at which rows the parts begin that are answered one after another."""


def main(threads: int) -> None:
    """Print a table: milliseconds of the library, of the graph, and their ratio."""
    sizes = " | ".join(f"{size:,} rows: library, graph, ratio" for size in ROWS)
    print(f"| model | classes | file | {sizes} |")
    print("| --- " * (3 + len(ROWS)) + "|")
    for classes in (2, 5, 10):
        data = make_classification(5000, 20, n_informative=10, n_classes=classes, random_state=0)
        for name, estimator in _classifiers(threads).items():
            print(_row(name, str(classes), estimator, data, threads), flush=True)
    data = make_regression(5000, 20, noise=1.0, random_state=0)
    forest = RandomForestRegressor(random_state=0, n_jobs=threads)
    print(_row("forest regressor", "", forest, data, threads))


def _classifiers(threads: int) -> dict[str, Any]:
    """Return new estimators by their names, each to answer with so many threads if it can."""
    return {
        "forest": RandomForestClassifier(random_state=0, n_jobs=threads),
        "forest, 3 rows or more in each leaf": RandomForestClassifier(
            min_samples_leaf=3, random_state=0, n_jobs=threads
        ),
        "forest of depth 8": RandomForestClassifier(max_depth=8, random_state=0, n_jobs=threads),
        "gradient boosting": GradientBoostingClassifier(random_state=0),
        "histogram gradient boosting": HistGradientBoostingClassifier(random_state=0),
        "LightGBM": LGBMClassifier(n_jobs=threads, verbose=-1),
        "XGBoost": XGBClassifier(n_jobs=threads),
        "CatBoost": CatBoostClassifier(
            iterations=100, thread_count=threads, verbose=False, allow_writing_files=False
        ),
    }


def _row(name: str, classes: str, estimator: Any, data: tuple[Any, Any], threads: int) -> str:
    X, y = data
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
    return f"| {name} | {classes} | {exported.size / 1e6:.1f} MB | {' | '.join(cells)} |"


if __name__ == "__main__":
    count = int(sys.argv[1])
    with threadpool_limits(count):
        main(count)
