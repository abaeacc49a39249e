"""What the estimator reaches on the held-out rows, by the usual measures of its task."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

from runtime.manifest import Task


def metrics_of(task: Task, truth: NDArray[Any], predicted: NDArray[Any]) -> dict[str, float]:
    """Return accuracy (all labels of a row are right), or R², RMSE and MAE.

    Nothing for tasks that have no truth, nor where a prediction is not finite, or several are
    of one target, such as quantiles.
    """
    if predicted.ndim > truth.ndim:
        return {}
    if task == "regression" and np.isfinite(predicted).all():
        return {
            "r2": float(r2_score(truth, predicted)) if len(truth) > 1 else 0.0,
            "rmse": float(root_mean_squared_error(truth, predicted)),
            "mae": float(mean_absolute_error(truth, predicted)),
        }
    if task.endswith("classification"):
        right = (truth == predicted).reshape(len(truth), -1).all(axis=1)
        return {"accuracy": float(right.mean())}
    return {}
