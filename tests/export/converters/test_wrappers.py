"""Estimators around others answer as scikit-learn does."""

from typing import Any

import numpy as np
import pytest
from lightgbm import LGBMClassifier
from numpy.typing import NDArray
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_iris,
    load_wine,
    make_classification,
    make_multilabel_classification,
)
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.experimental import enable_halving_search_cv  # noqa: F401  (makes it importable)
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge, SGDClassifier
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    HalvingGridSearchCV,
    RandomizedSearchCV,
    TunedThresholdClassifierCV,
)
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier, OutputCodeClassifier
from sklearn.multioutput import (
    ClassifierChain,
    MultiOutputClassifier,
    MultiOutputRegressor,
    RegressorChain,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.semi_supervised import SelfTrainingClassifier
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from export.errors import ConversionError
from tests.export.conftest import Prove

LOGISTIC = LogisticRegression(max_iter=2000)
TREE = DecisionTreeClassifier(max_depth=4, random_state=0)
FOREST = RandomForestClassifier(n_estimators=10, random_state=0)
NAMES = np.array(["no", "yes"])

Data = tuple[NDArray[Any], NDArray[Any]]


@pytest.fixture(scope="module")
def two_classes() -> Data:
    """Return features on one scale, and names of two classes."""
    X, y = load_breast_cancer(return_X_y=True)
    return StandardScaler().fit_transform(X)[:, :8], NAMES[y]


@pytest.fixture(scope="module")
def several_labels() -> Data:
    """Return features, and four labels that may apply together."""
    X, y = make_multilabel_classification(n_samples=300, n_classes=4, random_state=0)
    return X[:, :6], y


def _name(estimator: Any) -> str:
    return str(estimator).replace("\n", "").replace(" ", "")


@pytest.mark.parametrize(
    "search",
    [
        GridSearchCV(LOGISTIC, {"C": [0.1, 1.0]}, cv=3),
        RandomizedSearchCV(LOGISTIC, {"C": [0.1, 1.0]}, n_iter=2, cv=3, random_state=0),
        HalvingGridSearchCV(LOGISTIC, {"C": [0.1, 1.0]}, cv=3, random_state=0),
        GridSearchCV(make_pipeline(StandardScaler(), TREE), {"decisiontreeclassifier": [TREE]}),
    ],
    ids=_name,
)
def test_a_search_answers_with_its_best_estimator(search: Any, prove: Prove) -> None:
    """A wrapper that chose an estimator answers what the chosen one answers."""
    exported = prove(search, *load_iris(return_X_y=True))
    assert exported.manifest.outputs[1].name == "probabilities"


def test_self_training_answers_with_its_last_classifier(two_classes: Data, prove: Prove) -> None:
    """What was learned from rows without a label is in the classifier that was fitted last."""
    X, y = two_classes
    labels = np.where(np.arange(len(y)) % 3 == 0, (y == "yes").astype(int), -1)
    model = SelfTrainingClassifier(LOGISTIC).fit(X, labels)
    prove(FrozenEstimator(model), X, (y == "yes").astype(int))


def test_a_frozen_pipeline_transforms_inside_another(prove: Prove) -> None:
    """A frozen estimator is a step like the one inside it."""
    X, y = load_iris(return_X_y=True)
    scaler = GridSearchCV(make_pipeline(StandardScaler(), TREE), {}, cv=2)
    prove(make_pipeline(FrozenEstimator(StandardScaler().fit(X)), scaler), X, y)


@pytest.mark.parametrize("method", ["sigmoid", "isotonic", "temperature"])
@pytest.mark.parametrize(
    ("estimator", "ensemble"),
    [(LOGISTIC, False), (FOREST, True), (LinearSVC(), True)],
    ids=_name,
)
@pytest.mark.parametrize("load", [load_wine, load_breast_cancer], ids=["multiclass", "binary"])
def test_a_calibrated_classifier_agrees(
    load: Any, estimator: Any, ensemble: bool, method: str, prove: Prove
) -> None:
    """Every method maps scores or probabilities, of two classes or more, as scikit-learn does."""
    X, y = load(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    model = CalibratedClassifierCV(estimator, method=method, ensemble=ensemble, cv=2)
    exact = method == "isotonic" and estimator is FOREST
    assert prove(model, X, y).manifest.parity.tolerance == (0 if exact else 1e-12)


@pytest.mark.parametrize(
    "classifier",
    [
        FixedThresholdClassifier(LOGISTIC, threshold=0.3),
        FixedThresholdClassifier(LOGISTIC, threshold=0.3, pos_label="no"),
        FixedThresholdClassifier(LOGISTIC, threshold=0.7, response_method="decision_function"),
        FixedThresholdClassifier(
            LOGISTIC, threshold=0.7, pos_label="no", response_method="decision_function"
        ),
        FixedThresholdClassifier(LinearSVC()),
        FixedThresholdClassifier(FrozenEstimator(FOREST)),
        FixedThresholdClassifier(FOREST, threshold=0.4),
        TunedThresholdClassifierCV(LOGISTIC, cv=3),
        TunedThresholdClassifierCV(FOREST, cv=3),
        TunedThresholdClassifierCV(LinearSVC(), cv=3),
    ],
    ids=_name,
)
def test_a_threshold_decides(classifier: Any, two_classes: Data, prove: Prove) -> None:
    """The label follows the threshold; the probabilities are the classifier's own."""
    if isinstance(classifier.estimator, FrozenEstimator):
        classifier.estimator.estimator.fit(*two_classes)
    exported = prove(classifier, *two_classes)
    assert "boundaries" in {group.group for group in exported.manifest.parity.groups}


@pytest.mark.parametrize(
    "classifier",
    [
        OneVsRestClassifier(LOGISTIC),
        OneVsRestClassifier(TREE),
        OneVsRestClassifier(LinearSVC()),
        OneVsRestClassifier(Ridge()),
        OneVsOneClassifier(LOGISTIC),
        OneVsOneClassifier(TREE),
        OneVsOneClassifier(LinearSVC()),
        OutputCodeClassifier(LOGISTIC, random_state=0),
        OutputCodeClassifier(TREE, random_state=0),
        OutputCodeClassifier(LinearSVC(), code_size=3, random_state=0),
    ],
    ids=_name,
)
@pytest.mark.parametrize("classes", [2, 4])
def test_binary_classifiers_decide_between_many(
    classifier: Any, classes: int, prove: Prove
) -> None:
    """One against the rest, one against one, and codes: the same class wins."""
    X, y = make_classification(
        n_samples=200, n_features=8, n_informative=6, n_classes=classes, random_state=0
    )
    names = np.array(["a", "b", "c", "d", "e"], dtype=object)
    exported = prove(classifier, X, names[y])
    assert [each.label for each in exported.manifest.classes] == names[:classes].tolist()


def test_a_class_of_all_rows_is_answered(several_labels: Data, prove: Prove) -> None:
    """A label that every training row has needs no classifier."""
    X, y = several_labels
    y = y.copy()
    y[:, 1] = 1
    with pytest.warns(UserWarning, match="Label 1 is present in all training examples"):
        prove(OneVsRestClassifier(LOGISTIC), X, y)


@pytest.mark.parametrize(
    "classifier",
    [
        OneVsRestClassifier(LOGISTIC),
        OneVsRestClassifier(TREE),
        OneVsRestClassifier(LinearSVC()),
        ClassifierChain(LOGISTIC, random_state=0),
        ClassifierChain(LOGISTIC, order=[2, 0, 3, 1], chain_method="predict_proba"),
        ClassifierChain(LOGISTIC, order=[2, 0, 3, 1], chain_method="decision_function"),
        ClassifierChain(TREE, order="random", random_state=0),
        ClassifierChain(HistGradientBoostingClassifier(max_iter=5)),
        ClassifierChain(LGBMClassifier(n_estimators=5, verbose=-1)),
        ClassifierChain(LinearSVC()),
    ],
    ids=_name,
)
def test_several_labels_are_answered(classifier: Any, several_labels: Data, prove: Prove) -> None:
    """Each label is 0 or 1, with its own probability or score."""
    exported = prove(classifier, *several_labels)
    assert exported.manifest.task == "multilabel_classification"
    assert len(exported.manifest.outputs) == 2


@pytest.mark.parametrize(
    "classifier",
    [
        MultiOutputClassifier(LOGISTIC),
        MultiOutputClassifier(TREE),
        MultiOutputClassifier(SGDClassifier(random_state=0)),
        ClassifierChain(LOGISTIC),
    ],
    ids=_name,
)
def test_several_classes_are_answered(classifier: Any, prove: Prove) -> None:
    """Targets of different classes keep their own labels and probabilities."""
    X, y = load_iris(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    targets = np.column_stack([y + 1, y != 1])
    exported = prove(classifier, X, targets, target_names=["species", "rare"])
    assert exported.manifest.task == "multioutput_classification"
    assert [len(t.classes or ()) for t in exported.manifest.targets] == [3, 2]


@pytest.mark.parametrize(
    "regressor",
    [
        MultiOutputRegressor(Ridge()),
        MultiOutputRegressor(DecisionTreeRegressor(max_depth=4)),
        RegressorChain(LinearRegression(), order=[1, 0]),
        RegressorChain(RandomForestRegressor(n_estimators=5, random_state=0)),
        RegressorChain(HistGradientBoostingRegressor(max_iter=5), order=[1, 0]),
    ],
    ids=_name,
)
def test_several_values_are_answered(regressor: Any, prove: Prove) -> None:
    """Each target's regressor answers; a chain tells the next one what it answered."""
    X, y = load_diabetes(return_X_y=True)
    exported = prove(regressor, X, np.column_stack([y, X[:, 2] - X[:, 3] * y]))
    assert exported.manifest.outputs[0].columns == 2


@pytest.mark.parametrize(
    "dummy",
    [
        DummyClassifier(),
        DummyClassifier(strategy="most_frequent"),
        DummyClassifier(strategy="constant", constant="yes"),
    ],
    ids=_name,
)
def test_a_dummy_classifier_answers_the_same_for_all(
    dummy: Any, two_classes: Data, prove: Prove
) -> None:
    """A baseline that does not look at the features is served like any other."""
    assert prove(dummy, *two_classes).manifest.parity.tolerance == 0


@pytest.mark.parametrize(
    "dummy",
    [
        DummyRegressor(),
        DummyRegressor(strategy="median"),
        DummyRegressor(strategy="quantile", quantile=0.2),
        DummyRegressor(strategy="constant", constant=3),
    ],
    ids=_name,
)
def test_a_dummy_regressor_answers_the_same_for_all(dummy: Any, prove: Prove) -> None:
    """A baseline of the mean, a quantile or a constant."""
    assert prove(dummy, *load_diabetes(return_X_y=True)).manifest.parity.tolerance == 0


def test_dummies_answer_several_targets(several_labels: Data, prove: Prove) -> None:
    """A baseline has one answer for each target."""
    X, y = several_labels
    assert prove(DummyClassifier(), X, y).manifest.task == "multioutput_classification"


def test_dummies_of_several_values(prove: Prove) -> None:
    """A baseline of several numbers answers each."""
    X, y = load_diabetes(return_X_y=True)
    assert prove(DummyRegressor(), X, np.column_stack([y, y**2])).manifest.task == "regression"


@pytest.mark.parametrize("strategy", ["stratified", "uniform"])
def test_a_random_dummy_is_refused(strategy: str, two_classes: Data, prove: Prove) -> None:
    """What answers at random cannot be compared with scikit-learn, or served."""
    with pytest.raises(ConversionError) as caught:
        prove(DummyClassifier(strategy=strategy, random_state=0), *two_classes)
    assert str(caught.value) == (
        f'DummyClassifier cannot be converted: strategy="{strategy}" answers at random; '
        'use "prior" or "most_frequent".'
    )


def test_a_chain_out_of_order_of_many_classes_is_refused(prove: Prove) -> None:
    """scikit-learn lists the classes of a chain in its order, not in that of the targets."""
    X, y = load_iris(return_X_y=True)
    with pytest.raises(ConversionError) as caught:
        prove(ClassifierChain(TREE, order=[1, 0]), X, np.column_stack([y + 1, y != 1]))
    assert str(caught.value) == (
        "ClassifierChain cannot be converted: its targets are in an order of their own and not "
        "all 0 or 1; leave out `order`."
    )
