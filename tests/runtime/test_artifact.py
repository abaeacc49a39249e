"""Tests of runtime.artifact."""

import hashlib
import re
from io import BytesIO
from pathlib import Path

import pytest

from runtime.artifact import find_models, locate, seal, verify_seal
from runtime.errors import ArtifactError, FormatError

MODEL = b"the bytes of a model"
PATH = Path("model.onnx")


def test_a_seal_holds_the_digest_of_what_it_closes() -> None:
    """What seal writes, verify_seal finds right."""
    assert verify_seal(BytesIO(seal(MODEL)), PATH) == hashlib.sha256(MODEL).hexdigest()


def test_a_file_is_read_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """However small these are, the digest is that of the whole."""
    monkeypatch.setattr("runtime.artifact._CHUNK", 3)
    assert verify_seal(BytesIO(seal(MODEL)), PATH) == hashlib.sha256(MODEL).hexdigest()


def test_a_truncated_file_is_told_by_its_missing_seal() -> None:
    """Without its last byte a file is not sealed."""
    with pytest.raises(ArtifactError) as caught:
        verify_seal(BytesIO(seal(MODEL)[:-1]), PATH)
    assert str(caught.value) == (
        "model.onnx: no seal at its end: it is truncated, or was not written by Skiff's export."
    )


def test_a_changed_file_is_told_by_its_digest() -> None:
    """One byte that differs is found, and both digests are named."""
    changed = b"x" + MODEL[1:]
    with pytest.raises(ArtifactError) as caught:
        verify_seal(BytesIO(changed + seal(MODEL)[len(MODEL) :]), PATH)
    found, sealed = (hashlib.sha256(each).hexdigest() for each in (changed, MODEL))
    assert str(caught.value) == (
        f"model.onnx: its SHA-256 is {found}, sealed as {sealed}: it was changed after the export."
    )


@pytest.mark.parametrize(
    ("number", "advice"),
    [(2, "Serve it with a newer runtime."), (0, "Export the model again.")],
)
def test_another_format_is_refused_with_what_to_do(number: int, advice: str) -> None:
    """The format is told before anything else of the file is trusted."""
    data = seal(MODEL).replace(b"format=1", b"format=%d" % number)
    with pytest.raises(FormatError) as caught:
        verify_seal(BytesIO(data), PATH)
    assert str(caught.value) == (
        f"model.onnx: the artifact has format {number}; this runtime reads format 1. {advice}"
    )


def test_models_are_found_newest_version_first(tmp_path: Path) -> None:
    """Versions are ordered as numbers; whatever is no version of a model is ignored."""
    for folder in (
        "b/2",
        "b/10",
        "b/1",
        "a/1",
        "empty",
        "b/x",
        "b/01",
        "b/0",
        ".hidden/1",
        "c d/1",
    ):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "README.md").touch()
    (tmp_path / "b/3").touch()
    assert {name: list(paths) for name, paths in find_models(tmp_path).items()} == {
        "a": [1],
        "b": [10, 2, 1],
    }
    assert find_models(tmp_path)["b"][10] == tmp_path / "b/10/model.onnx"


@pytest.mark.parametrize("path", ["absent", "file"])
def test_a_folder_that_is_none_holds_no_models(tmp_path: Path, path: str) -> None:
    """An absent folder, or a file in its place, is like an empty folder."""
    (tmp_path / "file").touch()
    assert find_models(tmp_path / path) == {}


@pytest.mark.parametrize("path", ["", "iris", "iris/10", "iris/10/model.onnx"])
def test_an_artifact_is_located_by_file_or_folder(tmp_path: Path, path: str) -> None:
    """A model's folder means its newest version; a folder of one model means that model."""
    for version in (9, 10):
        (tmp_path / f"iris/{version}").mkdir(parents=True)
        (tmp_path / f"iris/{version}/model.onnx").touch()
    assert locate(tmp_path / path) == tmp_path / "iris/10/model.onnx"


def test_a_path_without_an_artifact_is_refused(tmp_path: Path) -> None:
    """The message names the file that was looked for."""
    with pytest.raises(ArtifactError, match=re.escape(f"{tmp_path}/model.onnx: there is no such")):
        locate(tmp_path)


def test_of_several_models_one_must_be_named(tmp_path: Path) -> None:
    """None of them is more likely to be meant."""
    for name in ("iris", "penguins"):
        (tmp_path / name / "1").mkdir(parents=True)
    with pytest.raises(ArtifactError) as caught:
        locate(tmp_path)
    assert str(caught.value) == f"{tmp_path}: it holds several models; name one: iris, penguins."
