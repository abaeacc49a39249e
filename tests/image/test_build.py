"""What is built from other models: the user's own is, and one that disagrees is not.

The builds take the layers that `make image` has made: each adds an export, and no installation.
"""

import runpy
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from image.build import ROOT, build_options
from image.engine import Engine, EngineError
from tests.image.conftest import Start
from tests.image.containers import RESTRICTED

TAG = "ml-api-of-a-test"
RECIPE = "recipes/mine.py"
MINE = """
from sklearn.datasets import load_diabetes
from sklearn.ensemble import RandomForestRegressor
from sklearn.model_selection import train_test_split

from export import Trained


def train() -> Trained:
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    forest = RandomForestRegressor(5, random_state=0).fit(X_train, y_train)
    return Trained(
        estimator=forest, X_train=X_train, X_test=X_test, y_train=y_train, y_test=y_test
    )
"""
DISAGREES = MINE.replace(
    "    return", "    forest.predict = lambda X: X['bmi'].to_numpy()\n    return"
)
"""Its estimator answers otherwise than the trees that are converted."""
CHANGED = """
from pathlib import Path

import onnx

from runtime.artifact import seal

(path,) = Path("/artifacts").glob("*/*/model.onnx")
model = onnx.load_from_string(path.read_bytes())
(ensemble,) = (node for node in model.graph.node if node.op_type == "TreeEnsemble")
(leaves,) = (each.t for each in ensemble.attribute if each.name == "leaf_weights")
leaves.CopyFrom(onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(leaves) + 1))
del model.metadata_props[-1]
path.write_bytes(seal(model.SerializeToString()))
"""
"""Changes the graph after its parity was measured, and seals it as the export does."""


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what the build reads of this folder, with a recipe of one's own."""
    folder = tmp_path_factory.mktemp("context")
    for name in ("export", "image", "runtime"):
        shutil.copytree(ROOT / name, folder / name)
    for path in (ROOT / "Dockerfile", ROOT / ".dockerignore", *ROOT.glob("requirements-*.txt")):
        shutil.copy2(path, folder)
    (folder / "recipes").mkdir()
    (folder / RECIPE).write_text(MINE)
    return folder


@pytest.fixture(scope="module")
def mine(engine: Engine, context: Path) -> Iterator[str]:
    """The name of an image that holds the model of that recipe."""
    engine.build(context, *build_options(engine, TAG, RECIPE))
    yield TAG
    engine.ask("image", "rm", TAG)


def test_a_recipe_of_ones_own_is_built_with_no_other_change(
    context: Path, mine: str, start: Start
) -> None:
    """`--build-arg RECIPE=recipes/mine.py` is enough: the image answers as that estimator does."""
    trained = runpy.run_path(str(context / RECIPE))["train"]()
    service = start(*RESTRICTED, image=mine)
    records = trained.X_test.to_dict("records")
    status, answers = service.json("POST", "/predict", records)
    assert status == 200
    expected = trained.estimator.predict(trained.X_test)
    assert [answer["prediction"] for answer in answers] == pytest.approx(expected, rel=1e-12)


def test_an_estimator_that_disagrees_with_its_graph_is_not_built(
    engine: Engine, context: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The export refuses to write it, and the build ends there."""
    (context / "recipes/disagrees.py").write_text(DISAGREES)
    with pytest.raises(EngineError):
        engine.build(context, *build_options(engine, TAG, "recipes/disagrees.py"))
    assert "error: The graph does not answer as scikit-learn does" in "".join(capfd.readouterr())


def test_a_graph_that_disagrees_with_scikit_learn_is_not_built(
    engine: Engine, context: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The files that are shipped replay the golden rows, and one that was changed fails there."""
    (context / "changed.py").write_text(CHANGED)
    dockerfile = (ROOT / "Dockerfile").read_text()
    change = "RUN /venv/bin/python changed.py\n\nFROM base AS rootfs"
    (context / "Dockerfile").write_text(dockerfile.replace("FROM base AS rootfs", change))
    with pytest.raises(EngineError):
        engine.build(context, *build_options(engine, TAG, RECIPE))
    said = "".join(capfd.readouterr())
    assert "it does not answer as scikit-learn did. prediction of golden row" in said
