"""An artifact is written whole or not at all, and never over another."""

import os
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import onnx
import pytest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from export.artifact import check_name, check_place, next_version, write
from export.errors import ExportError
from export.pipeline import export_trained
from runtime.artifact import verify_seal
from runtime.manifest import Manifest, Vectors, decode
from tests.export.conftest import Built, Prove


def test_four_files_are_written_and_one_is_enough(built: Built) -> None:
    """`model.onnx` holds the manifest and the golden rows that lie beside it."""
    path = built.exported.path
    assert sorted(file.name for file in path.iterdir()) == [
        "model.json",
        "model.onnx",
        "report.html",
        "vectors.json",
    ]
    metadata = {p.key: p.value for p in onnx.load(path / "model.onnx").metadata_props}
    assert metadata["skiff.manifest"].encode() == (path / "model.json").read_bytes()
    assert metadata["skiff.vectors"].encode() == (path / "vectors.json").read_bytes()
    with (path / "model.onnx").open("rb") as file:
        verify_seal(file, path)


def test_the_graph_is_double_from_input_to_output(built: Built) -> None:
    """No input or output of the graph is single precision."""
    graph = onnx.load(built.exported.path / "model.onnx").graph
    types = {v.name: v.type.tensor_type.elem_type for v in [*graph.input, *graph.output]}
    assert onnx.TensorProto.FLOAT not in types.values()
    assert types["numeric"] == types["probabilities"] == onnx.TensorProto.DOUBLE


def test_golden_rows_have_an_answer_each(built: Built) -> None:
    """Every golden row has an answer of every output."""
    path = built.exported.path / "vectors.json"
    vectors = decode(path.read_bytes(), Vectors, path)
    assert len(vectors.rows) >= 16
    assert {len(values) for values in vectors.outputs.values()} == {len(vectors.rows)}


def test_golden_rows_have_no_nul(prove: Prove) -> None:
    """It would end the string in most other languages; without it every language can replay."""
    texts = np.array(["red\0fox", "red fox", "blue whale", "blue\0whale"] * 8, dtype=object)
    labels = np.array([0, 0, 1, 1] * 8)
    path = prove(make_pipeline(CountVectorizer(), LogisticRegression()), texts, labels).path
    rows = decode((path / "vectors.json").read_bytes(), Vectors, path).rows
    assert {"red fox", "blue whale"} <= {row["text"] for row in rows}
    assert [row for row in rows if "\0" in str(row["text"])] == []


def test_the_manifest_says_where_the_model_comes_from(built: Built) -> None:
    """Versions, opsets and the data's hash are there; a date only if one was given."""
    path = built.exported.path / "model.json"
    provenance = decode(path.read_bytes(), Manifest, path).provenance
    assert set(provenance.versions) == {
        "python",
        "scikit-learn",
        "skl2onnx",
        "onnx",
        "onnxruntime",
        "numpy",
    }
    graph = onnx.load(path.with_name("model.onnx"))
    assert provenance.opset == {each.domain: each.version for each in graph.opset_import}
    assert provenance.opset[""] == 21
    assert provenance.training_data.startswith("sha256:")
    assert (provenance.created is None) == ("SOURCE_DATE_EPOCH" not in os.environ)
    assert provenance.estimator.startswith("Pipeline(")


def test_versions_count_up(tmp_path: Path) -> None:
    """The next version is one more than the newest, whatever else lies in the folder."""
    assert next_version(tmp_path, "m") == 1
    for name in ("1", "10", "010x", "notes", ".partial-1"):
        (tmp_path / "m" / name).mkdir(parents=True)
    assert next_version(tmp_path, "m") == 11


def test_a_version_is_never_written_over(iris: Built, tmp_path: Path) -> None:
    """Asking for a version that exists is refused, and it stays as it was."""
    first = export_trained(iris.trained, tmp_path, "m", version=3).path
    before = (first / "model.onnx").read_bytes()
    with pytest.raises(ExportError) as caught:
        export_trained(iris.trained, tmp_path, "m", version=3)
    assert str(caught.value) == f"{first} exists already; choose another version."
    assert (first / "model.onnx").read_bytes() == before


@pytest.mark.parametrize("version", [0, -1])
def test_a_version_that_is_no_positive_integer_is_refused(version: int, tmp_path: Path) -> None:
    """0 does not stand for the next one."""
    with pytest.raises(ExportError) as caught:
        check_place(tmp_path, "m", version)
    assert str(caught.value) == (
        f"The version {version} cannot be used; expected a positive integer."
    )


def test_a_place_that_cannot_be_written_to_is_refused_before_all_else(
    iris: Built, tmp_path: Path
) -> None:
    """Nobody waits for a conversion that cannot be kept."""
    (tmp_path / "file").touch()
    trained = replace(iris.trained, estimator=None)
    with pytest.raises(ExportError) as caught:
        export_trained(trained, tmp_path / "file" / "artifacts", "m")
    assert str(caught.value) == (
        f"{tmp_path}/file/artifacts/m/1: cannot be written: {tmp_path}/file is no folder to write "
        "to."
    )


def test_a_folder_that_turns_out_not_to_be_one_is_named(iris: Built, tmp_path: Path) -> None:
    """Whatever the system says when writing is said with the path."""
    (tmp_path / "iris").touch()
    manifest, vectors = iris.exported.manifest, Vectors(format=1, rows=(), outputs={})
    with pytest.raises(ExportError) as caught:
        write(tmp_path, b"model", manifest, vectors, "page")
    assert str(caught.value) == f"{tmp_path}/iris/1: cannot be written: File exists."


def test_a_write_that_fails_leaves_nothing(
    iris: Built, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the disk fails half-way, there is neither a version nor a remnant of one."""
    written: list[Path] = []
    write_bytes = Path.write_bytes

    def fail_at_the_second(self: Path, data: bytes) -> int:
        written.append(self)
        if len(written) == 2:
            raise OSError(28, "No space left on device")
        return write_bytes(self, data)

    monkeypatch.setattr(Path, "write_bytes", fail_at_the_second)
    manifest = msgspec.structs.replace(iris.exported.manifest, version=1)
    vectors = Vectors(format=1, rows=(), outputs={})
    with pytest.raises(ExportError, match="No space left on device"):
        write(tmp_path, b"model", manifest, vectors, "page")
    assert list((tmp_path / "iris").iterdir()) == []


@pytest.mark.parametrize("name", ["", ".hidden", "a/b", "..", "a b", "x" * 129, "é"])
def test_a_name_that_cannot_be_a_folder_and_a_route_is_refused(name: str) -> None:
    """The message says what a name may be made of."""
    with pytest.raises(ExportError) as caught:
        check_name(name)
    assert str(caught.value) == (
        f"The name {name!r} cannot be used; expected letters, digits, '.', '_' and '-', "
        "at most 128, beginning with a letter or digit."
    )
