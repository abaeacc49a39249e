"""Estimators around others: pipelines, searches, calibration, several targets and classes."""

import numpy as np
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor, make_column_selector
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.experimental import enable_halving_search_cv  # noqa: F401  (makes it importable)
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    HalvingGridSearchCV,
    HalvingRandomSearchCV,
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
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    KBinsDiscretizer,
    MinMaxScaler,
    OneHotEncoder,
    PowerTransformer,
    QuantileTransformer,
    StandardScaler,
)
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from tests.verdicts.cases import cases
from tests.verdicts.data import data

LOGISTIC = LogisticRegression(max_iter=1000)
TREE = DecisionTreeClassifier(max_depth=3, random_state=0)
FOREST = RandomForestClassifier(5, random_state=0)
NUMBERS = make_pipeline(SimpleImputer(), StandardScaler())
STRINGS = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder())
COLUMNS = ColumnTransformer(
    [
        ("numbers", NUMBERS, make_column_selector(dtype_include="number")),
        ("strings", STRINGS, make_column_selector(dtype_exclude="number")),
    ]
)
PIPELINES = [
    *cases("iris", Pipeline([("scale", StandardScaler()), ("predict", LOGISTIC)])),
    *cases("iris", Pipeline([("scale", StandardScaler()), ("predict", FOREST)])),
    *cases("penguins", Pipeline([("columns", COLUMNS), ("predict", FOREST)])),
    *cases("penguins", Pipeline([("columns", COLUMNS), ("predict", LOGISTIC)])),
    *cases("penguins", COLUMNS),
    *cases("wine", ColumnTransformer([("some", MinMaxScaler(), [0, 2])], remainder="passthrough")),
    *cases("wine", FeatureUnion([("one", StandardScaler()), ("other", MinMaxScaler())])),
]
SEARCHES = [
    *cases("iris", GridSearchCV(TREE, {"max_depth": [2, 3]}, cv=2)),
    *cases("iris", HalvingGridSearchCV(TREE, {"max_depth": [2, 3]}, cv=2, random_state=0)),
    *cases("iris", HalvingRandomSearchCV(TREE, {"max_depth": [2, 3]}, cv=2, random_state=0)),
    *cases("iris", RandomizedSearchCV(LOGISTIC, {"C": [0.1, 1.0]}, n_iter=2, cv=2, random_state=0)),
    *cases("diabetes", GridSearchCV(Ridge(), {"alpha": [0.1, 1.0]}, cv=2)),
    *cases("iris", FrozenEstimator(clone(TREE).fit(*data("iris")))),
]
DECISIONS = [
    *cases(
        "iris",
        CalibratedClassifierCV(GaussianNB(), cv=2),
        CalibratedClassifierCV(GaussianNB(), cv=2, method="isotonic"),
        CalibratedClassifierCV(GaussianNB(), cv=2, method="temperature"),
        CalibratedClassifierCV(LinearSVC(random_state=0), cv=2, ensemble=False),
        CalibratedClassifierCV(FOREST, cv=2, method="isotonic"),
        OneVsOneClassifier(LinearSVC(random_state=0)),
        OneVsOneClassifier(TREE),
        OneVsRestClassifier(LOGISTIC),
        OneVsRestClassifier(TREE),
        OutputCodeClassifier(LOGISTIC, random_state=0),
        OutputCodeClassifier(TREE, code_size=3, random_state=0),
    ),
    *cases(
        "two species",
        CalibratedClassifierCV(FOREST, cv=2),
        FixedThresholdClassifier(LOGISTIC, threshold=0.3),
        FixedThresholdClassifier(LinearSVC(random_state=0), threshold=0.1),
        TunedThresholdClassifierCV(LOGISTIC, cv=2),
        TunedThresholdClassifierCV(FOREST, cv=2),
        OneVsRestClassifier(LOGISTIC),
    ),
    *cases("several labels", OneVsRestClassifier(LOGISTIC)),
]
TARGETS = [
    *cases("several labels", ClassifierChain(LOGISTIC), ClassifierChain(TREE, order=[1, 0])),
    *cases("several targets", ClassifierChain(TREE), MultiOutputClassifier(TREE)),
    *cases("several targets", MultiOutputClassifier(LOGISTIC)),
    *cases("several targets", MultiOutputClassifier(LinearSVC(random_state=0))),
    *cases(
        "diabetes, two numbers",
        MultiOutputRegressor(Ridge()),
        MultiOutputRegressor(DecisionTreeRegressor(random_state=0)),
        RegressorChain(Ridge()),
        RegressorChain(DecisionTreeRegressor(random_state=0), order=[1, 0]),
    ),
    *cases(
        "diabetes",
        TransformedTargetRegressor(LinearRegression(), transformer=StandardScaler()),
        TransformedTargetRegressor(
            Ridge(), transformer=QuantileTransformer(n_quantiles=50, output_distribution="normal")
        ),
        TransformedTargetRegressor(Ridge(), transformer=PowerTransformer(method="box-cox")),
        TransformedTargetRegressor(Ridge(), func=np.log1p, inverse_func=np.expm1),
        TransformedTargetRegressor(
            Ridge(),
            transformer=KBinsDiscretizer(encode="ordinal", strategy="uniform"),
            check_inverse=False,
        ),
        TransformedTargetRegressor(
            RandomForestRegressor(5, random_state=0),
            transformer=FunctionTransformer(func=None),
        ),
    ),
]
CASES = [*PIPELINES, *SEARCHES, *DECISIONS, *TARGETS]
