"""A pipeline fitted, exported, and asked for single records by the service's own code."""

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import train_test_split

from export import export
from export.pipeline import Exported
from runtime.predictor import Predictor
from tests.export.deployed.steps import Case

RECORDS = 5
ROUNDING = 1e-12


def served(case: Case, folder: Path, records: int = RECORDS) -> Exported:
    """Fit and export a pipeline, and ask the service's own code for some held-out records."""
    table = case[1]()
    target = np.zeros(len(table.X)) if table.y is None else table.y
    X, X_test, y, y_test = train_test_split(table.X, target, random_state=0)
    if table.y is None:
        y = y_test = None
    model = clone(case[0]).fit(X, y)
    exported = export(model, X, y, name="model", X_test=X_test, y_test=y_test, out=folder)
    predictor = Predictor.load(exported.path / "model.onnx")
    expected = model.predict(X_test)
    for record, answer in islice(zip(_records(X_test), expected, strict=True), records):
        prediction = json.loads(predictor.answer(json.dumps(record).encode()).content)["prediction"]
        given = list(prediction.values()) if isinstance(prediction, dict) else [prediction]
        for one, other in zip(given, np.ravel(answer).tolist(), strict=True):
            assert one == (
                pytest.approx(other, rel=ROUNDING) if isinstance(other, float) else other
            )
    return exported


def _records(table: Any) -> Iterator[dict[str, Any]]:
    """Yield the rows of a table as a client sends them."""
    if isinstance(table, pd.Series):
        return ({"text": text} for text in table)
    if isinstance(table, np.ndarray):
        names = [f"feature{column + 1}" for column in range(table.shape[1])]
        table = pd.DataFrame(table, columns=names)
    known = table.astype(object).where(table.notna(), None)
    return iter(known.to_dict("records"))
