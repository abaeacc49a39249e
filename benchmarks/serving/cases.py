"""The models that are served, each as an artifact for Skiff and as a pickle for the others."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import msgspec
import pandas as pd

from export.pipeline import export_trained
from export.recipe import BUILT_IN, load

HERE = Path(__file__).parent
RECIPES = {
    "iris": BUILT_IN / "iris.py",
    "forest": HERE / "recipes/forest.py",
    "penguins": BUILT_IN / "penguins.py",
    "wide": HERE / "recipes/wide.py",
}
"""Iris; a forest of 100 trees on 30 columns; strings and missing values; 300 columns."""

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """One model, fitted and written where the services find it."""

    name: str
    folder: Path
    """Has `model.joblib`, `meta.json` (its columns) and `artifacts/`."""
    strings: list[str]
    """Names of the columns that hold strings."""
    records: list[Record]
    """Rows as a client sends them."""
    prediction: object
    """What scikit-learn says of the first one."""

    def rows(self, count: int) -> list[Record]:
        """Return `count` rows: those that there are, over and over."""
        return (self.records * (count // len(self.records) + 1))[:count]


def prepare(name: str, folder: Path) -> Case:
    """Fit a model and write it as an artifact and as a pickle, unless that is done."""
    trained = load(RECIPES[name])
    framed = isinstance(trained.X_test, pd.DataFrame)
    if not (folder / "artifacts" / name).exists():
        export_trained(trained, folder / "artifacts", name, version=1)
    joblib.dump(trained.estimator, folder / "model.joblib")
    table = _table(trained.X_test)
    strings = [str(name) for name in table if table[name].dtype.kind not in "fiub"]
    meta = {"columns": list(table), "strings": strings, "framed": framed}
    (folder / "meta.json").write_bytes(msgspec.json.encode(meta))
    first = trained.estimator.predict(trained.X_test[:1])[0]
    prediction = first.item() if hasattr(first, "item") else first
    return Case(name, folder, strings, records(table), prediction)


def records(held_out: Any) -> list[Record]:
    """Return the rows of an array or a data frame as a client sends them."""
    table = _table(held_out)
    complete = table.astype(object).where(table.notna(), None)
    return [
        {str(name): value for name, value in row.items()} for row in complete.to_dict("records")
    ]


def _table(held_out: Any) -> Any:
    if isinstance(held_out, pd.DataFrame):
        return held_out
    names = [f"feature{index + 1}" for index in range(held_out.shape[1])]
    return pd.DataFrame(held_out, columns=names)
