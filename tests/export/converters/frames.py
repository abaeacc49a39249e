"""Tables of mixed columns, and of missing values, for the tests of several converters."""

from typing import Any

import numpy as np
import pandas as pd


def mixed(rows: int = 400) -> tuple[pd.DataFrame, np.ndarray]:
    """Return numbers, integers, booleans, and strings of several kinds, with missing values."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "amount": rng.lognormal(3, 1, rows),
            "age": rng.integers(18, 90, rows),
            "code": rng.integers(2**53 - 5, 2**53, rows),
            "member": rng.random(rows) < 0.4,
            "ratio": np.where(rng.random(rows) < 0.1, np.nan, rng.normal(size=rows)),
            "city": pd.Series(rng.choice(["Oslo", "Rom", "", "nan", "Łódź"], rows), dtype=object),
            "grade": pd.Categorical(rng.choice(["low", "mid", "high"], rows)),
            "tier": pd.Series(rng.choice([1, 2, 3], rows), dtype="Int64"),
            "flag": pd.Series(rng.random(rows) < 0.5, dtype="boolean"),
        }
    )
    frame.loc[rng.random(rows) < 0.1, "city"] = np.nan
    frame.loc[rng.random(rows) < 0.1, "grade"] = np.nan
    frame.loc[rng.random(rows) < 0.1, "tier"] = pd.NA
    frame.loc[rng.random(rows) < 0.1, "flag"] = pd.NA
    y = (frame["amount"] > 20) ^ frame["member"] ^ (frame["city"] == "Oslo")
    return frame, y.to_numpy()


def with_missing(X: Any) -> Any:
    """Return the table with a tenth of its values missing."""
    X = X.copy()
    X[np.random.default_rng(0).random(X.shape) < 0.1] = np.nan
    return X


def animals(rows: int = 800, kinds: int = 12) -> tuple[pd.DataFrame, Any]:
    """Return a table of numbers and categories, with missing values in both, and two classes."""
    rng = np.random.default_rng(0)
    names = np.array([f"kind {i}" for i in range(kinds)], dtype=object)
    kind = rng.integers(0, kinds, rows)
    site = rng.integers(0, 3, rows)
    size = rng.normal(size=rows)
    y = (np.sin(kind * 1.7) + 0.5 * (site == 1) + 0.3 * size + rng.normal(0, 0.2, rows)) > 0.3
    frame = pd.DataFrame(
        {
            "size": np.where(rng.random(rows) < 0.1, np.nan, size),
            "kind": pd.Categorical(names[kind]),
            "site": pd.Categorical(np.array(["a", "b", "c"], dtype=object)[site]),
        }
    )
    frame.loc[rng.random(rows) < 0.1, "kind"] = None
    return frame, y
