"""Rows that scikit-learn decides by chance are found, and no others."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import AffinityPropagation
from sklearn.ensemble import BaggingClassifier, VotingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.impute import KNNImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import (
    KNeighborsClassifier,
    KNeighborsRegressor,
    KNeighborsTransformer,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from export import ParityError, export
from export.ties import deciding

X = np.array([[0.0], [1.0], [2.0], [4.0], [8.0], [16.0]])
Y = np.array([0, 1, 0, 1, 0, 1])
ROWS = np.array([[0.5], [0.4], [1.0], [1.1], [3.0], [20.0]])


def decided(estimator: Any, table: Any) -> Any:
    """Return which rows of a table distances decide."""
    with deciding(estimator, len(table)) as kept:
        (estimator.predict if hasattr(estimator, "predict") else estimator.transform)(table)
    return kept


@pytest.mark.parametrize("algorithm", ["brute", "kd_tree", "ball_tree"])
def test_a_tie_for_the_last_place_is_found(algorithm: str) -> None:
    """Half-way between two training rows, one neighbour is not decided."""
    model = KNeighborsClassifier(1, algorithm=algorithm).fit(X, Y)
    assert decided(model, ROWS).tolist() == [False, True, True, True, False, True]


def test_a_tie_among_the_nearest_does_not_matter() -> None:
    """Two neighbours that are equally far are both counted."""
    model = KNeighborsClassifier(2).fit(X, Y)
    assert decided(model, ROWS[:2]).tolist() == [True, True]


def test_all_training_rows_leave_nothing_to_decide() -> None:
    """Where all are neighbours, none is left out."""
    model = KNeighborsClassifier(6).fit(X, Y)
    assert decided(model, ROWS).all()


def test_distances_that_are_rounding_only_are_found() -> None:
    """By products of matrices, the distance to the very same point is a matter of rounding."""
    model = KNeighborsClassifier(1, algorithm="brute", weights="distance").fit(X + 0.1, Y)
    assert decided(model, X + 0.1).tolist() == [False] * 6


def test_cosines_that_tie_are_found() -> None:
    """Points in one direction are equally far."""
    model = KNeighborsClassifier(1, metric="cosine").fit(
        [[1.0, 1.0], [2.0, 2.0], [1.0, 0.0]], Y[:3]
    )
    assert decided(model, np.array([[3.0, 3.0], [1.0, -0.1]])).tolist() == [False, True]


def test_equal_targets_leave_nothing_to_decide() -> None:
    """Whichever of two equally far rows is counted, the answer is the same."""
    model = KNeighborsClassifier(1).fit(X, [0, 0, 1, 1, 1, 1])
    assert decided(model, ROWS).tolist() == [True] * 4 + [True, True]


@pytest.mark.parametrize(
    "ensemble",
    [
        BaggingClassifier(KNeighborsClassifier(1), n_estimators=2, bootstrap=False),
        VotingClassifier([("knn", KNeighborsClassifier(1)), ("linear", LogisticRegression())]),
        CalibratedClassifierCV(FrozenEstimator(KNeighborsClassifier(1).fit(X, Y)), cv=2),
    ],
    ids=lambda each: type(each).__name__,
)
def test_a_search_is_found_inside_an_ensemble(ensemble: Any) -> None:
    """A vote, a bag or a calibration is decided where its neighbours are."""
    assert decided(ensemble.fit(X, Y), ROWS).tolist() == [False, True, True, True, False, True]


def test_donors_that_tie_are_found() -> None:
    """A missing value is not decided where two donors with other values are equally far."""
    known = np.column_stack([X, Y])
    rows = np.column_stack([ROWS, np.full(len(ROWS), np.nan)])
    imputer = KNNImputer(n_neighbors=1).fit(known)
    expected = [False, True, True, True, False, True]
    assert decided(imputer, rows).tolist() == expected
    answering = make_pipeline(KNNImputer(n_neighbors=1), LogisticRegression()).fit(known, Y)
    assert decided(answering, rows).tolist() == expected
    assert decided(answering, np.column_stack([ROWS, np.zeros(len(ROWS))])).all()


def test_donors_that_tie_are_found_in_a_data_frame_of_missing_integers() -> None:
    """An imputer is given pandas.NA where it is the first step."""
    known = pd.DataFrame({"x": [0, 2, 9], "y": [1, 3, 5]}, dtype="Int64")
    rows = pd.DataFrame({"x": [1, 2, pd.NA], "y": [pd.NA, pd.NA, 5]}, dtype="Int64")
    assert decided(KNNImputer(n_neighbors=1).fit(known), rows).tolist() == [False, True, True]


def _steps(model: Any) -> list[Any]:
    return [
        make_pipeline(StandardScaler(), model),
        FrozenEstimator(model),
        GridSearchCV(make_pipeline(model), {}, cv=2),
    ]


@pytest.mark.parametrize("index", range(3))
def test_a_search_is_found_inside_others(index: int) -> None:
    """At the end of a pipeline, frozen, or found by a grid search."""
    model = KNeighborsClassifier(1).fit(X, Y)
    estimator = _steps(model)[index].fit(X, Y)
    assert decided(estimator, ROWS).tolist() == [False, True, True, True, False, True]


def test_a_graph_by_distance_has_one_neighbor_more() -> None:
    """scikit-learn counts the row itself."""
    model = KNeighborsTransformer(n_neighbors=1).fit(X)
    assert decided(model, np.array([[1.0], [1.4]])).tolist() == [False, True]


def test_a_tie_between_centres_is_found() -> None:
    """Those of affinity propagation are rows of training, as may be what lies between them."""
    rows = np.array([[0.0], [0.1], [0.2], [2.0], [2.1], [2.2]])
    model = AffinityPropagation(random_state=0).fit(rows)
    assert model.cluster_centers_.tolist() == [[0.1], [2.1]]
    assert decided(model, np.array([[1.1], [1.2], [0.1]])).tolist() == [False, True, True]


def test_other_estimators_decide_every_row() -> None:
    """What has no neighbours has no ties."""
    assert decided(LogisticRegression().fit(X, Y), ROWS).all()


def test_what_chance_decides_is_scored_and_not_compared(tmp_path: Path) -> None:
    """Metrics are of all held-out rows; parity says how many it left out."""
    twice = np.repeat(np.arange(40.0), 2).reshape(-1, 1)
    known = np.vstack([twice, [[100.0]]])
    target = np.append(np.tile([0.0, 1.0], 40), 5.0)
    model = KNeighborsRegressor(1).fit(known, target)
    manifest = export(model, known, target, X_test=known, y_test=target, name="m", out=tmp_path)
    held_out = manifest.manifest.parity.groups[0]
    assert (held_out.group, held_out.rows, held_out.left_out) == ("held-out", 1, 80)
    error = model.predict(known) - target
    assert manifest.manifest.metrics["mae"] == pytest.approx(np.abs(error).mean())


def test_a_proof_of_no_held_out_row_is_none(tmp_path: Path) -> None:
    """Where chance decides all of them, there is no artifact."""
    twice = np.repeat(np.arange(40.0), 2).reshape(-1, 1)
    model = KNeighborsRegressor(1).fit(twice, np.tile([0.0, 1.0], 40))
    with pytest.raises(ParityError, match="of 80 held-out rows none can be compared, as scikit"):
        export(model, twice, X_test=twice, name="m", out=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_rows_of_training_held_out_from_weights_by_rounding_get_advice(tmp_path: Path) -> None:
    """By products of matrices none of them is at 0 from itself."""
    model = KNeighborsRegressor(1, algorithm="brute", weights="distance").fit(X + 0.1, Y)
    with pytest.raises(ParityError, match="held-out rows none can be compared") as caught:
        export(model, X + 0.1, name="m", out=tmp_path)
    assert caught.value.advice.endswith("Set algorithm='kd_tree', which adds up the differences.")


def test_predict_and_predict_proba_search_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the same rows; the search that looks for ties is another."""
    asked: list[int] = []
    found = KNeighborsClassifier.kneighbors

    def counted(self: Any, X: Any, n_neighbors: int | None = None, **options: Any) -> Any:
        asked.append(n_neighbors or self.n_neighbors)
        return found(self, X, n_neighbors, **options)

    monkeypatch.setattr(KNeighborsClassifier, "kneighbors", counted)
    model = KNeighborsClassifier(1).fit(X, Y)
    with deciding(model, len(ROWS)):
        labels, shares = model.predict(ROWS), model.predict_proba(ROWS)
    assert asked == [6, 1]
    assert labels.tolist() == model.predict(ROWS).tolist()
    assert shares.tolist() == model.predict_proba(ROWS).tolist()
    with deciding(model, len(ROWS)):
        model.predict(ROWS)
        assert model.predict_proba(ROWS + 1.0).tolist() == model.predict_proba(ROWS + 1.0).tolist()
