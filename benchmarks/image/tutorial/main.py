"""The tutorial's service."""

import joblib
import pandas as pd
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()
model = joblib.load("model.joblib")


class Flower(BaseModel):
    """The request."""

    feature1: float
    feature2: float
    feature3: float
    feature4: float


@app.post("/predict")
def predict(flower: Flower) -> dict[str, float]:
    """Answer with the class and its probability."""
    probabilities = model.predict_proba(pd.DataFrame([flower.model_dump()]))[0]
    prediction = probabilities.argmax()
    return {"prediction": int(prediction), "probability": float(probabilities[prediction])}
