"""Whether what was given can be exported at all: a fitted estimator, and tables that agree.

Asked before anything else, so that a mistake in a recipe or a notebook is said as such, not as
an error from deep inside a conversion.
"""

import math
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import NotFittedError

from export.errors import ConversionError, ExportError, RecipeError
from export.reference import Answers, as_labels
from export.steps import asked, last_of
from export.table import FIT_ON_DOUBLES, Layout
from runtime.manifest import MISSING_STRING, Dtype, Scalar, Task

GREATEST_INTEGER = 2**53
"""Up to here, every integer is a double."""
MOST_ANSWERED = 2**16
"""More numbers for a row than this no client wants, nor do a thousand rows fit in memory."""
_EXPECTED = {
    "bool": "booleans",
    "int64": "integers",
    "float64": "numbers",
    "string": "strings",
}


def check_estimator(estimator: Any, layout: Layout, table: Any) -> None:
    """Ask an estimator for its answer to the first row of `table`, which it was fitted on.

    Raises RecipeError where it is not fitted, or was fitted on other columns than these, and
    ConversionError where it answers nothing of new rows.
    """
    if isinstance(estimator, type):
        problem = f"the estimator is the class {estimator.__name__}; expected a fitted object of it"
        raise RecipeError("recipe", f"{problem}.")
    if getattr(estimator, "refit", True) is False:
        problem = "has refit=False, so it kept no estimator; set refit=True, or fit the best one"
        raise RecipeError("recipe", f"the {type(estimator).__name__} {problem} yourself.")
    if not hasattr(estimator, "predict") and not hasattr(estimator, "transform"):
        raise _mute(estimator)
    name = type(estimator).__name__
    before, last = last_of(estimator)
    if not isinstance((*before, last)[0], ColumnTransformer):  # which finds its columns by name
        _check_order(name, np.asarray(getattr(estimator, "feature_names_in_", ())).tolist(), layout)
    try:
        answered = asked(estimator, layout.build(layout.split(layout.take(table, slice(0, 1)))))
    except NotFittedError:
        raise RecipeError("recipe", f"the {name} is not fitted; call its fit first.") from None
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        problem = f"the {name} does not answer the first row of X_train: {error}"
        problem += _where(str(error), layout, table)
        problem += f". {FIT_ON_DOUBLES}" if layout.single else ""
        raise RecipeError("recipe", problem) from error
    columns = (*getattr(answered, "shape", ()), 1, 1)[1]
    if columns == 0:
        raise ConversionError((), estimator, "its answer has no columns, so nothing is to serve.")
    if columns > MOST_ANSWERED:
        problem = f"it answers {columns:,} numbers a row; {MOST_ANSWERED:,} are served at most. Let"
        problem += " a model follow it, or set fewer columns, such as n_features or max_features."
        raise ConversionError((), estimator, problem)


def _where(said: str, layout: Layout, table: Any) -> str:
    """Name the column whose string in the first row an error cites; nothing where there is none."""
    first = layout.take(table, slice(0, 1))
    for index, (name, dtype) in enumerate(zip(layout.names, layout.dtypes, strict=True)):
        if dtype == "string" and repr(layout.column(first, index)[0]) in said:
            return f" (column {name!r})"
    return ""


def _mute(estimator: Any) -> ExportError:
    """Return the error that refuses what has no answer to new rows."""
    if not hasattr(estimator, "fit"):
        problem = f"the estimator is a {type(estimator).__name__}; expected a fitted one, with"
        return RecipeError("recipe", f"{problem} predict or transform.")
    _, last = last_of(estimator)
    reason = "it can neither predict nor transform new rows"
    if getattr(last, "novelty", True) is False:
        reason += "; set novelty=True before its fit"
    return ConversionError((), last, f"{reason}.")


def _check_order(name: str, fitted: list[Any], layout: Layout) -> None:
    """Compare a data frame's columns with those that an estimator was fitted on, all there."""
    if layout.form != "frame" or not set(fitted) <= set(layout.labels):
        return
    for column, expected in zip(layout.labels, fitted, strict=False):
        if column != expected:
            problem = f"X_train has {column!r} where the {name} was fitted on {expected!r}; give"
            problem += " the columns of its feature_names_in_, in their order."
            raise RecipeError("recipe", problem)


def check_table(layout: Layout, table: Any, source: str) -> None:
    """Compare a table with the layout of the training rows.

    Raises RecipeError, naming `source` and the column, where it has no rows, lacks a column, or
    holds something else in one.
    """
    form = "frame" if isinstance(table, pd.DataFrame) else "vector" if table.ndim == 1 else "array"
    if form != layout.form:
        problem = f"{source} is {_named(form)}; X_train is {_named(layout.form)}. Give both alike."
        raise RecipeError("recipe", problem)
    if not len(table):
        raise RecipeError("recipe", f"{source} has no rows.")
    if form == "frame":
        lacking = [str(label) for label in layout.labels if label not in table.columns]
        if lacking:
            problem = f"{source} lacks columns that X_train has: {', '.join(lacking)}."
            raise RecipeError("recipe", problem)
    elif form == "array" and table.shape[1] != len(layout.names):
        problem = f"{source} has {table.shape[1]} columns; X_train has {len(layout.names)}."
        raise RecipeError("recipe", problem)
    for index, (name, dtype) in enumerate(zip(layout.names, layout.dtypes, strict=True)):
        _check_column(_values(layout, table, index), dtype, f"column {name!r} of {source}")


def check_target(target: Any, rows: int, source: str) -> None:
    """Raise RecipeError, naming `source`, where a target has not a value for each row.

    Or where a label is a text that nothing can be told of.
    """
    if target is None:
        return
    values = np.ravel(target)
    if values.dtype.kind not in "biufc":
        _check_characters([each for each in values if isinstance(each, str)], source)
    if len(target) != rows:
        table = source.replace("y_", "X_")
        raise RecipeError("recipe", f"{source} has {len(target)} values; {table} has {rows} rows.")


def check_truth(truth: Any, answers: Answers, task: Task) -> None:
    """Compare the target of the held-out rows with what the estimator answers them.

    Raises RecipeError where values are missing, or are no labels or numbers as it answers.
    """
    if truth is None or not task.endswith(("classification", "regression")):
        return
    answer = answers["prediction" if task == "regression" else "label"]
    values = np.asarray(truth)
    columns, expected = (math.prod(array.shape[1:]) for array in (values, answer))
    if columns not in (1, expected):
        problem = f"y_test has {columns} columns; the estimator answers {expected}."
        raise RecipeError("recipe", problem)
    if missing := int(np.asarray(pd.isna(truth)).sum()):
        problem = f"y_test lacks {missing} of {len(values)} values; leave those rows out"
        raise RecipeError("recipe", f"{problem} of X_test and y_test.")
    as_strings = as_labels(values).dtype == object
    if as_strings != (answer.dtype == object):
        found, wanted = values.flat[0], answer.flat[0]
        problem = f"y_test holds {found!s} ({type(found).__name__}), where the estimator answers"
        kind = "a number" if as_strings else "a string"
        raise RecipeError("recipe", f"{problem} {kind}, such as {wanted}; give both alike.")


def as_sent(value: Any, dtype: Dtype, place: str) -> Scalar:
    """Return a value of a recipe as a client would send it, None being a missing one.

    Raises RecipeError, naming `place`, where it is of another type.
    """
    sent: Scalar = value.item() if isinstance(value, np.generic) else value
    kinds = {"bool": (bool,), "int64": (int,), "float64": (int, float), "string": (str,)}
    alike = isinstance(sent, kinds[dtype]) and isinstance(sent, bool) == (dtype == "bool")
    if sent is None or alike:
        return sent
    raise RecipeError("recipe", f"{place} is {value!r}, where X_train holds {_EXPECTED[dtype]}.")


def _named(form: str) -> str:
    return {"frame": "a data frame", "vector": "a list of texts", "array": "an array"}[form]


def _values(layout: Layout, table: Any, index: int) -> Any:
    """Return a column as it is in the table; of a categorical one, the categories."""
    if layout.form == "frame":
        series = table[layout.labels[index]]
        return series.cat.categories if isinstance(series.dtype, pd.CategoricalDtype) else series
    return table[:, index] if layout.form == "array" else table


def _check_column(values: Any, dtype: Dtype, place: str) -> None:
    if isinstance(values.dtype, np.dtype) and values.dtype.kind in "fb" and dtype == "float64":
        return
    present = values[~np.asarray(pd.isna(values), dtype=bool)]
    if not len(present):
        return
    if dtype == "string":
        if pd.api.types.infer_dtype(present) != "string":
            raise _unlike(present, dtype, place)
        _check_strings(present, place)
        return
    numbers = _numbers(present)
    if numbers is None or (dtype == "bool" and not np.isin(numbers, (0, 1)).all()):
        raise _unlike(present, dtype, place)
    if dtype == "int64":
        _check_integers(present, numbers, place)


def _check_strings(present: Any, place: str) -> None:
    _check_characters(present, place)
    if (present == MISSING_STRING).any():
        problem = f"{place} holds the text '\\ufdd0', by which models know a missing string"
        raise RecipeError("recipe", f"{problem}; replace it in the recipe.")


def _check_characters(texts: Any, place: str) -> None:
    try:
        "".join(texts).encode()
    except UnicodeEncodeError as error:
        character = ascii(error.object[error.start])
        problem = f"{place} holds {character}, half of a character, which UTF-8 has no bytes for"
        raise RecipeError("recipe", f"{problem}; mend the text in the recipe.") from None


def _check_integers(present: Any, numbers: NDArray[np.float64], place: str) -> None:
    if not np.array_equal(numbers, np.trunc(numbers)):
        raise _unlike(present[numbers != np.trunc(numbers)], "int64", place)
    doubtful = np.asarray(present)[np.abs(numbers) >= GREATEST_INTEGER]
    if any(abs(int(value)) > GREATEST_INTEGER for value in doubtful):
        raise RecipeError(
            "recipe",
            f"{place} holds integers beyond 2^53, such as {int(doubtful[0])}, which doubles, and "
            "with them most JSON clients, round. Leave it out, or make strings of them, in the "
            "recipe, before the estimator.",
        )


def _numbers(values: Any) -> NDArray[np.float64] | None:
    if pd.api.types.infer_dtype(values) in ("string", "bytes", "datetime64", "timedelta64"):
        return None
    try:
        return np.asarray(values).astype(np.float64)
    except (TypeError, ValueError):
        return None


def _unlike(values: Any, dtype: Dtype, place: str) -> RecipeError:
    """Return the error that shows the first value of another kind, or the first of all."""
    kinds = str if dtype == "string" else (int, float, np.number, np.bool_)
    listed = values.tolist()
    value = next((each for each in listed if not isinstance(each, kinds)), listed[0])
    return RecipeError(
        "recipe",
        f"{place} holds {value!r}, where X_train holds {_EXPECTED[dtype]} alone; "
        "make both alike in the recipe, before the estimator.",
    )
