"""Where an artifact comes from: versions, the data's hash, the source revision."""

import hashlib
import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from export.errors import ExportError
from export.recipe import Trained
from export.table import Layout, as_table
from runtime.manifest import Provenance

PACKAGES = ("scikit-learn", "skl2onnx", "onnx", "onnxruntime", "numpy")
BOOSTERS = {"CatBoost": "catboost", "LGBM": "lightgbm", "XGB": "xgboost"}
"""Libraries whose version is named where an estimator of theirs is, by how its name begins."""


def provenance_of(
    trained: Trained, layout: Layout, recipe: Path | None, opset: Mapping[str, int]
) -> Provenance:
    """Describe the origin of a model: the same inputs give the same description."""
    table = as_table(trained.X_train, "X_train")
    columns = (layout.column(table, index) for index in range(len(layout.names)))
    printed = _printed(trained.estimator)
    return Provenance(
        estimator=printed,
        training_data=f"sha256:{_hash(columns, trained.y_train)}",
        training_rows=len(table),
        versions={"python": platform.python_version()}
        | {name: version(name) for name in PACKAGES}
        | {
            name: str(sys.modules[name].__version__)
            for prefix, name in BOOSTERS.items()
            if prefix in printed and name in sys.modules
        },
        opset=dict(opset),
        revision=_revision(recipe) if recipe is not None else None,
        created=_created(),
    )


def _printed(estimator: Any) -> str:
    """Return the estimator as scikit-learn prints it, whole, without memory addresses."""
    whole = {"N_CHAR_MAX": 1_000_000} if isinstance(estimator, BaseEstimator) else {}
    return re.sub(r" at 0x[0-9a-fA-F]+", "", estimator.__repr__(**whole))


def _hash(columns: Iterable[NDArray[Any]], y: Any) -> str:
    """Return the SHA-256 of the training data, column by column, then of the target."""
    digest = hashlib.sha256()
    for values in chain(columns, [] if y is None else [np.asarray(y)]):
        if values.dtype.kind in "biuf":
            digest.update(np.ascontiguousarray(values, dtype=np.float64).tobytes())
        else:
            digest.update(repr(values.tolist()).encode("utf-8", "surrogatepass"))
        digest.update(b"\0")
    return digest.hexdigest()


def _revision(recipe: Path) -> str | None:
    """Return the git revision that the recipe belongs to, or None outside a repository."""
    command = ["git", "rev-parse", "HEAD"]
    try:
        done = subprocess.run(
            command, cwd=recipe.parent, capture_output=True, text=True, check=False
        )
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _created() -> str | None:
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if epoch is None:
        return None
    try:
        return datetime.fromtimestamp(int(epoch), UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        expected = "expected whole seconds since 1970"
        raise ExportError(f"SOURCE_DATE_EPOCH has the value {epoch!r}; {expected}.") from None
