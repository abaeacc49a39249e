"""Sums have the bits of numpy's."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.cluster import KMeans

from export import export
from export.converters.graph import Graph
from export.converters.registry import converts
from export.converters.sums import numpy_row_sum
from export.converters.values import Frame
from runtime.model import Model
from tests.export.conftest import Prove


class RowSum(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Sums of rows, as numpy adds them."""

    def fit(self, X: Any, y: Any = None) -> "RowSum":  # noqa: ARG002 - as scikit-learn calls it
        """Learn nothing but how many columns there are."""
        self.n_features_in_ = X.shape[1]
        return self

    def transform(self, X: Any) -> NDArray[np.float64]:
        """Return the sums, [N, 1]."""
        sums: NDArray[np.float64] = np.asarray(X).sum(axis=1, keepdims=True)
        return sums


@converts(RowSum, exact=True)
def row_sum(graph: Graph, step: RowSum, frame: Frame) -> Frame:
    """Sum each row."""
    total = numpy_row_sum(graph, graph.numeric(frame, step), frame.width)
    return Frame.of(graph.op("Where", graph.op("Equal", total, 0.0), 0.0, total), 1)


@pytest.mark.parametrize("width", [1, 2, 7, 8, 9, 16, 23, 128, 129, 300])
def test_numbers_are_summed_in_the_order_of_numpy(width: int, prove: Prove) -> None:
    """In eights and in halves, to the last bit."""
    X = np.random.default_rng(width).normal(size=(400, width)) * 10.0
    assert prove(RowSum(), X).manifest.parity.tolerance == 0


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
