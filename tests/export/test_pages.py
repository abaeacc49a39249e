"""The recipes and converters that the documentation shows work as they stand."""

import re
from pathlib import Path

import pytest

from export.__main__ import main
from runtime.manifest import Manifest, decode

ROOT = Path(__file__).parents[2]
TRAIN = """
from sklearn.datasets import load_iris
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier
from export import Trained

def train():
    X, y = load_iris(return_X_y=True)
    pipeline = make_pipeline(Clipper(), DecisionTreeClassifier(random_state=0)).fit(X, y)
    return Trained(estimator=pipeline, X_train=X, X_test=X[::3], y_train=y, y_test=y[::3])
"""


def _first_python(page: str) -> str:
    match = re.search(r"```python\n(.*?)```", (ROOT / "docs" / page).read_text(), re.DOTALL)
    assert match is not None
    return match[1]


@pytest.mark.parametrize(
    ("page", "more", "task"),
    [("recipes.md", "", "regression"), ("converters.md", TRAIN, "classification")],
)
def test_the_page_shows_what_works(page: str, more: str, task: str, tmp_path: Path) -> None:
    """The page's recipe is exported, bit for bit."""
    recipe = tmp_path / "mine.py"
    recipe.write_text(_first_python(page) + more)
    assert main([str(recipe), "--quiet", "--out", str(tmp_path)]) == 0
    path = tmp_path / "mine" / "1" / "model.json"
    manifest = decode(path.read_bytes(), Manifest, path)
    assert (manifest.task, manifest.parity.tolerance) == (task, 0)
