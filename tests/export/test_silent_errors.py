"""Pipelines that skl2onnx's own converters answer wrongly, or not at all, and Skiff's exactly.

Each is exported first, so parity holds over some ten thousand rows. Then the same fitted
estimator goes through skl2onnx alone, on rows that show what it does: its answers must differ
there, and Skiff's not. Should a new version get one right, its test says so.
"""

import re
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import pandas as pd
import pytest
from sklearn.base import is_classifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import (
    GradientBoostingClassifier,
    RandomForestClassifier,
    StackingClassifier,
)
from sklearn.feature_extraction import FeatureHasher
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import SGDClassifier
from sklearn.model_selection import TunedThresholdClassifierCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import (
    FunctionTransformer,
    OneHotEncoder,
    QuantileTransformer,
    SplineTransformer,
    StandardScaler,
    TargetEncoder,
)
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from export.errors import ConversionError
from export.reference import Reference
from export.signature import Signature
from export.table import as_table, layout_of
from runtime.comparison import compare
from runtime.model import Model
from tests.export.conftest import Prove
from tests.export.misread import (
    LOGISTIC,
    Case,
    booleans,
    cancer,
    categories,
    commonest,
    far,
    indicated,
    letters,
    missing,
    small_integers,
    texts,
    ties,
    towns,
    unknown_float,
    wine,
)
from tests.export.skl2onnx_alone import Alone, alone


@pytest.fixture(scope="module")
def skl2onnx() -> Iterator[Alone]:
    """Return skl2onnx, untouched, in a process of its own."""
    with alone() as process:
        yield process


SILENT: dict[str, Callable[[], Case]] = {
    "a tree trained with missing values": partial(missing, DecisionTreeClassifier(random_state=0)),
    "a forest trained with missing values": partial(
        missing, RandomForestClassifier(15, random_state=0)
    ),
    "imputer, scaler, one-hot encoder, forest": commonest,
    "scaled small integers, forest": small_integers,
    "a forest whose votes tie": ties,
    "SGD with the modified Huber loss": partial(
        far, SGDClassifier(loss="modified_huber", random_state=0)
    ),
    "isotonic calibration": partial(
        far,
        CalibratedClassifierCV(RandomForestClassifier(10, random_state=0), method="isotonic", cv=3),
    ),
    "one-hot encoding of floats": unknown_float,
    "a tuned threshold": partial(cancer, TunedThresholdClassifierCV(LOGISTIC, cv=3)),
    "neighbours weighted by distance": partial(wine, KNeighborsClassifier(weights="distance")),
    "linear discriminants of two classes": partial(cancer, LinearDiscriminantAnalysis()),
    "words that are not ASCII": partial(texts, TfidfVectorizer(lowercase=False)),
    "bigrams of ASCII words": partial(
        texts, TfidfVectorizer(lowercase=False, ngram_range=(1, 2)), ["red", "a", "dog", "quick"]
    ),
    "an imputer's indicator": indicated,
    "towns missing as None": partial(towns, None),
    "towns missing as NaN": partial(towns, np.nan),
}


@pytest.mark.parametrize("case", SILENT.values(), ids=SILENT)
def test_skl2onnx_is_silently_wrong_and_skiff_is_not(
    case: Callable[[], Case], skl2onnx: Alone, prove: Prove
) -> None:
    """skl2onnx's graph loads, and answers otherwise than scikit-learn; Skiff's agrees."""
    made = case()
    _agrees(made, prove)
    rows = made.X if made.rows is None else made.rows
    label, probabilities = skl2onnx.answers(made.estimator, rows)
    assert is_classifier(made.estimator)
    wrong = label != made.estimator.predict(rows)
    difference = np.abs(probabilities - made.estimator.predict_proba(rows)).max(axis=1)
    assert (wrong | (difference > 1e-5)).any()


NOT_CONVERTED = "Unable to find a shape calculator for type"

REFUSED: dict[str, tuple[Callable[[], Case], str]] = {
    "histogram boosting with categories": (
        categories,
        "Unable to create node 'TreeEnsembleClassifier'",  # booleans in its integer attributes
    ),
    "an imputer of None": (
        partial(towns, None, SimpleImputer(missing_values=None, strategy="most_frequent")),
        "the missing values are string not <class 'NoneType'>",
    ),
    "an imputer of NaN among strings": (
        partial(towns, np.nan, SimpleImputer(strategy="most_frequent")),
        "the missing values are string not <class 'float'>",
    ),
    "one-hot encoding of booleans": (booleans, "BooleanTensorType'> input datatype not yet"),
    "means of three classes": (
        partial(letters, TargetEncoder(), 3),
        "only support TargetEncoder for binary classification or 1d regression",
    ),
    "normal quantiles": (
        partial(wine, QuantileTransformer(n_quantiles=50, output_distribution="normal"), LOGISTIC),
        "output_distribution='normal' is not supported",
    ),
    "splines": (partial(wine, SplineTransformer(), LOGISTIC), NOT_CONVERTED),
    "a function of numpy": (
        partial(wine, FunctionTransformer(np.log1p), StandardScaler(), LOGISTIC),
        "FunctionTransformer is not supported unless the transform function is None",
    ),
    "temperature calibration": (
        partial(wine, CalibratedClassifierCV(LOGISTIC, method="temperature", cv=2)),
        "'_TemperatureScaling' object has no attribute",
    ),
    "text without accents": (
        partial(texts, CountVectorizer(strip_accents="unicode")),
        "only strip_accents=None is supported",
    ),
    "letters within words": (
        partial(texts, CountVectorizer(analyzer="char_wb", ngram_range=(2, 3))),
        "only tokenizer='word' is fully supported",
    ),
    "infrequent categories": (
        partial(letters, OneHotEncoder(min_frequency=30, handle_unknown="infrequent_if_exist"), 2),
        "Infrequent categories are not implemented",
    ),
    "a stack over a linear SVC of two classes": (
        partial(cancer, StackingClassifier([("svc", LinearSVC())])),
        "while running LinearClassifier node",
    ),
    "hashed strings": (
        partial(letters, FeatureHasher(8, input_type="string"), 2),
        "does not match expected type",
    ),
}


@pytest.mark.parametrize(("case", "reason"), REFUSED.values(), ids=REFUSED)
def test_skl2onnx_fails_and_skiff_does_not(
    case: Callable[[], Case], reason: str, skl2onnx: Alone, prove: Prove
) -> None:
    """skl2onnx does not convert it, or its graph does not run; Skiff's agrees."""
    made = case()
    _agrees(made, prove)
    with pytest.raises(RuntimeError, match=re.escape(reason)):
        skl2onnx.answers(made.estimator, made.X)


def test_an_estimator_that_starts_boosting_is_refused_by_both(
    skl2onnx: Alone, prove: Prove
) -> None:
    """scikit-learn gives it features in single precision, and it rounds as BLAS does there."""
    made = wine(GradientBoostingClassifier(init=LOGISTIC, n_estimators=2))
    with pytest.raises(ConversionError, match="its init, LogisticRegression, features in single"):
        _agrees(made, prove)
    with pytest.raises(RuntimeError, match="Setting init to an estimator is not supported"):
        skl2onnx.answers(made.estimator, made.X)


def test_the_default_text_model_needs_a_locale_of_skl2onnx_only(
    skl2onnx: Alone, prove: Prove
) -> None:
    """Lowering the case loads the locale en_US.UTF-8, or, where there is one, answers wrongly."""
    made = texts(TfidfVectorizer())
    _agrees(made, prove)
    try:
        _, probabilities = skl2onnx.answers(made.estimator, made.X)
    except RuntimeError as error:
        assert "Failed to construct locale with name:en_US.UTF-8" in str(error)  # noqa: PT017 - or
    else:
        assert np.abs(probabilities - made.estimator.predict_proba(made.X)).max() > 1e-5


def test_a_missing_town_is_not_one_called_none(skl2onnx: Alone, prove: Prove) -> None:
    """To skl2onnx's graph, None is the word "None": another town's answer."""
    made = towns(None)
    rows = pd.DataFrame({"town": pd.Series([None, "None"], dtype=object)})
    prove(made.estimator, made.X, made.y)
    expected = made.estimator.predict_proba(rows)
    _, probabilities = skl2onnx.answers(made.estimator, rows)
    assert expected[0, 1] != expected[1, 1]
    assert probabilities[0, 1] == probabilities[1, 1]


def _agrees(case: Case, prove: Prove) -> None:
    """Fit and export, with parity over all its groups; then compare on the case's rows."""
    exported = prove(case.estimator, case.X, np.asarray(case.y))
    rows = case.X if case.rows is None else case.rows
    layout = layout_of(as_table(case.X, "X"), "X")
    signature = Signature(layout, exported.manifest.features)
    model = Model.load(exported.path / "model.onnx")
    expected = Reference.of(case.estimator, rows).answer(rows)
    actual = model.run(signature.tensors(layout.split(rows)))
    difference = compare(expected, actual, {output.name: 1.0 for output in model.manifest.outputs})
    assert difference.label_mismatches == 0
    assert difference.within(exported.manifest.parity.tolerance)
