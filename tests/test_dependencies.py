"""docs/dependencies.md against what the pins install."""

import hashlib
import re
from pathlib import Path

import pytest
import swagger_ui_bundle

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "dependencies.md").read_text()


def test_every_runtime_dependency_is_justified() -> None:
    """Each pin of the runtime, and nothing else, has its line under "Runtime"."""
    pins = (ROOT / "requirements-runtime.txt").read_text()
    section = PAGE.split("\n## Runtime\n")[1].split("\n### ")[0]
    rows = re.findall(r"^\| (`.+?) \|", section, re.MULTILINE)
    named = [name for row in rows for name in re.findall(r"`([\w-]+)`", row)]
    assert sorted(named) == sorted(set(re.findall(r"^([\w-]+)==", pins, re.MULTILINE)))


@pytest.mark.parametrize(
    ("title", "file"), [("Build", "build"), ("Boosters", "boosters"), ("Test", "test")]
)
def test_what_else_is_asked_for_is_justified(title: str, file: str) -> None:
    """Each package that a requirements file of the build or the tests asks for has its line."""
    asked = (ROOT / f"requirements-{file}.in").read_text()
    section = PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]
    named = set(re.findall(r"`([\w-]+)`", section))
    assert set(re.findall(r"^([a-z][\w-]*)", asked, re.MULTILINE)) - named == set()


def test_swagger_ui_is_the_official_one() -> None:
    """The script that `/docs` runs has the digest of the official npm package's."""
    path = Path(swagger_ui_bundle.swagger_ui_path) / "swagger-ui-bundle.js"
    assert hashlib.sha256(path.read_bytes()).hexdigest() in PAGE
