"""What the runtime's tests share: exported artifacts, and applications that serve them.

Nothing here, or in the tests, imports the build stage: they run in an environment that has
requirements-runtime.txt and the test tools alone, given artifacts by SKIFF_TEST_ARTIFACTS.
"""

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from starlette.types import Receive

from runtime.app import create_app
from runtime.artifact import seal
from runtime.config import Settings
from runtime.contracts import flow, streams
from runtime.predictor import Predictor

ROOT = Path(__file__).parents[2]

Alter = Callable[..., Path]
Serve = Callable[..., TestClient]


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of `tests.runtime.models`."""
    given = os.environ.get("SKIFF_TEST_ARTIFACTS")
    if given:
        return Path(given).resolve()
    folder = tmp_path_factory.mktemp("models")
    command = [sys.executable, "-m", "tests.runtime.models", str(folder)]
    subprocess.run(command, check=True, cwd=ROOT)
    return folder


@pytest.fixture(scope="session")
def artifacts(models: Path) -> Path:
    """A folder that holds the built-in recipes' models, `iris/1` and `penguins/1`."""
    return models / "usual"


@pytest.fixture(scope="session")
def iris(artifacts: Path) -> Predictor:
    """The Iris model: four numbers, three classes that are integers."""
    return Predictor.load(artifacts / "iris/1/model.onnx")


@pytest.fixture(scope="session")
def penguins(artifacts: Path) -> Predictor:
    """The penguins model: strings, missing values, an integer, classes that are strings."""
    return Predictor.load(artifacts / "penguins/1/model.onnx")


@pytest.fixture(scope="session")
def notes(models: Path) -> Predictor:
    """A model of text."""
    return Predictor.load(models / "unusual/notes/1/model.onnx")


@pytest.fixture(scope="session")
def sizes(models: Path) -> Predictor:
    """A regression that answers a few numbers only: 30, 40 and 50; and 1, 2 and 3."""
    return Predictor.load(models / "unusual/sizes/1/model.onnx")


@pytest.fixture(scope="session")
def iris_record() -> dict[str, float]:
    """A flower: a setosa."""
    return {"feature1": 5.1, "feature2": 3.5, "feature3": 1.4, "feature4": 0.2}


@pytest.fixture
def alter(artifacts: Path, tmp_path: Path) -> Alter:
    """Make `<tmp_path>/iris/<version>/model.onnx`: sealed, with some bytes replaced by others.

    The replacements are of the length of what they replace, so the file stays well-formed.
    """

    def make(*replacements: tuple[bytes, bytes], version: int = 1) -> Path:
        data = (artifacts / "iris/1/model.onnx").read_bytes()[: -len(seal(b""))]
        for old, new in replacements:
            assert old in data
            assert len(old) == len(new)
            data = data.replace(old, new)
        path = tmp_path / "iris" / str(version) / "model.onnx"
        path.parent.mkdir(parents=True)
        path.write_bytes(seal(data))
        return path

    return make


@pytest.fixture
def serve(artifacts: Path) -> Iterator[Serve]:
    """Start an application, with settings of the test's own, and return a client of it."""
    with ExitStack() as stack:

        def start(**environ: str) -> TestClient:
            settings = Settings.read({"ARTIFACTS": str(artifacts), **environ})
            client = TestClient(create_app(settings), raise_server_exceptions=False)
            return stack.enter_context(client)

        yield start


@pytest.fixture
def client(serve: Serve) -> TestClient:
    """A client of an application that serves Iris by default, and penguins by name."""
    return serve(DEFAULT_MODEL="iris")


@pytest.fixture
def pieces(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Have the bodies of streams come in pieces of a size; the test client joins what it sends."""

    def cut(size: int) -> None:
        async def incoming(receive: Receive, patience: float | None) -> AsyncIterator[bytes]:
            async for data in flow.incoming(receive, patience):
                for place in range(0, len(data), size):
                    yield data[place : place + size]

        monkeypatch.setattr(streams, "incoming", incoming)

    return cut
