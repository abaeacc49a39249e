"""Thresholds are found in the numbers before steps rounded them."""

from typing import Any

import numpy as np
import pytest
from sklearn.preprocessing import (
    FunctionTransformer,
    MinMaxScaler,
    Normalizer,
    PowerTransformer,
    QuantileTransformer,
    StandardScaler,
)

from export.converters.origins import Origin, thresholds_before, through
from export.converters.values import Block, TensorName

X = np.random.default_rng(0).lognormal(size=(1000, 2))
STEPS = {
    "box-cox": [PowerTransformer(method="box-cox")],
    "yeo-johnson": [PowerTransformer()],
    "normal": [QuantileTransformer(output_distribution="normal", n_quantiles=200)],
    "scaled": [MinMaxScaler((1, 2)), FunctionTransformer(np.log), StandardScaler()],
}
RAW = Origin(Block(TensorName("numeric"), 2, is_string=False))


@pytest.mark.parametrize("steps", STEPS.values(), ids=STEPS)
def test_the_greatest_number_that_is_not_above_is_found(steps: list[Any]) -> None:
    """Each number of training is at or below what it became, and those beside go the same way."""
    seen, origin = X, RAW
    for step in steps:
        seen = step.fit_transform(seen)
        found = origin.through(step, 1)
        assert found is not None
        origin = found
    (before,) = thresholds_before([origin], [seen[:, 1]])
    beside = X.copy()
    for _ in range(3):
        beside = np.nextafter(beside, np.inf)
        after = beside
        for step in steps:
            after = step.transform(after)
        assert np.array_equal(after[:, 1] <= seen[:, 1], beside[:, 1] <= before)
    assert (X[:, 1] <= before).all()


def test_below_all_numbers_there_is_none() -> None:
    """A quantile is never below 0, and never above 1."""
    (_, origin) = through(QuantileTransformer(n_quantiles=100).fit(X), [None, RAW])
    assert origin is not None
    (before,) = thresholds_before([origin], [np.array([-0.5, 1.0])])
    assert before.tolist() == [-np.inf, np.finfo(float).max]


@pytest.mark.parametrize(
    "step",
    [Normalizer(), FunctionTransformer(np.cos), FunctionTransformer(np.log, kw_args={"out": None})],
    ids=["several columns", "falls", "settings"],
)
def test_of_other_steps_nothing_is_known(step: Any) -> None:
    """What may fall, or looks at other columns, cannot be undone."""
    assert through(step, [RAW, None]) == [None, None]


def test_columns_of_the_same_steps_are_searched_together() -> None:
    """One that is there twice, and those with fewer thresholds, find what they would alone."""
    power = PowerTransformer().fit(X)
    first, second = (Origin(RAW.block).through(power, column) for column in (0, 1))
    assert first is not None
    assert second is not None
    asked = [(first, np.array([-1.0, 0.0, 1.0])), (second, np.array([0.5])), (first, np.zeros(1))]
    together = thresholds_before(*zip(*asked, strict=True))
    alone = [thresholds_before([origin], [after])[0] for origin, after in asked]
    assert [each.tolist() for each in together] == [each.tolist() for each in alone]
