"""Every node of every tree is asked, and one that decides otherwise is found out."""

from collections.abc import Callable

import numpy as np
import onnx
import pytest
from lightgbm import LGBMRegressor
from onnx import numpy_helper
from sklearn.datasets import make_regression
from sklearn.linear_model import LinearRegression

import export.pipeline
import export.thresholds
import export.treewise
from export.convert import Converted, to_onnx
from export.errors import ParityError
from runtime.manifest import Thresholds
from tests.export.conftest import Prove
from tests.export.ensembles import ENSEMBLES, rows_and_classes

Plant = Callable[[onnx.NodeProto], None]


@pytest.fixture
def asked_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave no time to ask the whole estimator at thresholds, as with thousands of trees."""
    monkeypatch.setattr(export.thresholds, "MOST_VISITS", 0)


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch) -> Callable[[Plant], None]:
    """Return what plants a fault into the last ensemble of each graph that is converted."""

    def plant(fault: Plant) -> None:
        def converted(*arguments: object) -> Converted:
            result = to_onnx(*arguments)  # type: ignore[arg-type]
            nodes = [node for node in result.model.graph.node if node.op_type == "TreeEnsemble"]
            fault(nodes[-1])
            return result

        monkeypatch.setattr(export.pipeline, "to_onnx", converted)

    return plant


def move_the_last_threshold(ensemble: onnx.NodeProto) -> None:
    """Put it to the next number, in the precision that the trees compare in."""
    splits = next(each.t for each in ensemble.attribute if each.name == "nodes_splits")
    values = numpy_helper.to_array(splits).copy()
    values[-1] = np.nextafter(values[-1], values.dtype.type(np.inf))
    splits.CopyFrom(numpy_helper.from_array(values))


def swap_the_last_leaves(ensemble: onnx.NodeProto) -> None:
    """Send what goes left to the right."""
    by_name = {each.name: each.ints for each in ensemble.attribute}
    for one, other in (
        ("nodes_trueleafs", "nodes_falseleafs"),
        ("nodes_truenodeids", "nodes_falsenodeids"),
    ):
        by_name[one][-1], by_name[other][-1] = by_name[other][-1], by_name[one][-1]


@pytest.mark.usefixtures("asked_apart")
@pytest.mark.parametrize("name", ENSEMBLES)
def test_all_nodes_are_asked_on_both_sides(name: str, prove: Prove) -> None:
    """Where the whole ensemble would take too long, each node is asked by itself."""
    parity = prove(ENSEMBLES[name], *rows_and_classes()).manifest.parity
    nodes = parity.groups[-1]
    assert parity.thresholds is not None
    assert parity.thresholds.tried == parity.thresholds.of > 10
    assert (nodes.group, nodes.rows) == ("nodes", parity.thresholds.tried * 6)
    assert parity.rows == sum(group.rows for group in parity.groups)


@pytest.mark.usefixtures("asked_apart")
@pytest.mark.parametrize("fault", [move_the_last_threshold, swap_the_last_leaves])
@pytest.mark.parametrize("name", ENSEMBLES)
def test_a_node_that_decides_otherwise_is_caught(
    name: str, fault: Plant, prove: Prove, planted: Callable[[Plant], None]
) -> None:
    """One threshold that is one bit too great fails parity, and so do two leaves swapped."""
    planted(fault)
    with pytest.raises(ParityError, match="does not answer as scikit-learn does"):
        prove(ENSEMBLES[name], *rows_and_classes())


@pytest.mark.usefixtures("asked_apart")
def test_the_rows_that_reach_another_leaf_are_named(
    prove: Prove, planted: Callable[[Plant], None]
) -> None:
    """Only the rows at one threshold notice; the message shows them, and both answers."""
    planted(move_the_last_threshold)
    with pytest.raises(
        ParityError, match=r"rows beside thresholds \d+ reach another leaf"
    ) as caught:
        prove(ENSEMBLES["tree"], *rows_and_classes())
    assert "\n  {'feature1': " in str(caught.value)
    assert ": expected [" in str(caught.value)


def test_what_could_not_be_asked_is_said(prove: Prove, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where time is too short for all nodes, the manifest says how many of how many."""
    monkeypatch.setattr(export.thresholds, "MOST_VISITS", 0)
    monkeypatch.setattr(export.treewise, "MOST_VISITS", 6 * 8 * 40)
    parity = prove(ENSEMBLES["forest"], *rows_and_classes()).manifest.parity
    assert parity.thresholds is not None
    assert 0 < parity.thresholds.tried <= 40 < parity.thresholds.of


def test_a_model_without_trees_has_no_thresholds(prove: Prove) -> None:
    """There is nothing to count."""
    assert prove(LinearRegression(), *rows_and_classes()).manifest.parity.thresholds is None


def test_a_small_ensemble_is_asked_as_a_whole(prove: Prove) -> None:
    """Then no node needs to be asked apart."""
    parity = prove(ENSEMBLES["tree"], *rows_and_classes()).manifest.parity
    names = [group.group for group in parity.groups]
    assert "thresholds" in names
    assert "nodes" not in names
    assert isinstance(parity.thresholds, Thresholds)
    assert parity.thresholds.tried == parity.thresholds.of


def test_boosters_are_asked_as_a_whole_alone(prove: Prove, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their own trees are not to be asked: no group claims that they were."""
    monkeypatch.setattr(export.thresholds, "MOST_VISITS", 2_000)
    X, y = make_regression(300, 4, random_state=0)
    parity = prove(LGBMRegressor(n_estimators=10, verbose=-1), X, y).manifest.parity
    assert parity.thresholds is not None
    assert 0 < parity.thresholds.tried < parity.thresholds.of
    assert all(group.rows for group in parity.groups)
