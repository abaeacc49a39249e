"""Tables of mixed columns for the tests of transformers."""

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
