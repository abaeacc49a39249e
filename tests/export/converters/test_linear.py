"""Linear models answer as scikit-learn does, to rounding, with no label different."""

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from sklearn import linear_model
from sklearn.base import BaseEstimator
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_iris,
    load_wine,
    make_multilabel_classification,
)
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC, LinearSVR

from export.errors import ConversionError
from tests.export.conftest import Prove

REGRESSORS = [
    linear_model.ARDRegression(),
    linear_model.BayesianRidge(),
    linear_model.ElasticNet(),
    linear_model.ElasticNetCV(alphas=5),
    linear_model.GammaRegressor(),
    linear_model.HuberRegressor(max_iter=1000),
    linear_model.Lars(n_nonzero_coefs=5),
    linear_model.LarsCV(),
    linear_model.Lasso(),
    linear_model.LassoCV(alphas=5),
    linear_model.LassoLars(),
    linear_model.LassoLarsCV(),
    linear_model.LassoLarsIC(),
    linear_model.LinearRegression(),
    linear_model.LinearRegression(fit_intercept=False),
    linear_model.OrthogonalMatchingPursuit(),
    linear_model.OrthogonalMatchingPursuitCV(),
    linear_model.PoissonRegressor(),
    linear_model.QuantileRegressor(alpha=0.1),
    linear_model.RANSACRegressor(random_state=0),
    linear_model.Ridge(),
    linear_model.RidgeCV(),
    linear_model.SGDRegressor(random_state=0),
    linear_model.TheilSenRegressor(random_state=0, max_subpopulation=100),
    linear_model.TweedieRegressor(power=0),
    linear_model.TweedieRegressor(power=1.5),
    LinearSVR(random_state=0),
]
MULTI_TARGET = [
    linear_model.LinearRegression(),
    linear_model.MultiTaskElasticNet(),
    linear_model.MultiTaskElasticNetCV(alphas=5),
    linear_model.MultiTaskLasso(),
    linear_model.MultiTaskLassoCV(alphas=5),
    linear_model.Ridge(),
]
CLASSIFIERS = [
    linear_model.LogisticRegression(),
    linear_model.LogisticRegression(class_weight="balanced", C=100.0, max_iter=1000),
    linear_model.LogisticRegressionCV(
        Cs=3, l1_ratios=(0,), use_legacy_attributes=False, scoring="accuracy"
    ),
    linear_model.Perceptron(random_state=0),
    linear_model.RidgeClassifier(),
    linear_model.RidgeClassifierCV(),
    LinearSVC(),
    LinearSVC(multi_class="crammer_singer", random_state=0),
    *(
        linear_model.SGDClassifier(loss=loss, random_state=0)
        for loss in (
            "hinge",
            "log_loss",
            "modified_huber",
            "squared_hinge",
            "perceptron",
            "squared_error",
            "huber",
            "epsilon_insensitive",
            "squared_epsilon_insensitive",
        )
    ),
]
PASSIVE_AGGRESSIVE = [
    (linear_model.PassiveAggressiveClassifier, load_iris),
    (linear_model.PassiveAggressiveRegressor, load_diabetes),
]


def _name(estimator: BaseEstimator) -> str:
    return str(estimator).replace("\n", "")


@pytest.mark.parametrize("regressor", REGRESSORS, ids=_name)
def test_a_linear_regressor_agrees(regressor: Any, prove: Prove) -> None:
    """The linear predictor, or the inverse link of it, agrees to rounding."""
    X, y = load_diabetes(return_X_y=True)
    exported = prove(make_pipeline(StandardScaler(), regressor), X, y)
    assert exported.manifest.task == "regression"
    assert exported.manifest.parity.tolerance == 1e-12


@pytest.mark.parametrize("regressor", MULTI_TARGET, ids=_name)
def test_several_targets_are_answered_together(regressor: Any, prove: Prove) -> None:
    """A regressor of several targets answers a column for each."""
    X, y = load_diabetes(return_X_y=True)
    exported = prove(regressor, X, np.column_stack([y, X[:, 0] - y]), target_names=["up", "down"])
    assert [target.name for target in exported.manifest.targets] == ["up", "down"]
    assert exported.manifest.outputs[0].columns == 2


@pytest.mark.parametrize("load", [load_breast_cancer, load_wine], ids=["binary", "multiclass"])
@pytest.mark.parametrize("classifier", CLASSIFIERS, ids=_name)
def test_a_linear_classifier_agrees(classifier: Any, load: Any, prove: Prove) -> None:
    """Labels are equal; probabilities, or the scores where there are none, agree."""
    X, y = load(return_X_y=True)
    exported = prove(make_pipeline(StandardScaler(), classifier), X, y)
    answer = "probabilities" if hasattr(classifier, "predict_proba") else "scores"
    assert [output.name for output in exported.manifest.outputs] == ["label", answer]
    assert "boundaries" in {group.group for group in exported.manifest.parity.groups}


@pytest.mark.parametrize(("cls", "load"), PASSIVE_AGGRESSIVE)
def test_passive_aggressive_models_agree(cls: Any, load: Any, prove: Prove) -> None:
    """They are deprecated in scikit-learn 1.9, and still deployed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        prove(cls(random_state=0), *load(return_X_y=True))


@pytest.mark.parametrize(
    "names",
    [
        np.array(["setosa", "versicolor", "virginica"]),
        np.array([-5, 7, 1000]),
        np.array([0.0, 1.0, 3.0]),
    ],
    ids=["str", "int", "float"],
)
def test_labels_of_any_type_are_answered(names: NDArray[Any], prove: Prove) -> None:
    """A label is answered with the type that it had in training."""
    X, y = load_iris(return_X_y=True)
    exported = prove(linear_model.LogisticRegression(max_iter=1000), X, names[y])
    assert [each.label for each in exported.manifest.classes] == names.tolist()


def test_boolean_labels_are_answered(prove: Prove) -> None:
    """A classifier of true and false answers booleans."""
    X, y = load_breast_cancer(return_X_y=True)
    model = make_pipeline(StandardScaler(), linear_model.LogisticRegression())
    exported = prove(model, X, y == 1)
    assert [each.label for each in exported.manifest.classes] == [False, True]


def test_tiny_probabilities_are_told_apart(prove: Prove) -> None:
    """One-vs-rest probabilities of 1e-17 and less are normalized as scikit-learn does."""
    X, y = load_iris(return_X_y=True)
    model = linear_model.SGDClassifier(loss="log_loss", max_iter=5, tol=None, random_state=0)
    prove(model, X * 1000, y)


def test_multilabel_ridge_answers_each_label(prove: Prove) -> None:
    """A ridge classifier of several labels answers 0 or 1, and a score, for each."""
    X, y = make_multilabel_classification(n_samples=200, random_state=0)
    exported = prove(linear_model.RidgeClassifier(), X, y)
    assert exported.manifest.task == "multilabel_classification"


def test_one_class_svm_flags_outliers(prove: Prove) -> None:
    """The label of an outlier detector is 1 or -1, by the sign of its score."""
    X, _ = load_iris(return_X_y=True)
    exported = prove(linear_model.SGDOneClassSVM(random_state=0), X)
    assert exported.manifest.task == "outlier_detection"


def test_sparse_coefficients_are_read(prove: Prove) -> None:
    """A model whose coefficients were made sparse converts like any other."""
    X, y = load_iris(return_X_y=True)
    model = linear_model.SGDClassifier(penalty="l1", random_state=0).fit(X, y).sparsify()
    prove(FrozenEstimator(model), X, y)


def test_coefficients_of_single_precision_meet_doubles_alone(prove: Prove) -> None:
    """LarsCV rounds them where its columns have few bytes, and of such makes single products."""
    X, y = load_iris(return_X_y=True)
    frame = pd.DataFrame(X * 10).astype(np.int8)
    with pytest.raises(ConversionError) as refused:
        prove(linear_model.LarsCV(), frame, y)
    assert str(refused.value) == (
        "LarsCV cannot be converted: its coefficients are of single precision, and so are products "
        "with int8, which its columns are; make float64 of these, with astype(float), before the "
        "fit."
    )
    prove(linear_model.LarsCV(), frame.astype(float), y)
    prove(linear_model.Lars(), frame, y)
