"""Sums have the bits of numpy's."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.cluster import KMeans

from export import export
from runtime.model import Model
from tests.export.conftest import Prove


@pytest.mark.parametrize("width", [1, 2, 3, 7, 8, 9, 13, 16, 21, 24, 31, 40])
def test_squares_are_summed_in_the_order_of_numpy(width: int, tmp_path: Path) -> None:
    """The distance from the origin is the root of the sum, to the last bit."""
    X = np.random.default_rng(width).normal(size=(500, width)) * np.logspace(0, 5, width)
    around_origin = KMeans(1, n_init=1).fit(X)
    around_origin.cluster_centers_ = np.zeros((1, width))
    model = Model.load(export(around_origin, X, name="sums", out=tmp_path).path / "model.onnx")
    expected = np.sqrt(np.einsum("ij,ij->i", X, X))
    assert np.array_equal(model.run({"numeric": X})["distances"][:, 0], expected)


def test_distances_agree_far_from_the_origin(prove: Prove) -> None:
    """Where nearly all of the squares cancels, no digit more is lost than scikit-learn loses."""
    X = 1e6 + np.random.default_rng(0).normal(size=(300, 8))
    prove(KMeans(3, random_state=0), X)
