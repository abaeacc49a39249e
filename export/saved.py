"""A fitted estimator from a file, and its rows from another: the way in without a recipe."""

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import joblib
import pandas as pd
import skops.io
from sklearn.compose import ColumnTransformer

from export.errors import RecipeError
from export.recipe import Trained
from export.steps import last_of

PICKLES = (".joblib", ".pkl", ".pickle")


def load_saved(
    estimator: Path,
    data: Path,
    target: str | None = None,
    *,
    trust: Sequence[str] = (),
    execute: bool = False,
) -> Trained:
    """Load a fitted estimator, and the rows that it is compared and measured on.

    `estimator` is a skops file, whose types must be scikit-learn's own or among `trust`, or,
    with `execute`, a joblib or pickle file, which runs whatever code it holds. `data` is a CSV
    or Parquet file with the estimator's columns and, if it is named, the `target` column.
    Raises RecipeError where a file cannot be read or is not to be trusted.
    """
    fitted = _estimator(estimator, trust, execute)
    rows = _rows(data)
    y = None
    if target is not None:
        if target not in rows.columns:
            found = ", ".join(map(str, rows.columns))
            raise RecipeError(data, f"has no column {target!r}. Its columns: {found}.")
        y = rows.pop(target)
    if not len(rows):
        raise RecipeError(data, "has no rows.")
    table = _table(fitted, rows, data)
    return Trained(
        estimator=fitted,
        X_train=table,
        X_test=table,
        y_train=y,
        y_test=y,
        name=estimator.stem,
        target_names=[target] if target is not None else (),
    )


def _estimator(path: Path, trust: Sequence[str], execute: bool) -> Any:
    if not path.is_file():
        raise RecipeError(path, "there is no such file.")
    if path.suffix == ".skops":
        return _skops(path, trust)
    if path.suffix not in PICKLES:
        expected = ", ".join((".skops", *PICKLES))
        raise RecipeError(path, f"has the suffix {path.suffix!r}; expected one of {expected}.")
    if not execute:
        raise RecipeError(
            path,
            "a pickle runs whatever code it holds when it is loaded. If you trust it, pass "
            "--execute-pickle; or save the estimator with skops.io.dump, which runs none.",
        )
    with warnings.catch_warnings():
        # An estimator of another version of scikit-learn may load and be silently different.
        warnings.simplefilter("error")
        try:
            return joblib.load(path)
        except Exception as error:
            raise RecipeError(path, f"cannot be loaded: {error}") from error


def _skops(path: Path, trust: Sequence[str]) -> Any:
    try:
        found = skops.io.get_untrusted_types(file=path)
        own = [name for name in found if name.startswith("sklearn.") or name == "numpy.dtype"]
        unknown = sorted(set(found) - {*trust, *own})
        if unknown:
            flags = " ".join(f"--trust {name}" for name in unknown)
            problem = f"holds types that are not scikit-learn's own. If you trust them: {flags}"
            raise RecipeError(path, problem)
        return skops.io.load(path, trusted=[*trust, *own])
    except (BadZipFile, ValueError, OSError, KeyError, TypeError, ImportError) as error:
        raise RecipeError(path, f"cannot be loaded: {error}") from error


def _table(estimator: Any, rows: pd.DataFrame, path: Path) -> Any:
    """Return the columns that the estimator was fitted on; an array if it knows no names.

    A column that it was fitted on, but never takes, need not be there. One column is a vector of
    texts for an estimator that counts no features: a vectorizer.
    """
    names = getattr(estimator, "feature_names_in_", None)
    if names is None:
        width = getattr(estimator, "n_features_in_", None)
        if width is not None and width != len(rows.columns):
            problem = f"has {len(rows.columns)} columns of features; the estimator takes {width}."
            raise RecipeError(path, f"{problem} If one of them is the target, name it by --target.")
        texts = width is None and len(rows.columns) == 1
        return rows.iloc[:, 0].to_numpy(object) if texts else rows.to_numpy()
    missing = [str(name) for name in _taken(estimator, names) if name not in rows.columns]
    if missing:
        raise RecipeError(path, f"lacks columns that the estimator needs: {', '.join(missing)}.")
    return rows[[name for name in names if name in rows.columns]]


def _taken(estimator: Any, names: Sequence[Any]) -> Sequence[Any]:
    """Return the columns that an estimator takes: of a column transformer, not those it drops."""
    before, last = last_of(estimator)
    first = (*before, last)[0]
    if not isinstance(first, ColumnTransformer):
        return names
    taken = {
        place
        for name, step, _ in first.transformers_
        if step != "drop"
        for place in first._transformer_to_input_indices[name]  # noqa: SLF001 - names, masks, slices
    }
    return [name for place, name in enumerate(names) if place in taken]


def _rows(path: Path) -> pd.DataFrame:
    readers: dict[str, Callable[[Path], pd.DataFrame]] = {
        ".csv": pd.read_csv,
        ".parquet": pd.read_parquet,
    }
    if path.suffix not in readers:
        expected = " or ".join(readers)
        raise RecipeError(path, f"has the suffix {path.suffix!r}; expected {expected}.")
    try:
        return readers[path.suffix](path)
    except (OSError, ValueError, ImportError) as error:
        raise RecipeError(path, f"cannot be read: {error}") from error
