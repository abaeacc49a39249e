"""Tests of the command line, `python -m runtime`."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from runtime import __main__ as command
from runtime.config import Settings, table
from runtime.errors import NoModelError
from runtime.manifest import Manifest, decode

Run = Callable[..., int]


@pytest.fixture
def stdin(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], None]:
    """Set what is on standard input."""

    def put(data: bytes) -> None:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))

    return put


def test_check_says_that_an_artifact_is_sound(
    artifacts: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And how many golden rows it has answered."""
    assert command.main(["check", str(artifacts / "iris")]) == 0
    path = artifacts / "iris/1/model.onnx"
    rows = len(json.loads((artifacts / "iris/1/vectors.json").read_bytes())["rows"])
    assert capsys.readouterr().out == (
        f"{path}: sound. iris/1, format 1; all {rows} golden rows are answered as "
        "scikit-learn did.\n"
    )


def test_check_says_what_is_wrong_with_an_artifact(
    alter: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """Here the graph was changed, and the file sealed again."""
    path = alter((b'"label": [', b'"lobel": ['))
    assert command.main(["check", str(path)]) == 1
    assert capsys.readouterr().err.startswith(
        f"{path}: label: the golden answers have the shape (0,), the model's ("
    )


def test_a_path_without_an_artifact_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """For each of the commands that take one."""
    for name in ("check", "inspect", "predict"):
        assert command.main([name, str(tmp_path)]) == 1
        assert capsys.readouterr().err == f"{tmp_path}/model.onnx: there is no such file.\n"


def test_inspect_prints_the_manifest_for_people(
    artifacts: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As lines."""
    assert command.main(["inspect", str(artifacts / "iris")]) == 0
    assert capsys.readouterr().out.startswith("model     iris, version 1: Iris species\n")


def test_inspect_prints_the_manifest_for_programs(
    artifacts: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    """The same bytes as model.json."""
    assert command.main(["inspect", "--json", str(artifacts / "penguins")]) == 0
    printed = capfdbinary.readouterr().out
    assert printed == (artifacts / "penguins/1/model.json").read_bytes()
    assert decode(printed, Manifest, "stdout").name == "penguins"


def test_inspect_prints_the_manifest_of_a_model_that_fails_its_check(
    alter: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """To see what it is."""
    path = alter((b'"label": [', b'"lobel": ['))
    assert command.main(["inspect", str(path)]) == 0
    assert capsys.readouterr().out.startswith("model     iris, version 1: Iris species\n")


def test_predict_answers_rows(
    artifacts: Path,
    stdin: Callable[[bytes], None],
    iris_record: dict[str, float],
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    """One object gets one answer, a list a list."""
    stdin(json.dumps(iris_record).encode())
    assert command.main(["predict", str(artifacts / "iris")]) == 0
    answer = json.loads(capfdbinary.readouterr().out)
    stdin(json.dumps([iris_record]).encode())
    assert command.main(["predict", str(artifacts / "iris")]) == 0
    assert json.loads(capfdbinary.readouterr().out) == [answer]
    assert answer["prediction"] == 0


def test_predict_lists_every_problem(
    artifacts: Path, stdin: Callable[[bytes], None], capsys: pytest.CaptureFixture[str]
) -> None:
    """One per line."""
    stdin(b'{"feature1": "5.1", "feature2": 1, "feature3": 1}')
    assert command.main(["predict", str(artifacts / "iris")]) == 1
    output = capsys.readouterr()
    assert output.out == ""
    first, second = output.err.splitlines()
    assert first.startswith('Expected a number, got the string "5.1" - at `$.feature1`.')
    assert second.startswith("Expected a number, got nothing - at `$.feature4`.")
    stdin(json.dumps([{}] * 100).encode())
    assert command.main(["predict", str(artifacts / "iris")]) == 1
    assert capsys.readouterr().err.endswith("\n... and more\n")
    stdin(b"{")
    assert command.main(["predict", str(artifacts / "iris")]) == 1
    assert capsys.readouterr().err == (
        "The body cannot be read as JSON at byte 1: it ends early.\n"
    )


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch, artifacts: Path) -> list[Settings]:
    """Note what would be served, instead of serving it."""
    noted: list[Settings] = []

    def serve(settings: Settings) -> int:
        noted.append(settings)
        return 3

    monkeypatch.setattr(command, "serve", serve)
    for setting in table():
        monkeypatch.delenv(setting.name, raising=False)
    monkeypatch.setenv("ARTIFACTS", str(artifacts))
    return noted


def test_serve_serves_with_the_settings_of_the_environment(
    served: list[Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The exit code is the server's."""
    monkeypatch.setenv("DEFAULT_MODEL", "penguins")
    monkeypatch.setenv("PORT", "9000")
    assert command.main(["serve"]) == 3
    assert [(each.port, each.default_model) for each in served] == [(9000, "penguins")]


def test_serve_refuses_a_setting_that_is_wrong(
    served: list[Settings], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything else."""
    monkeypatch.setenv("WORKERS", "many")
    assert command.main(["serve"]) == 2
    assert capsys.readouterr().err == (
        "WORKERS has the value 'many'; expected a whole number from 1 to 1024, or auto.\n"
    )
    assert served == []


def test_serve_refuses_a_default_model_that_is_nowhere(
    served: list[Settings], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The models there are, are listed."""
    monkeypatch.setenv("DEFAULT_MODEL", "lily")
    assert command.main(["serve"]) == 2
    assert capsys.readouterr().err == (
        "DEFAULT_MODEL has the value 'lily'; expected one of iris, penguins.\n"
    )
    assert served == []


def test_serve_needs_a_model(
    served: list[Settings], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where none can be made, the command ends."""

    def none(artifacts: Path, _: Path | None) -> None:
        raise NoModelError(artifacts)

    monkeypatch.setattr(command, "ensure_model", none)
    assert command.main(["serve"]) == 2
    assert capsys.readouterr().err.startswith("There is no model in ")
    assert served == []


def test_help_lists_every_setting(capsys: pytest.CaptureFixture[str]) -> None:
    """With what it takes and its default."""
    with pytest.raises(SystemExit) as caught:
        command.main(["serve", "--help"])
    assert caught.value.code == 0
    printed = capsys.readouterr().out
    for setting in table():
        assert f"  {setting.name} " in printed
        assert setting.expected[1:] in printed
    assert "8000" in printed


@pytest.mark.parametrize("arguments", [[], ["dance"], ["check"]])
def test_a_wrong_command_is_refused(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """With exit code 2."""
    with pytest.raises(SystemExit) as caught:
        command.main(arguments)
    assert caught.value.code == 2
    assert "usage: python -m runtime" in capsys.readouterr().err
