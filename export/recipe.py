"""What a recipe returns, and how one is loaded.

A recipe is an ordinary Python file with one function, `train()`, that returns a `Trained`.
`export/recipes/iris.py` is the example to copy.
"""

import importlib.util
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from export.errors import RecipeError

BUILT_IN = Path(__file__).parent / "recipes"
DEFAULT = BUILT_IN / "iris.py"


@dataclass(frozen=True, kw_only=True)
class Trained:
    """A fitted estimator with the data that it was trained on and the data held out.

    `X_train` and `X_test` are data frames with the same columns (of pandas, polars or Arrow),
    arrays `[rows, features]`, or, for text models, lists of strings; numbers `[rows]` are one
    feature. `y_train` and `y_test` are `[rows]` or, for several targets, `[rows, targets]` (None
    for estimators that learn without a target). Everything else is for people, and has a default:
    `name` is the file's, features are called by their column or `feature1` to `featureN`, classes
    by their label.
    """

    estimator: Any
    X_train: Any
    X_test: Any
    y_train: Any = None
    y_test: Any = None
    name: str | None = None
    title: str = ""
    description: str = ""
    target_names: Sequence[str] = ()
    """Names of the targets."""
    feature_titles: Sequence[str] = ()
    """What the features are called in the documentation, in their order."""
    class_names: Sequence[str] = ()
    """What the classes are called, in the order of the estimator's `classes_`."""
    example: Mapping[str, Any] = field(default_factory=dict)
    """A row to show in the documentation, by feature name; otherwise the first held-out row that
    lacks nothing and is answered."""


def load(path: Path) -> Trained:
    """Run the recipe at `path` and return what its `train()` returns.

    The recipe's folder is importable while it runs, so that it may have helpers beside it.
    Raises RecipeError where there is no such file or function, or it returns something else.
    An error inside the recipe is the recipe author's, and is left as it is.
    """
    module = _import(path)
    train = getattr(module, "train", None)
    if not callable(train):
        raise RecipeError(path, "has no function train(); see export/recipes/iris.py.")
    trained = train()
    if not isinstance(trained, Trained):
        found = type(trained).__name__
        raise RecipeError(path, f"its train() returned {found}; expected export.Trained.")
    return trained


def resolve(recipe: str | None) -> Path:
    """Return the file of a recipe: a path, or the name of a built-in one; Iris by default."""
    if recipe is None:
        return DEFAULT
    path = Path(recipe)
    if path.is_file():
        return path.resolve()
    built_in = BUILT_IN / f"{recipe}.py"
    if built_in.is_file() and not recipe.startswith("_"):
        return built_in
    names = ", ".join(sorted(p.stem for p in BUILT_IN.glob("[!_]*.py")))
    raise RecipeError(recipe, f"is neither a file nor a built-in recipe ({names}).")


def _import(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"skiff_recipe_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise RecipeError(path, "is not a Python file.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    sys.path.insert(0, str(path.parent))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(path.parent))
    return module
