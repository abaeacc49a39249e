"""The typed clients as text. `make test-languages` compiles and runs them."""

import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from examples.odd_models import odd, tasks, variant
from export.__main__ import main
from export.client import LANGUAGES, go, java, write
from export.client.names import about, camel, line, pascal, snake, unique
from export.client.plan import Fields, Node, plan
from export.client.python import generate
from runtime.answers import answer_schema
from runtime.manifest import Feature, Manifest, decode, encode

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The artifact of the Iris model."""
    out = tmp_path_factory.mktemp("artifacts")
    assert main(["--quiet", "--out", str(out)]) == 0
    return out / "iris" / "1"


@pytest.fixture(scope="module")
def iris(folder: Path) -> Manifest:
    """Its manifest."""
    return decode((folder / "model.json").read_bytes(), Manifest, folder)


def test_the_plan_has_the_fields_that_the_service_sends(iris: Manifest) -> None:
    """For every task, by name and in order."""
    for manifest in tasks(iris):
        assert _keys(plan(manifest)) == _schema_keys(answer_schema(manifest)), manifest.task


def _keys(node: Node) -> Any:
    return {name: _keys(part) for name, part in node.fields} if isinstance(node, Fields) else None


def _schema_keys(schema: dict[str, Any]) -> Any:
    properties = schema.get("properties")
    return properties and {name: _schema_keys(part) for name, part in properties.items()}


def test_the_command_prints_what_it_wrote(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One path per file."""
    assert main(["client", "--language", "go", "--out", str(tmp_path), str(folder)]) == 0
    package = tmp_path / "iris"
    assert capsys.readouterr().out == f"{package / 'client.go'}\n{package / 'local.go'}\n"


def test_a_folder_without_an_artifact_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the file that was looked for."""
    assert main(["client", "--language", "go", str(tmp_path)]) == 1
    expected = f"error: {tmp_path / 'model.json'}: cannot be read: No such file or directory.\n"
    assert capsys.readouterr().err == expected


def test_an_output_folder_that_cannot_be_made_is_refused(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the file that could not be written."""
    (tmp_path / "taken").touch()
    arguments = ["client", "--language", "python", "--out", str(tmp_path / "taken"), str(folder)]
    assert main(arguments) == 1
    expected = f"error: {tmp_path / 'taken' / 'iris.py'}: cannot be written: File exists.\n"
    assert capsys.readouterr().err == expected


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_manifest_gives_the_same_client(
    language: str, iris: Manifest, tmp_path: Path
) -> None:
    """For every task, with odd names: files that name every feature and the route."""
    for manifest in tasks(odd(iris)):
        (tmp_path / "model.json").write_bytes(encode(manifest))
        first, second = (
            [path.read_text() for path in write(tmp_path, language, tmp_path / each)]
            for each in ("first", "second")
        )
        assert first == second
        strings = any(each.dtype == "string" for each in (*manifest.inputs, *manifest.outputs))
        assert len(first) == (3 if language == "java" and strings else 2)
        assert "/models/odd-model.2/versions/1/predict" in first[0]
        assert "2nd, col" in first[0]


def test_python_clients_of_every_task_are_python(iris: Manifest) -> None:
    """They parse, whatever the names."""
    for manifest in tasks(odd(iris)):
        for text in generate(manifest).values():
            ast.parse(text)


def test_the_python_client_runs_in_process(folder: Path, tmp_path: Path) -> None:
    """The generated model answers."""
    write(folder, "python", tmp_path)
    program = (
        "from iris import IrisRecord\n"
        "from iris_local import IrisModel\n"
        f"model = IrisModel({str(folder / 'model.onnx')!r})\n"
        "record = IrisRecord(feature1=5.1, feature2=3.5, feature3=1.4, feature4=0.2)\n"
        "print(model.predict_all([record])[0]['prediction'], model.predict_all([]))\n"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("0 []\n", "")


def test_categories_that_would_be_called_alike_are_told_apart(iris: Manifest) -> None:
    """Constants of Go share one space: of all features, of the types, and of the answer."""
    features = tuple(
        Feature(
            name=name,
            dtype="string",
            input="string",
            column=column,
            title=name,
            nullable=False,
            closed=True,
            categories=categories,
        )
        for column, (name, categories) in enumerate(
            {
                "a": ("b c", "Category"),
                "a b": ("c",),
                "A-b": ("1", "x1", "c"),
                "answer": ("probabilities",),
            }.items()
        )
    )
    manifest = variant(iris, name="type", features=features)
    client = go.generate(manifest)["modeltype/client.go"]
    assert re.findall(r"^\t(\w+) +(\w+) += (.+)$", client, re.MULTILINE) == [
        ("ABC", "ACategory", '"b c"'),
        ("ACategory2", "ACategory", '"Category"'),
        ("ABC2", "ABCategory", '"c"'),
        ("ABX1", "ABCategory2", '"1"'),
        ("ABX12", "ABCategory2", '"x1"'),
        ("ABC3", "ABCategory2", '"c"'),
        ("AnswerProbabilities2", "AnswerCategory", '"probabilities"'),
    ]
    enums = re.findall(
        r"enum (\w+) \{\n(.+?);", java.generate(manifest)["TypeClient.java"], re.DOTALL
    )
    assert enums[2] == ("ABCategory2", '    X1("1"),\n    X12("x1"),\n    C("c")')


def test_names_follow_each_language() -> None:
    """Words are told apart by case and by what is no letter or digit."""
    assert [spell("bill_lengthMm 2") for spell in (pascal, camel, snake)] == [
        "BillLengthMm2",
        "billLengthMm2",
        "bill_length_mm_2",
    ]
    assert [spell("2nd") for spell in (pascal, camel, snake)] == ["X2nd", "x2nd", "x2nd"]


def test_equal_names_are_numbered() -> None:
    """As are those that the language has taken."""
    assert unique(["a", "a", "class"], ["class"]) == ["a", "a2", "class2"]


def test_a_comment_ends_no_comment() -> None:
    """Nor does it leave its line."""
    assert line('a\nb */ "c" \\') == "a b * / 'c' /"


def test_a_feature_is_described_in_a_line() -> None:
    """Its title, its range, whether it may be missing."""
    feature = Feature(
        name="x",
        dtype="float64",
        input="numeric",
        column=0,
        title="width (mm)",
        nullable=True,
        minimum=1.0,
        maximum=2.5,
    )
    assert about(feature) == "width (mm); 1 to 2.5 in training; may be missing"
