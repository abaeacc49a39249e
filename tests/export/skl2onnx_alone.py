"""What skl2onnx's own converters answer, in a process that Skiff's are not registered in.

Imports nothing of Skiff.
"""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any

import numpy as np
import pandas as pd


class Alone:
    """Converts fitted estimators with skl2onnx as it comes, and runs their graphs."""

    def __init__(self, pool: ProcessPoolExecutor) -> None:
        self._pool = pool

    def answers(self, estimator: Any, X: Any) -> list[Any]:
        """Return what skl2onnx's float32 graph answers: labels and probabilities, or numbers.

        Raises RuntimeError, with the message, where it does not convert, load or run.
        """
        return self._pool.submit(_answers, estimator, X).result()


@contextmanager
def alone() -> Iterator[Alone]:
    """Start the process; imported once, it serves all conversions."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        yield Alone(pool)


def _answers(estimator: Any, X: Any) -> list[Any]:
    import onnxruntime as ort  # noqa: TID251 - skl2onnx's graphs are not artifacts
    from skl2onnx import to_onnx
    from sklearn.base import is_classifier

    types, feed = _inputs(X)
    options = {"zipmap": False} if is_classifier(estimator) else None
    ort.set_default_logger_severity(4)
    single = ort.SessionOptions()
    single.intra_op_num_threads = 1
    try:
        model = to_onnx(estimator, initial_types=types, options=options)
        session = ort.InferenceSession(model.SerializeToString(), single)
        return list(session.run(None, feed))
    except Exception as error:  # noqa: BLE001 - it raises a dozen unrelated types
        raise RuntimeError(f"{type(error).__name__}: {error}") from None


def _inputs(X: Any) -> tuple[list[tuple[str, Any]], dict[str, Any]]:
    """Return the inputs' types and values: one for each column of a data frame, or one in all."""
    if isinstance(X, pd.DataFrame):
        parts = {name: X[[name]].to_numpy() for name in X.columns}
    else:
        parts = {"X": X.reshape(len(X), -1)}
    types: list[tuple[str, Any]] = []
    feed = {}
    for name, values in parts.items():
        kind, dtype = _kind(values)
        types.append((name, kind([None, values.shape[1]])))
        feed[name] = values.astype(dtype)
    return types, feed


def _kind(values: Any) -> tuple[Any, Any]:
    from skl2onnx.common.data_types import BooleanTensorType, FloatTensorType, StringTensorType

    if values.dtype.kind == "O":
        return StringTensorType, object
    return (BooleanTensorType, bool) if values.dtype.kind == "b" else (FloatTensorType, np.float32)
