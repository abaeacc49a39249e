"""The reference: what scikit-learn itself answers, under the names of the graph's outputs.

| task | outputs |
| --- | --- |
| classification | `label` [N] and `probabilities` [N, classes], or `scores` [N] or [N, classes] |
| multilabel_classification | `label` [N, targets] of 0 and 1, `probabilities` [N, targets] |
| multioutput_classification | `label` [N, targets], `probabilities` [N, classes of all targets] |
| regression | `prediction` [N] or [N, targets] |
| clustering | `label` [N]; `probabilities` or `distances` [N, clusters] where there are any |
| outlier_detection | `label` [N], 1 or -1, and `scores` [N] |
| transformation | `transformed` [N, columns] |
"""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from joblib import parallel_config
from numpy.typing import NDArray
from sklearn.base import is_classifier, is_clusterer, is_outlier_detector, is_regressor
from sklearn.ensemble import IsolationForest
from sklearn.utils import get_tags

from export.errors import ConversionError, RecipeError
from export.steps import applied, asked, last_of, scores_pairs
from runtime.manifest import MISSING_STRING, Class, Label, Target, Task, Tensor

Answers = dict[str, NDArray[Any]]
REFUSALS = (ValueError, LookupError, AttributeError, TypeError, ArithmeticError)
"""How scikit-learn refuses rows; CategoricalNB by the second, vectorizers None by the third.

Functions of the user's own raise the others: a dictionary without the key, the length of None.
"""


@contextmanager
def quietly() -> Iterator[None]:
    """Silence what scikit-learn and numpy warn of on rows that are extreme on purpose."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


@dataclass(frozen=True)
class Reference:
    """A fitted estimator, and what it answers for a table of rows."""

    estimator: Any
    task: Task
    targets: tuple[Target, ...]
    scored_by: str | None
    """The method beside `predict`: predict_proba, decision_function, transform, or None."""

    @classmethod
    def of(
        cls,
        estimator: Any,
        sample: Any,
        target_names: Sequence[str] = (),
        class_names: Sequence[str] = (),
    ) -> "Reference":
        """Learn from the estimator, and its answer to a few rows, what it answers.

        Raises RecipeError where the names given do not fit its targets or classes,
        ConversionError where a transformer answers strings and numbers side by side.
        """
        task, scored_by = _task(estimator)
        if task == "transformation":
            count = _transformed(estimator, sample).shape[1]
            names = _output_names(estimator, count)
            classes: list[Sequence[Label] | None] = [None] * count
            return cls(estimator, task, _targets(names, classes, class_names), "transform")
        predicted = predictions(estimator, sample)
        count = 1 if predicted.ndim == 1 else predicted.shape[1]
        classes = [None] * count
        if task == "classification":
            if isinstance(estimator.classes_, list):
                classes = [_labels(each) for each in estimator.classes_]
                task, scored_by = _several(estimator, scored_by, sample)
            elif predicted.ndim == 2:
                task, classes = "multilabel_classification", [[0, 1]] * count
            else:
                classes = [_labels(estimator.classes_)]
            if scored_by == "decision_function" and scores_pairs(estimator):
                scored_by = None  # no answer has a name for those
        names = list(target_names) or _target_names(count)
        return cls(estimator, task, _targets(names, classes, class_names), scored_by)

    def answer(self, table: Any) -> Answers:
        """Return scikit-learn's answers for the rows of `table`, by output name.

        With one thread, whatever the estimator's `n_jobs`: forests add their trees' answers in
        the order in which threads finish, which changes the last bits from call to call.
        """
        with parallel_config(backend="sequential"):
            return self._answer(table)

    @property
    def offset(self) -> float:
        """What an isolation forest takes off its scores, which are powers of 2; otherwise 0."""
        _, estimator = last_of(self.estimator)
        return float(estimator.offset_) if isinstance(estimator, IsolationForest) else 0.0

    def predict(self, table: Any) -> NDArray[Any]:
        """Return what the estimator predicts for the rows of `table`, and nothing else."""
        with parallel_config(backend="sequential"):
            return predictions(self.estimator, table)

    def _answer(self, table: Any) -> Answers:
        if self.task == "transformation":
            return {"transformed": _transformed(self.estimator, table)}
        before, estimator = last_of(self.estimator)
        table = applied(before, table)
        predicted = predictions(estimator, table)
        if self.task == "regression":
            return {"prediction": predicted.astype(np.float64)}
        if self.task in ("multilabel_classification", "multioutput_classification"):
            predicted = predicted.astype(_label_dtype(self.targets), copy=False)
        answers = {"label": as_labels(predicted)}
        if self.scored_by == "predict_proba":
            answers["probabilities"] = _probabilities(estimator.predict_proba(table), self.task)
        elif self.scored_by == "decision_function":
            scores = np.asarray(estimator.decision_function(table), dtype=np.float64)
            answers["scores"] = scores
        elif self.scored_by == "transform":
            answers["distances"] = _dense(estimator.transform(table))
        return answers


def predictions(estimator: Any, table: Any) -> NDArray[Any]:
    """Return what `predict` answers; one label a row as `[N]`, where CatBoost answers `[N, 1]`."""
    predicted = np.asarray(asked(estimator, table))
    if predicted.ndim == 2 and predicted.shape[1] == 1 and is_classifier(estimator):
        several = isinstance(estimator.classes_, list)
        return predicted if several else predicted[:, 0]
    return predicted


def as_labels(values: NDArray[Any]) -> NDArray[Any]:
    """Return labels as the graph answers them: int64 (booleans too), float64 or str objects."""
    if values.dtype.kind in "biu":
        return values.astype(np.int64)
    if values.dtype.kind == "f":
        return values.astype(np.float64)
    if all(isinstance(value, (bool, int, np.bool_, np.integer)) for value in values.flat):
        return values.astype(np.int64)
    return np.array([str(value) for value in values.flat], dtype=object).reshape(values.shape)


def tensors_of(answers: Answers, offset: float = 0.0) -> tuple[Tensor, ...]:
    """Describe the outputs of the graph from what scikit-learn answered on held-out rows.

    `offset` is what was taken off the scores: rounding is measured by what they were before.
    """
    whole = {"probabilities": np.ones(1)}
    if "scores" in answers:
        whole["scores"] = answers["scores"] + offset
    kinds = {"i": "int64", "f": "float64", "O": "string"}
    return tuple(
        Tensor(
            name=name,
            dtype=kinds[array.dtype.kind],  # type: ignore[arg-type]
            columns=array.shape[1] if array.ndim == 2 else None,
            magnitude=_magnitude(whole.get(name, array)),
        )
        for name, array in answers.items()
    )


def _task(estimator: Any) -> tuple[Task, str | None]:
    """Return what the estimator does for new rows, and the method that scores its answers."""
    try:
        get_tags(estimator)
    except AttributeError:
        reason = "it does not say what kind of estimator it is; inherit from scikit-learn's "
        reason += "BaseEstimator, or take the estimator of the Booster's library, such as "
        raise ConversionError((), estimator, f"{reason}LGBMClassifier.") from None
    if is_classifier(estimator):
        return "classification", _first(estimator, "predict_proba", "decision_function")
    if is_regressor(estimator):
        return "regression", None
    if is_outlier_detector(estimator):
        return "outlier_detection", _first(estimator, "decision_function")
    if hasattr(estimator, "predict"):
        methods = ("transform", "predict_proba") if is_clusterer(estimator) else ("predict_proba",)
        return "clustering", _first(estimator, *methods)
    return "transformation", "transform"


def _several(estimator: Any, scored_by: str | None, sample: Any) -> tuple[Task, str | None]:
    """Return the task of a classifier of several targets, and how its answers are scored.

    Most answer a list with the probabilities of each target. A chain answers one array with
    a column for each target: if all are 0 or 1, these are several labels of one row.
    """
    if scored_by is None or not _is_chain(estimator, scored_by, sample):
        return "multioutput_classification", scored_by
    if all(np.array_equal(classes, [0, 1]) for classes in estimator.classes_):
        return "multilabel_classification", scored_by
    return "multioutput_classification", None


def _is_chain(estimator: Any, method: str, sample: Any) -> bool:
    try:
        return not isinstance(getattr(estimator, method)(sample), list)
    except ValueError:  # what a chain of more than two classes raises: it only predicts
        return True


def _label_dtype(targets: Sequence[Target]) -> np.dtype[Any]:
    """Return the type that the labels of all targets have in common: chains answer floats."""
    return np.result_type(*[np.array([c.label for c in t.classes or ()]) for t in targets])


def _first(estimator: Any, *methods: str) -> str | None:
    return next((method for method in methods if hasattr(estimator, method)), None)


def _labels(classes: NDArray[Any]) -> list[Label]:
    labels = [label.item() if isinstance(label, np.generic) else label for label in classes]
    for label in labels:
        if isinstance(label, int) and not -(2**63) <= label < 2**63:
            problem = f"the class {label} is beyond 2^63, where the integers of a graph end; make"
            raise RecipeError("recipe", f"{problem} strings of y_train and y_test before the fit.")
    return labels


def _targets(
    names: Sequence[str], classes: Sequence[Sequence[Label] | None], class_names: Sequence[str]
) -> tuple[Target, ...]:
    if len(names) != len(classes):
        problem = (
            f"target_names has {len(names)} names; the estimator answers {len(classes)} targets."
        )
        raise RecipeError("recipe", problem)
    several = sum(labels is not None for labels in classes)
    if len(class_names) and several != 1:
        problem = f"class_names are of one target; the estimator has {several} that are classes."
        raise RecipeError("recipe", problem)
    for what, given in (("target_names", names), ("class_names", class_names)):
        if len(set(given)) < len(given):
            raise RecipeError("recipe", f"{what} has a name twice: {', '.join(map(str, given))}.")
    targets = []
    for name, labels in zip(names, classes, strict=True):
        if labels is None:
            targets.append(Target(name=str(name)))
            continue
        titles = list(class_names) if len(class_names) else list(map(str, labels))
        if len(titles) != len(labels):
            problem = (
                f"class_names has {len(titles)} names; the estimator has {len(labels)} classes."
            )
            raise RecipeError("recipe", problem)
        named = [Class(label=lb, name=str(title)) for lb, title in zip(labels, titles, strict=True)]
        targets.append(Target(name=str(name), classes=tuple(named)))
    return tuple(targets)


def _target_names(count: int) -> list[str]:
    return ["target"] if count == 1 else [f"target{index + 1}" for index in range(count)]


def _output_names(estimator: Any, count: int) -> list[str]:
    """Return the transformer's own names for its columns, or `column1` to `columnN`."""
    try:
        names = [str(name) for name in estimator.get_feature_names_out()]
    except (AttributeError, ValueError, NotImplementedError):
        names = []
    unique = len(names) == count and len(set(names)) == count
    return names if unique else [f"column{index + 1}" for index in range(count)]


def _probabilities(answer: Any, task: Task) -> NDArray[np.float64]:
    if isinstance(answer, list):
        if task == "multilabel_classification":
            return np.column_stack([each[:, -1] for each in answer])
        return np.hstack(answer)
    return np.asarray(answer, dtype=np.float64)


def _transformed(transformer: Any, table: Any) -> NDArray[Any]:
    """Return the columns of a transformer, float64, or strings with MISSING_STRING for None."""
    before, last = last_of(transformer)
    answer = last.transform(applied(before, table))
    values = answer.toarray() if hasattr(answer, "toarray") else np.asarray(answer)
    values = values.reshape(len(table), -1)  # SparsePCA answers a single row without its axis
    if values.dtype.kind in "OUT":
        missing = np.asarray(pd.isna(values))
        kinds = {isinstance(value, str) for value in values[~missing].flat}
        if kinds == {True, False}:
            reason = "it answers strings and numbers side by side; encode the strings too."
            raise ConversionError((), transformer, reason)
        if kinds == {True}:
            return np.where(missing, MISSING_STRING, values).astype(object)
    return np.asarray(values, dtype=np.float64)


def _dense(answer: Any) -> NDArray[np.float64]:
    if hasattr(answer, "toarray"):
        answer = answer.toarray()
    return np.asarray(answer, dtype=np.float64)


def _magnitude(array: NDArray[Any]) -> float:
    if array.dtype.kind != "f":
        return 0.0
    finite = np.abs(array[np.isfinite(array)])
    return float(finite.max(initial=0.0))
