"""What skl2onnx adds to scikit-learn is computed to the bit."""

from typing import Any

import numpy as np
import pytest
from skl2onnx.sklapi import CastTransformer, ReplaceTransformer, WOETransformer
from sklearn.compose import make_column_transformer
from sklearn.datasets import make_regression
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from xgboost import XGBClassifier

from export.errors import ConversionError
from tests.export.conftest import Prove
from tests.export.converters.corpus import SPAM, TEXTS

INTERVALS: Any = [[(1.0, 3.0, False, False), (2.0, 7.0, True, True)], "passthrough"]
NUMBERS = np.random.default_rng(0).integers(0, 10, (200, 2)) / 1.0


def test_whole_numbers_of_every_size_are_cast(prove: Prove) -> None:
    """skl2onnx's own example of numbers that float32 and double send to different leaves."""
    X, y = make_regression(2000, 10, random_state=0)
    X = np.trunc(X * 2.0 ** np.arange(10))
    model = make_pipeline(
        CastTransformer(dtype=np.float64),
        StandardScaler(),
        CastTransformer(),
        DecisionTreeRegressor(max_depth=10),
    )
    assert prove(model, X, y).manifest.parity.tolerance == 0


def test_other_types_are_refused(prove: Prove) -> None:
    """The message says which are not."""
    with pytest.raises(ConversionError) as refused:
        prove(CastTransformer(dtype=np.int64), NUMBERS)
    assert str(refused.value) == (
        "CastTransformer cannot be converted: it casts to int64; cast to float32 or float64."
    )


@pytest.mark.parametrize("onehot", [True, False], ids=["a column each", "sums"])
def test_numbers_are_weighed_by_their_intervals(onehot: Any, prove: Prove) -> None:
    """With their ends or without; a column may be passed through."""
    step = WOETransformer(INTERVALS, weights=[[55, 107]], onehot=onehot)
    model = make_pipeline(step, DecisionTreeClassifier())
    assert prove(model, NUMBERS, NUMBERS[:, 0] > NUMBERS[:, 1]).manifest.parity.tolerance == 0


def test_one_number_takes_the_place_of_another(prove: Prove) -> None:
    """Zeros become missing values."""
    model = make_pipeline(ReplaceTransformer(), DecisionTreeClassifier())
    assert prove(model, NUMBERS, NUMBERS[:, 0] > 4).manifest.parity.tolerance == 0


def test_what_a_sparse_matrix_leaves_out_stays_absent(prove: Prove) -> None:
    """XGBoost misses it, whether it was replaced and cast or not."""
    words = make_pipeline(CountVectorizer(max_features=20), ReplaceTransformer())
    columns = make_column_transformer((words, 0), sparse_threshold=1.0)
    model = make_pipeline(columns, CastTransformer(), XGBClassifier(n_estimators=5))
    assert prove(model, TEXTS.reshape(-1, 1), SPAM).manifest.parity.tolerance == 0
