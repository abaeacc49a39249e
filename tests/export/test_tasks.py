"""Every task goes all the way: exported, checked, decoded from JSON, answered as JSON."""

import json
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.datasets import load_iris
from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeClassifier
from sklearn.mixture import GaussianMixture
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC, OneClassSVM

from runtime.answers import answer_schema
from runtime.model import Model
from runtime.payload import Codec
from runtime.selfcheck import self_check
from tests.export.conftest import Prove

X, SPECIES = load_iris(return_X_y=True)
NAMES = np.array(["setosa", "versicolor", "virginica"])[SPECIES]
LONG = np.column_stack([SPECIES, X[:, 0] > 5.8]).astype(int)
LOGISTIC = LogisticRegression(max_iter=1000)

CASES: dict[str, tuple[Any, NDArray[Any] | None, str, list[str]]] = {
    "strings": (LOGISTIC, NAMES, "classification", ["prediction", "probability", "probabilities"]),
    "booleans": (
        LOGISTIC,
        SPECIES == 1,
        "classification",
        ["prediction", "probability", "probabilities"],
    ),
    "scores": (LinearSVC(), NAMES, "classification", ["prediction", "scores"]),
    "a score": (LinearSVC(), SPECIES > 1, "classification", ["prediction", "scores"]),
    "scores of pairs": (
        SVC(decision_function_shape="ovo"),
        NAMES,
        "classification",
        ["prediction"],
    ),
    "several classifications": (
        MultiOutputClassifier(LOGISTIC),
        LONG,
        "multioutput_classification",
        ["prediction", "probability", "probabilities"],
    ),
    "several classifications without probabilities": (
        MultiOutputClassifier(LinearSVC()),
        LONG,
        "multioutput_classification",
        ["prediction"],
    ),
    "several labels": (
        ClassifierChain(LOGISTIC),
        LONG > 0,
        "multilabel_classification",
        ["prediction", "probabilities"],
    ),
    "several labels with scores": (
        RidgeClassifier(),
        (LONG > 0).astype(int),
        "multilabel_classification",
        ["prediction", "scores"],
    ),
    "a number": (LinearRegression(), X[:, 0] * X[:, 1], "regression", ["prediction"]),
    "several numbers": (LinearRegression(), X[:, :2] * X[:, 2:], "regression", ["prediction"]),
    "clusters": (KMeans(3, random_state=0), None, "clustering", ["prediction", "distances"]),
    "a mixture": (
        GaussianMixture(2, random_state=0),
        None,
        "clustering",
        ["prediction", "probabilities"],
    ),
    "outliers": (OneClassSVM(nu=0.1), None, "outlier_detection", ["prediction", "score"]),
    "columns": (StandardScaler(), None, "transformation", ["transformed"]),
}


@pytest.mark.parametrize("case", CASES)
def test_a_task_is_answered_end_to_end(case: str, prove: Prove) -> None:
    """The answer to a request has the fields of the task, and is what scikit-learn predicts."""
    estimator, y, task, fields = CASES[case]
    exported = prove(estimator, X, y)
    model = Model.load(exported.path / "model.onnx")
    codec = Codec(model.manifest)
    assert self_check(model, codec) > 0
    batch = codec.decode(json.dumps(dict(zip(_names(model), X[0], strict=True))).encode())
    answer = json.loads(codec.encode(model.run(batch.tensors), batch.single))
    assert model.manifest.task == task
    assert list(answer) == fields
    assert list(answer_schema(model.manifest)["properties"]) == fields
    if y is not None:
        predicted = estimator.predict(X[:1]).tolist()[0]
        assert _flat(answer["prediction"]) == pytest.approx(predicted)


def _names(model: Model) -> list[str]:
    return [feature.name for feature in model.manifest.features]


def _flat(prediction: Any) -> Any:
    """Return a prediction of several targets as a list."""
    return list(prediction.values()) if isinstance(prediction, dict) else prediction
