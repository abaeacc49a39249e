"""Asks the service and the model itself, through the generated clients, and prints the answers."""

import json
import sys

from iris import IrisClient, IrisError, IrisRecord
from iris_local import IrisModel
from penguins import PenguinsClient, PenguinsRecord
from penguins_local import PenguinsModel

service, artifacts = sys.argv[1:]
flowers = [IrisRecord(feature1=5.1, feature2=3.5, feature3=1.4, feature4=0.2)]
birds = [
    PenguinsRecord(island="Dream", sex="male", bill_length_mm=41.5, body_mass_g=4000, year=2009),
    PenguinsRecord(island="Elsewhere", sex=None, year=2007),
]
refused = 0
try:
    IrisClient(service).predict(
        IrisRecord(feature1=float("nan"), feature2=3.5, feature3=1.4, feature4=0.2)
    )
except IrisError as error:
    refused = error.status
answers = {
    "service": {
        "iris": IrisClient(service).predict_all(flowers),
        "penguins": PenguinsClient(service).predict_all(birds),
    },
    "local": {
        "iris": IrisModel(f"{artifacts}/iris/1/model.onnx").predict_all(flowers),
        "penguins": PenguinsModel(f"{artifacts}/penguins/1/model.onnx").predict_all(birds),
    },
    "refused": refused,
}
print(json.dumps(answers))
