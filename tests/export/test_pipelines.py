"""Pipelines as people deploy them are exported, and answer single records as scikit-learn does."""

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
from export.convert import FOUR_ULP
from export.pipeline import Exported
from runtime.predictor import Predictor
from tests.export.deployed.exact import EXACT
from tests.export.deployed.rounded import ROUNDED
from tests.export.deployed.steps import Case

RECORDS = 5
ROUNDING = 1e-12


@pytest.mark.parametrize("case", EXACT.values(), ids=EXACT)
def test_every_bit_is_proven(case: Case, tmp_path: Path) -> None:
    """From the table to the answer nothing is rounded but where scikit-learn rounds it too."""
    assert _served(case, tmp_path).manifest.parity.tolerance <= FOUR_ULP


@pytest.mark.parametrize("case", ROUNDED.values(), ids=ROUNDED)
def test_numbers_agree_but_for_rounding(case: Case, tmp_path: Path) -> None:
    """No label is another, and no number further off than sums are that are added differently."""
    assert _served(case, tmp_path).manifest.parity.tolerance == ROUNDING


def _served(case: Case, folder: Path) -> Exported:
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
    for record, answer in islice(zip(_records(X_test), expected, strict=True), RECORDS):
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
