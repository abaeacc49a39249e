"""The usual tutorial: FastAPI and joblib, a pydantic model, an endpoint that is a `def`."""

from typing import Any

import common
from fastapi import FastAPI
from pydantic import create_model

model = common.load()
Row = create_model("Row", **common.fields())
app = FastAPI()


def answers(rows: list[Any]) -> list[dict[str, Any]]:
    """Return label and probability of each row."""
    table = common.table([row.model_dump() for row in rows])
    labels, probabilities = model.predict(table), model.predict_proba(table)
    return [
        {"prediction": label, "probability": each.max()}
        for label, each in zip(labels.tolist(), probabilities, strict=True)
    ]


@app.post("/predict")
def predict(row: Row) -> dict[str, Any]:  # type: ignore[valid-type]
    """Answer one row."""
    return answers([row])[0]


@app.post("/predict_batch")
def predict_batch(rows: list[Row]) -> list[dict[str, Any]]:  # type: ignore[valid-type]
    """Answer many rows."""
    return answers(rows)
