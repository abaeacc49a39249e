"""The README's commands, run as they stand there in a copy of the project."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def _block(language: str, beginning: str) -> str:
    """Return the README's code block that begins so."""
    pattern = rf"^```{language}\n({re.escape(beginning)}.*?)^```"
    (block,) = re.findall(pattern, README, re.MULTILINE | re.DOTALL)
    return str(block)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Copy the project, without what make and the export have made in it."""
    made = shutil.ignore_patterns(".*", "__pycache__", "build")
    copy = tmp_path / "project"
    shutil.copytree(ROOT, copy, ignore=made)
    shutil.rmtree(copy / "artifacts")
    return copy


@pytest.fixture
def environment() -> dict[str, str]:
    """Set a free port and, if these tests run in the environment that make made, use it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        settings = {"PORT": str(free.getsockname()[1])}
    if (Path(sys.prefix) / "build.stamp").exists():
        settings["VENV"] = sys.prefix
    return os.environ | settings


@pytest.fixture
def server(project: Path, environment: dict[str, str]) -> Iterator[None]:
    """Run `make serve` as the README says, until it says that it listens."""
    command = _block("sh", "make serve")
    with subprocess.Popen(
        ["sh", "-c", command],
        cwd=project,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if "Uvicorn running on" in line:
                break
        else:
            pytest.fail("".join(said))
        yield
        os.killpg(process.pid, signal.SIGTERM)
        process.stdout.read()


@pytest.mark.usefixtures("server")
def test_the_request_gets_the_answer(environment: dict[str, str]) -> None:
    """From a clone: `make serve`, then curl's request is answered as printed."""
    request = _block("sh", "curl ").replace(":8000", f":{environment['PORT']}")
    answer = subprocess.run(["sh", "-c", request], capture_output=True, text=True, check=True)
    expected = json.loads(_block("json", '{"prediction"'))
    received = json.loads(answer.stdout)
    assert received.keys() == expected.keys()
    assert received["prediction"] == expected["prediction"]
    assert received["probability"] == pytest.approx(expected["probability"], abs=1e-6)
    assert received["probabilities"] == pytest.approx(expected["probabilities"], abs=1e-6)


def test_a_recipe_of_ones_own_is_exported(project: Path, environment: dict[str, str]) -> None:
    """`make export RECIPE=...` exports a copy of the recipe that the README says to copy."""
    (command,) = re.findall(r"^make export RECIPE=\S+$", README, re.MULTILINE)
    recipe = project / command.partition("=")[2]
    recipe.parent.mkdir(parents=True)
    shutil.copy(project / "export/recipes/iris.py", recipe)
    subprocess.run(["sh", "-c", command], cwd=project, env=environment, check=True)
    assert len(list(project.glob("artifacts/*/1/model.onnx"))) == 1


def test_every_link_leads_somewhere() -> None:
    """What the README links to in the project is there."""
    links = re.findall(r"\]\((?!https?:)([^)#]+)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
