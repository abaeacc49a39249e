"""Tests of runtime.repository."""

import logging
import shutil
import threading
from pathlib import Path

import pytest

from runtime.errors import ArtifactError, ModelNotFoundError, NoModelError
from runtime.predictor import Predictor
from runtime.repository import Repository, open_repository


@pytest.fixture
def folder(artifacts: Path, tmp_path: Path) -> Path:
    """A folder with versions 1, 2 and 3 of Iris, the third of them truncated."""
    for version in (1, 2, 3):
        shutil.copytree(artifacts / "iris/1", tmp_path / f"iris/{version}")
    with (tmp_path / "iris/3/model.onnx").open("r+b") as file:
        file.truncate(1000)
    return tmp_path


TRUNCATED = "no seal at its end: it is truncated, or was not written by Skiff's export."


def test_the_newest_sound_version_is_served(folder: Path) -> None:
    """Newer ones that fail are remembered with the reason; older ones are not loaded."""
    repository = Repository(folder, Predictor.load)
    (entry,) = repository.entries
    assert (entry.name, entry.served, list(entry.paths)) == ("iris", 2, [3, 2, 1])
    assert list(entry.loaded) == [2]
    assert {version: error.problem for version, error in entry.failed.items()} == {3: TRUNCATED}
    assert repository.ready
    assert repository.find() is repository.find("iris") is repository.find("iris", "2")


def test_an_older_version_is_loaded_once_when_it_is_asked_for(folder: Path) -> None:
    """However many ask at the same time."""
    loads = []

    def load(path: Path) -> Predictor:
        loads.append(path)
        return Predictor.load(path)

    repository = Repository(folder, load)
    assert repository.find("iris", "1") is None
    found: list[Predictor] = []
    threads = [
        threading.Thread(target=lambda: found.append(repository.load("iris", "1")))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [each is repository.find("iris", "1") for each in found] == [True] * 4
    assert loads.count(folder / "iris/1/model.onnx") == 1


def test_a_version_that_failed_says_why_each_time_it_is_asked_for(folder: Path) -> None:
    """It is not loaded again."""
    repository = Repository(folder, Predictor.load)
    assert repository.find("iris", "3") is None
    for _ in range(2):
        with pytest.raises(ArtifactError) as caught:
            repository.load("iris", "3")
        assert caught.value.problem == TRUNCATED


@pytest.mark.parametrize(
    ("name", "version", "message"),
    [
        ("lily", None, "There is no model 'lily'. Available: iris."),
        ("lily", "1", "There is no model 'lily'. Available: iris."),
        ("iris", "4", "There is no version '4' of the model 'iris'. Available: 3, 2, 1."),
        ("iris", "02", "There is no version '02' of the model 'iris'. Available: 3, 2, 1."),
        (
            "iris",
            "9" * 5000,
            f"There is no version '{'9' * 5000}' of the model 'iris'. Available: ",
        ),
    ],
)
def test_what_is_not_there_is_told_with_what_is(
    folder: Path, name: str, version: str | None, message: str
) -> None:
    """The names, or the versions, are listed."""
    with pytest.raises(ModelNotFoundError) as caught:
        Repository(folder, Predictor.load).find(name, version)
    assert str(caught.value).startswith(message)


def test_of_several_models_one_must_be_named(artifacts: Path) -> None:
    """There is a default only if it is set, or if there is one model alone."""
    repository = Repository(artifacts, Predictor.load)
    assert repository.default is None
    assert repository.ready
    with pytest.raises(ModelNotFoundError) as caught:
        repository.find()
    assert str(caught.value) == (
        "There are several models and no default one: name one, or set DEFAULT_MODEL. "
        "Available: iris, penguins."
    )
    chosen = Repository(artifacts, Predictor.load, "penguins").find()
    assert chosen is not None
    assert chosen.label == "penguins/1"


def test_a_default_that_is_not_there_is_an_obstacle(artifacts: Path) -> None:
    """The service is not ready without the model it is to serve."""
    repository = Repository(artifacts, Predictor.load, "lily")
    assert not repository.ready
    assert str(repository.obstacle) == ("There is no model 'lily'. Available: iris, penguins.")


def test_no_model_at_all_is_an_obstacle(tmp_path: Path) -> None:
    """The message says how to make one."""
    repository = Repository(tmp_path, Predictor.load)
    assert isinstance(repository.obstacle, NoModelError)
    assert str(repository.obstacle) == (
        f"There is no model in {tmp_path}. To make one, run `python -m export --out {tmp_path}` "
        "where requirements-build.txt is installed, or set ARTIFACTS to a folder that holds "
        "<name>/<version>/model.onnx."
    )
    with pytest.raises(
        ModelNotFoundError, match=r"There is no model 'iris'. There are none at all."
    ):
        repository.find("iris")


def test_a_model_without_a_sound_version_is_an_obstacle(folder: Path) -> None:
    """Its newest version says what is wrong."""
    for version in (1, 2):
        shutil.rmtree(folder / f"iris/{version}")
    repository = Repository(folder, Predictor.load)
    assert str(repository.obstacle) == f"{folder}/iris/3/model.onnx: {TRUNCATED}"
    with pytest.raises(ArtifactError):
        repository.find("iris")


def test_a_version_without_its_file_is_not_served(folder: Path) -> None:
    """A folder of a version that holds no model is a broken copy."""
    (folder / "iris/4").mkdir()
    (entry,) = Repository(folder, Predictor.load).entries
    assert entry.served == 2
    assert entry.failed[4].problem == "cannot be read: No such file or directory."


def test_one_model_that_fails_does_not_take_the_others_with_it(
    folder: Path, artifacts: Path
) -> None:
    """Without a default, any model that is sound makes the service ready."""
    shutil.copytree(artifacts / "penguins", folder / "penguins")
    (folder / "penguins/1/model.onnx").write_bytes(b"")
    repository = Repository(folder, Predictor.load)
    assert repository.ready
    assert {entry.name: entry.served for entry in repository.entries} == {
        "iris": 2,
        "penguins": None,
    }


def test_the_fallback_serves_where_nothing_else_can_be_served(
    tmp_path: Path, artifacts: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It remembers what it stands in for, and the log says so."""
    caplog.set_level(logging.WARNING)
    repository = open_repository(tmp_path, artifacts, Predictor.load)
    assert repository.folder == artifacts
    assert repository.instead_of is not None
    assert repository.instead_of.folder == tmp_path
    assert caplog.messages == [
        f"Serving from {artifacts} in place of {tmp_path}. {repository.instead_of.obstacle}"
    ]


def test_the_fallback_is_left_alone_where_there_is_something_to_serve(
    folder: Path, artifacts: Path
) -> None:
    """An older version that passes is preferred to the fallback."""
    repository = open_repository(folder, artifacts, Predictor.load)
    assert (repository.folder, repository.instead_of) == (folder, None)


def test_a_fallback_that_cannot_be_served_either_changes_nothing(tmp_path: Path) -> None:
    """The obstacle is that of the folder that was asked for."""
    repository = open_repository(tmp_path / "a", tmp_path / "b", Predictor.load)
    assert repository.folder == tmp_path / "a"
    assert not repository.ready
