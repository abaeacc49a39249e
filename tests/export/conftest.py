"""What the tests of the export share: proving that a fitted estimator survives conversion."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sklearn.model_selection import train_test_split

from export.pipeline import Exported, export_trained
from export.recipe import Trained, load, resolve

Prove = Callable[..., Exported]


@pytest.fixture
def prove(tmp_path: Path) -> Prove:
    """Fit an estimator on three quarters of the rows, export it, and demand parity.

    Returns the artifact; raises what the export raises: ConversionError, ParityError, ...
    Keyword arguments are passed to `Trained`.
    """

    def run(estimator: Any, X: Any, y: Any = None, **options: Any) -> Exported:
        if y is None:
            X_train, X_test = train_test_split(X, random_state=0)
            y_train = y_test = None
        else:
            X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
        estimator.fit(X_train, y_train)
        trained = Trained(
            estimator=estimator,
            X_train=X_train,
            X_test=X_test,
            y_train=y_train,
            y_test=y_test,
            **options,
        )
        return export_trained(trained, tmp_path, "model")

    return run


@dataclass(frozen=True)
class Built:
    """A built-in recipe, trained once, and its artifact."""

    trained: Trained
    exported: Exported


@pytest.fixture(scope="session", params=["iris", "penguins"])
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Train and export each built-in recipe, once for all tests."""
    return _built(request.param, tmp_path_factory)


@pytest.fixture(scope="session")
def iris(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Train and export the Iris recipe, once for all tests."""
    return _built("iris", tmp_path_factory)


def _built(name: str, tmp_path_factory: pytest.TempPathFactory) -> Built:
    recipe = resolve(name)
    trained = load(recipe)
    folder = tmp_path_factory.mktemp(name)
    return Built(trained, export_trained(trained, folder, name, recipe=recipe))
