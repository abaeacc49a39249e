"""The project's own machinery: the workflow, the pins and the make targets."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from examples.languages import languages

ROOT = Path(__file__).parent.parent
RUNNER_HAS = {
    "chromium",
    "cmake",
    "default-jdk-headless",
    "g++",
    "gcc",
    "libc6-dev",
    "make",
    "maven",
}
"""What the workflow's machine brings, be it under another name."""
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PINS = sorted(ROOT.glob("requirements-*.txt"))


def _validate(workflow: Path) -> subprocess.CompletedProcess[str]:
    tool = [sys.executable, "-m", "check_jsonschema"]
    schema = ["--builtin-schema", "vendor.github-workflows"]
    return subprocess.run(
        [*tool, *schema, str(workflow)], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_workflow_follows_the_schema(workflow: Path) -> None:
    """GitHub would accept each workflow."""
    result = _validate(workflow)
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_schema_check_refuses_a_wrong_workflow(tmp_path: Path) -> None:
    """The check fails where a job lacks its steps' machine."""
    wrong = tmp_path / "wrong.yml"
    wrong.write_text("on: push\njobs: {test: {steps: [{run: make}]}}\n")
    result = _validate(wrong)
    assert result.returncode == 1
    assert "'runs-on' is a required property" in result.stdout


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_every_action_is_pinned_to_a_commit(workflow: Path) -> None:
    """A tag can be moved; a commit cannot."""
    used = re.findall(r"uses: (\S+)", workflow.read_text())
    assert used
    assert [action for action in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", action)] == []


def test_workflow_runs_every_supported_python() -> None:
    """The matrix is what `requires-python` promises."""
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())
    assert workflow["jobs"]["test"]["strategy"]["matrix"]["python"] == [
        "3.11",
        "3.12",
        "3.13",
        "3.14",
    ]
    assert 'requires-python = ">=3.11,<3.15"' in (ROOT / "pyproject.toml").read_text()


@pytest.mark.parametrize("pins", PINS, ids=lambda path: path.name)
def test_every_pin_is_exact_and_hashed_and_names_no_host(pins: Path) -> None:
    """Any index serves the same bytes, or pip refuses them."""
    blocks = re.findall(r"^[a-z](?:.*\\\n)*.*$", pins.read_text(), re.MULTILINE)
    pin, hashed = r"[\w.\[\]-]+==[\w.]+( ; .+?)? \\\n", r"(    --hash=sha256:[0-9a-f]{64}( \\\n)?)+"
    exact = re.compile(pin + hashed)
    assert blocks
    assert [block for block in blocks if not exact.fullmatch(block)] == []
    assert "://" not in pins.read_text()


@pytest.mark.parametrize(
    ("inner", "outer"), [("runtime", "build"), ("build", "test"), ("slim", "test")]
)
def test_the_pins_agree(inner: str, outer: str) -> None:
    """What is served was tested in the same version: each file's pins are in the wider one."""
    assert _pins(inner) - _pins(outer) == set()


def _pins(name: str) -> set[str]:
    text = (ROOT / f"requirements-{name}.txt").read_text()
    return set(re.findall(r"^[\w.\[\]-]+==[\w.]+", text, re.MULTILINE))


def test_ci_runs_the_targets() -> None:
    """Without arguments CI runs every part, each of which is a job of the workflow."""
    default = re.search(r"set -- (.+?);", (ROOT / ".ci" / "run").read_text())
    assert default is not None
    assert default[1] == "test image test-languages"
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text()
    commands = set(re.findall(r"run: (\.ci/run .+)$", workflow, re.MULTILINE))
    assert commands >= {f".ci/run {target}" for target in default[1].split()}


def test_the_workflow_installs_what_the_languages_need() -> None:
    """Debian's names for what its machines lack; they bring the other tools and a browser."""
    needed = {package for language in languages() for package in language.packages}
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())
    steps = [step.get("run", "") for step in workflow["jobs"]["languages"]["steps"]]
    installed = next(step for step in steps if "apt-get" in step).partition("install -y ")[2]
    assert set(installed.split()) == needed - RUNNER_HAS


def test_help_lists_every_target() -> None:
    """`make help` prints each public target with its purpose."""
    makefile = (ROOT / "Makefile").read_text()
    phony = re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)
    assert phony is not None
    listed = subprocess.run(
        ["make", "-C", str(ROOT), "--no-print-directory", "help"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert sorted(re.findall(r"^make ([\w-]+) +\S", listed, re.MULTILINE)) == sorted(
        phony[1].split()
    )


def test_make_names_the_python_it_expects(tmp_path: Path) -> None:
    """Where no usable Python is found, the message says which is expected and how to name it."""
    result = subprocess.run(
        ["make", "-C", str(ROOT), f"VENV={tmp_path}/venv", "PYTHON=no-such-python", "export"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 2
    assert "No usable Python among: no-such-python." in result.stderr
    assert "Expected Python 3.11 to 3.14" in result.stderr
    assert "make PYTHON=/path/to/python" in result.stderr
