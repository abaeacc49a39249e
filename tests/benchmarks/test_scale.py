"""Tests of benchmarks.scale: its tables, and that the page has a place for each."""

from pathlib import Path

import pytest

from benchmarks.scale.__main__ import FIGURES
from benchmarks.scale.table import megabytes, microseconds, milliseconds, table

PAGE = Path(__file__).parents[2] / "docs/performance.md"


def test_figures_are_a_table_with_numbers_on_the_right() -> None:
    """The first row is the head."""
    assert table([("what", "one", "two"), ("a", "1", "2"), ("b", "3", "4")]) == (
        "| what | one | two |\n| --- | ---: | ---: |\n| a | 1 | 2 |\n| b | 3 | 4 |\n"
    )


def test_figures_have_units() -> None:
    """Rounded to what can be measured."""
    assert microseconds(1234.5678) == "1,235 µs"
    assert milliseconds(0.12345) == "0.123 ms"
    assert megabytes(84_390_000) == "84.4 MB"


@pytest.mark.parametrize("figure", FIGURES)
def test_the_page_has_each_figure(figure: str) -> None:
    """Between the marks of the command that shows it."""
    text = PAGE.read_text(encoding="utf-8")
    _, found, rest = text.partition(f"<!-- measured: `python -m benchmarks.scale {figure}` -->\n")
    assert found, f"Expected {PAGE.name} to have the marks of {figure}."
    assert rest.partition("<!-- /measured -->")[0].count("| --- |") == 1
