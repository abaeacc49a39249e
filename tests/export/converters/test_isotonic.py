"""Isotonic regression agrees, whichever form its one feature has."""

import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression

from tests.export.conftest import Prove


@pytest.mark.parametrize("form", ["row", "column"])
def test_one_feature_may_be_a_row_of_numbers(form: str, prove: Prove) -> None:
    """Clients send one feature, however scikit-learn was given it."""
    doses = np.random.default_rng(0).normal(size=200)
    X = doses if form == "row" else doses.reshape(-1, 1)
    exported = prove(IsotonicRegression(out_of_bounds="clip"), X, np.round(doses, 1))
    assert [feature.name for feature in exported.manifest.features] == ["feature1"]
    assert exported.manifest.parity.tolerance == 0
