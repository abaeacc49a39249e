"""docs/dependencies.md against what the pins install."""

import hashlib
import re
from pathlib import Path

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


def test_swagger_ui_is_the_official_one() -> None:
    """The script that `/docs` runs has the digest of the official npm package's."""
    path = Path(swagger_ui_bundle.swagger_ui_path) / "swagger-ui-bundle.js"
    assert hashlib.sha256(path.read_bytes()).hexdigest() in PAGE
