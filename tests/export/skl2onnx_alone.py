"""What skl2onnx's own converters answer, in a process that Skiff's are not registered in.

Imports nothing of Skiff.
"""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import numpy as np


def answers(estimator: Any, X: Any) -> list[Any]:
    """Return the labels or predictions, and the probabilities, of skl2onnx's float32 graph.

    Raises RuntimeError where it does not convert, load or run.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_answers, estimator, X).result()


def _answers(estimator: Any, X: Any) -> list[Any]:
    import onnxruntime as ort  # noqa: TID251 - skl2onnx's graphs are not artifacts
    from skl2onnx import to_onnx
    from skl2onnx.common.data_types import FloatTensorType, StringTensorType
    from sklearn.base import is_classifier

    if hasattr(X, "columns"):
        strings = [X[name].dtype.kind == "O" for name in X.columns]
        types = [
            (name, StringTensorType([None, 1]) if text else FloatTensorType([None, 1]))
            for name, text in zip(X.columns, strings, strict=True)
        ]
        kinds = [object if text else np.float32 for text in strings]
        feed = {
            name: X[[name]].to_numpy().astype(kind)
            for name, kind in zip(X.columns, kinds, strict=True)
        }
    else:
        types = [("X", FloatTensorType([None, X.shape[1]]))]
        feed = {"X": np.asarray(X, dtype=np.float32)}
    options = {"zipmap": False} if is_classifier(estimator) else None
    try:
        model = to_onnx(estimator, initial_types=types, options=options)
        single = ort.SessionOptions()
        single.intra_op_num_threads = 1
        session = ort.InferenceSession(model.SerializeToString(), single)
        return list(session.run(None, feed))
    except Exception as error:  # noqa: BLE001 - it raises a dozen unrelated types
        raise RuntimeError(f"{type(error).__name__}: {error}") from None
