"""What the servers of the others load: the pickle, and rows as scikit-learn takes them."""

import json
import os
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd

FOLDER = Path(os.environ["BENCHMARK_MODEL"])
META = json.loads((FOLDER / "meta.json").read_text())
COLUMNS = META["columns"]


def load() -> Any:
    """Return the fitted estimator."""
    return joblib.load(FOLDER / "model.joblib")


def table(rows: list[dict[str, Any]]) -> Any:
    """Return rows as the estimator was fitted: an array, or a data frame."""
    if META["framed"]:
        return pd.DataFrame(rows, columns=COLUMNS).replace({None: np.nan})
    return np.array([[row[name] for name in COLUMNS] for row in rows])


def fields() -> dict[str, Any]:
    """Return what a pydantic model of a row has: by name, type and default."""
    if not META["framed"]:
        return dict.fromkeys(COLUMNS, (float, ...))
    strings = META["strings"]
    return {name: ((str if name in strings else float) | None, None) for name in COLUMNS}
