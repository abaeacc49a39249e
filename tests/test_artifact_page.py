"""docs/artifact.md against the types that it documents."""

import re
from pathlib import Path

import msgspec
import pytest

from runtime import manifest
from runtime.artifact import SEAL_KEY, seal

PAGE = (Path(__file__).parent.parent / "docs" / "artifact.md").read_text()
PARTS: dict[str, type[msgspec.Struct]] = {
    "## model.json": manifest.Manifest,
    "### Feature": manifest.Feature,
    "### Tensor": manifest.Tensor,
    "### Target": manifest.Target,
    "### Class": manifest.Class,
    "### Parity": manifest.Parity,
    "### Thresholds": manifest.Thresholds,
    "### Agreement": manifest.Agreement,
    "### Memory": manifest.Memory,
    "### Provenance": manifest.Provenance,
    "## vectors.json": manifest.Vectors,
}


def documented(page: str, heading: str) -> list[str]:
    """Return the fields in the first column of the table under a heading."""
    section = re.split(r"^#{2,3} ", page.split(f"\n{heading}\n")[1], flags=re.MULTILINE)[0]
    cells = re.findall(r"^\| (`.+?) \|", section, re.MULTILINE)
    return [name for cell in cells for name in re.findall(r"`(\w+)`", cell)]


@pytest.mark.parametrize("heading", PARTS)
def test_the_page_documents_each_field_in_order(heading: str) -> None:
    """Every field of the format has its line, and nothing else has one."""
    assert documented(PAGE, heading) == list(PARTS[heading].__struct_fields__)


def test_a_field_without_a_line_is_found() -> None:
    """The check reads the page, not the types."""
    assert "title" not in documented(PAGE.replace("| `title` |", "| title |"), "### Feature")


def test_the_seal_has_the_length_that_the_page_gives() -> None:
    """A reader can cut the seal off by its length."""
    length = len(seal(b"model")) - len(b"model")
    assert f"the seal takes {length} bytes" in PAGE
    assert f"`{SEAL_KEY}`" in PAGE
