"""What the estimator reaches on the held-out rows, by the usual measures of its task."""

from typing import Any

import numpy as np
from sklearn.metrics import accuracy_score, mean_absolute_error, r2_score, root_mean_squared_error

from export.reference import Reference, predictions


def metrics_of(reference: Reference, table: Any, y: Any) -> dict[str, float]:
    """Return accuracy, or R², RMSE and MAE; nothing where there is nothing to compare."""
    if y is None or not len(y) or reference.task == "transformation":
        return {}
    predicted = predictions(reference.estimator, table)
    truth = np.asarray(y)
    several_of_one = predicted.ndim > truth.ndim  # quantiles of one target, for example
    if several_of_one or (reference.task == "regression" and not np.isfinite(predicted).all()):
        return {}
    if reference.task == "regression":
        return {
            "r2": float(r2_score(truth, predicted)) if len(truth) > 1 else 0.0,
            "rmse": float(root_mean_squared_error(truth, predicted)),
            "mae": float(mean_absolute_error(truth, predicted)),
        }
    if reference.task in ("classification", "multilabel_classification"):
        return {"accuracy": float(accuracy_score(truth, predicted))}
    if reference.task == "multioutput_classification":
        return {"accuracy": float((truth == predicted).all(axis=1).mean())}
    return {}
