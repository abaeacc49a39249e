"""Recipes are found, run, and refused with a reason."""

from pathlib import Path

import pytest

from export.errors import RecipeError
from export.recipe import BUILT_IN, DEFAULT, load, resolve


def test_no_recipe_means_iris() -> None:
    """Without a name, the recipe is Iris."""
    assert resolve(None) == DEFAULT == BUILT_IN / "iris.py"


def test_a_built_in_recipe_goes_by_its_name() -> None:
    """`penguins` names the file beside Iris."""
    assert resolve("penguins") == BUILT_IN / "penguins.py"


def test_a_file_goes_by_its_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative path is resolved against the working directory."""
    (tmp_path / "mine.py").write_text("")
    monkeypatch.chdir(tmp_path)
    assert resolve("mine.py") == tmp_path / "mine.py"


def test_an_unknown_recipe_is_refused_with_those_that_there_are() -> None:
    """The message lists the built-in recipes."""
    with pytest.raises(RecipeError) as caught:
        resolve("irises")
    assert str(caught.value) == (
        "irises: is neither a file nor a built-in recipe (iris, penguins)."
    )


def test_a_recipe_may_import_a_module_beside_it(tmp_path: Path) -> None:
    """The recipe's folder is importable while it runs."""
    (tmp_path / "beside_the_recipe.py").write_text("NAME = 'from beside'\n")
    recipe = tmp_path / "recipe.py"
    recipe.write_text(
        "from beside_the_recipe import NAME\n"
        "from export import Trained\n"
        "def train():\n"
        "    return Trained(estimator=None, X_train=[[1.0]], X_test=[[1.0]], name=NAME)\n"
    )
    assert load(recipe).name == "from beside"


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("", "has no function train(); see export/recipes/iris.py."),
        ("train = 3", "has no function train(); see export/recipes/iris.py."),
        ("def train(): return {}", "its train() returned dict; expected export.Trained."),
    ],
)
def test_a_file_that_is_no_recipe_is_refused(source: str, problem: str, tmp_path: Path) -> None:
    """The message names the file and what is missing in it."""
    recipe = tmp_path / "recipe.py"
    recipe.write_text(source)
    with pytest.raises(RecipeError) as caught:
        load(recipe)
    assert str(caught.value) == f"{recipe}: {problem}"


def test_a_file_that_is_no_python_is_refused(tmp_path: Path) -> None:
    """A file that Python cannot import is named."""
    recipe = tmp_path / "recipe.txt"
    recipe.write_text("hello")
    with pytest.raises(RecipeError, match="is not a Python file"):
        load(recipe)
