"""Times large exports: `python -m benchmarks.exports table` (or `forest`).

Prints the processor time of each step, the peak of memory beyond what the data and the fitted
estimator took before, and what it takes to load the artifact. `table` has 600 columns, 120 of
them strings, and 1,000,000 held-out rows, for a linear model and a forest: 6 GB of memory.
`forest` has 500 trees of depth 20. One thread, so that a minute is a minute anywhere.
"""

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from threadpoolctl import threadpool_limits

from export.pipeline import export_trained
from export.recipe import Trained

NUMBERS, STRINGS = 480, 120
TRAIN_ROWS, HELD_OUT_ROWS = 5_000, 1_000_000
FOREST_ROWS = 20_000
WORDS = np.array(["red", "green", "blue", "", "élan"], dtype=object)


def main(which: str = "forest") -> None:
    """Export what was asked for, and print the cost."""
    every = {"table": (linear_on_table, forest_on_table), "forest": (deep_forest,)}
    with threadpool_limits(1):
        for make in every[which]:
            trained = make()
            print((make.__doc__ or "").splitlines()[0])
            measure(trained)


def measure(trained: Trained) -> None:
    """Export a trained estimator to a folder that is thrown away."""
    before, total = _peak(), time.process_time()

    @contextmanager
    def step(title: str) -> Iterator[None]:
        start = time.process_time()
        yield
        seconds = time.process_time() - start
        print(f"  {title}: {seconds:.1f} s, peak {_peak() - before:+,.0f} MB", flush=True)

    with tempfile.TemporaryDirectory() as folder:
        exported = export_trained(trained, Path(folder), "model", step=step)
        print(f"  {load(exported.path / 'model.onnx')}")
    parity, seconds = exported.manifest.parity, time.process_time() - total
    print(f"  in all {seconds:.1f} s; {exported.size / 1e6:.1f} MB, {parity.rows:,} rows compared")
    if parity.thresholds is not None:
        print(f"  {parity.thresholds.tried:,} of {parity.thresholds.of:,} nodes asked")


def load(path: Path) -> str:
    """Load a model in a process of its own, as a service does, and say what that took."""
    code = (
        "import re, sys, time, pathlib, runtime.model as m\n"
        "status = lambda: pathlib.Path('/proc/self/status').read_text()\n"
        "memory = lambda field: int(re.search(field + r':\\s+(\\d+)', status())[1]) / 1024\n"
        "before, start = memory('VmRSS'), time.process_time()\n"
        "model = m.Model.load(pathlib.Path(sys.argv[1]))\n"
        "took = time.process_time() - start\n"
        "peak, rest = memory('VmHWM') - before, memory('VmRSS') - before\n"
        "print(f'loaded in {took:.1f} s: peak {peak:+,.0f} MB, then {rest:+,.0f} MB')"
    )
    command = [sys.executable, "-c", code, str(path)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def linear_on_table() -> Trained:
    """600 columns and 1,000,000 held-out rows: logistic regression."""
    return _on_table(LogisticRegression(max_iter=50))


def forest_on_table() -> Trained:
    """600 columns and 1,000,000 held-out rows: 100 trees of depth 12."""
    return _on_table(RandomForestClassifier(100, max_depth=12, random_state=0))


def deep_forest() -> Trained:
    """20 columns: 500 trees of depth 20."""
    rows = FOREST_ROWS + 5_000
    X, y = make_classification(rows, 20, n_informative=12, n_classes=3, flip_y=0.1, random_state=0)
    train, test = slice(FOREST_ROWS), slice(FOREST_ROWS, None)
    forest = RandomForestClassifier(500, max_depth=20, random_state=0).fit(X[train], y[train])
    return Trained(
        estimator=forest, X_train=X[train], y_train=y[train], X_test=X[test], y_test=y[test]
    )


def _on_table(last: object) -> Trained:
    strings = make_pipeline(
        SimpleImputer(strategy="constant", fill_value="missing"),
        OneHotEncoder(handle_unknown="ignore"),
    )
    columns = ColumnTransformer(
        [
            (
                "numbers",
                make_pipeline(SimpleImputer(), StandardScaler()),
                make_column_selector(dtype_include="number"),
            ),
            ("strings", strings, make_column_selector(dtype_include="object")),
        ]
    )
    X_train, y_train = _table(TRAIN_ROWS, seed=0)
    X_test, y_test = _table(HELD_OUT_ROWS, seed=1)
    estimator = make_pipeline(columns, last).fit(X_train, y_train)
    return Trained(
        estimator=estimator, X_train=X_train, y_train=y_train, X_test=X_test, y_test=y_test
    )


def _table(rows: int, seed: int) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    """Make numbers of several magnitudes and words, a third of the columns with gaps."""
    rng = np.random.default_rng(seed)
    data = {}
    for number in range(NUMBERS):
        data[f"number{number}"] = rng.normal(size=rows) * 10.0 ** (number % 5)
        if number % 3 == 0:
            data[f"number{number}"][rng.random(rows) < 0.05] = np.nan
    for number in range(STRINGS):
        words = rng.choice(WORDS, rows)
        if number % 3 == 0:
            words[rng.random(rows) < 0.05] = None
        data[f"string{number}"] = words
    score = data["number1"] / 10 + data["number2"] / 100 + (data["string0"] == "red") * 1.5
    frame = pd.DataFrame({n: pd.Series(v, dtype=v.dtype, copy=False) for n, v in data.items()})
    return frame, (score + rng.normal(size=rows) * 0.3 > 0.3).astype(np.int64)


def _peak() -> float:
    """Return the most memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main(*sys.argv[1:])
