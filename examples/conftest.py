"""The artifacts that the tests of the languages share; the languages must have been built."""

from pathlib import Path

import pytest

from examples import odd_artifacts
from examples.languages import CACHE


@pytest.fixture(scope="session")
def artifacts() -> Path:
    """The folder of the built-in models and of those in `examples/recipes`."""
    folder = CACHE / "artifacts"
    assert (folder / "iris" / "1").is_dir(), "expected artifacts; run `make replay` first"
    return folder


@pytest.fixture(scope="session")
def odd(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The folders of models that nobody has."""
    return odd_artifacts.write(tmp_path_factory.mktemp("odd"))
