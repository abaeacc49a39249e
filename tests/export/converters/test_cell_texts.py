"""The methods of strings that functions of the user's own call, on all of Unicode."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import FunctionTransformer

from export.errors import ConversionError
from tests.export.conftest import Prove

R = np.random.default_rng(0)
FIRST = np.array(
    ["Anna", "Åsa", "ΣΊΣΥΦΟΣ", "İpek", "straße", "ǆ", "\ua7dc", " liam "], dtype=object
)
TITLES = np.array(["Mr", "Mrs", "Miss", "Dr"], dtype=object)
NAMES = [f"{R.choice(FIRST)}{i}, {R.choice(TITLES)}. {R.choice(FIRST)}" for i in range(160)]
CABINS = [None if i % 3 else f"{'ABC'[i % 2]}{i} D{i}" for i in range(160)]
TABLE = pd.DataFrame({"name": NAMES, "cabin": CABINS})
OBJECTS = TABLE.astype(object).where(TABLE.notna(), None)


def to_strings(d: Any) -> Any:
    """Make strings of strings."""
    name, cabin = d["name"].str, d["cabin"].str
    return pd.DataFrame(
        {
            "lower": name.lower(),
            "upper": cabin.upper(),
            "strip": name.strip(),
            "stripped": name.lstrip("AÅ ").str.rstrip("as"),
            "first": cabin[0],
            "last": name[-3:],
            "slice": name.slice(2, 5),
            "title": name.split(",").str[1].str.split(".").str[0].str.strip(),
            "word": name.split().str[-1],
            "replaced": name.replace("Mr", "Herr").str.replace("a", ""),
            "extracted": name.extract(r" ([A-Za-z]+)\.", expand=False),
            "digits": name.extract(r"(\d+)", expand=False),
            "filled": d["cabin"].fillna("none").str.casefold(),
        }
    )


def to_numbers(d: Any) -> Any:
    """Ask of strings what they hold."""
    name, cabin = d["name"].str, d["cabin"].str
    return pd.DataFrame(
        {
            "length": name.len(),
            "cabin": cabin.len(),
            "words": name.split().str.len(),
            "spaces": name.count(" "),
            "contains": name.contains("Mr", regex=False),
            "pattern": name.contains(r"Mrs?\.|Miss|\d9"),
            "begins": name.contains("^An"),
            "case": name.contains("MISS", case=False),
            "dotted": name.contains("i", case=False) & name.contains("ı", case=False, regex=False),
            "dots": name.contains("İ", case=False),
            "lacks": cabin.contains("D", na=False),
            "starts": name.startswith(("Å", "I", "İ")),
            "ends": cabin.endswith("1", na=True),
            "match": name.match(r"\w+, Dr"),
            "digit": name[-1:].str.isdigit(),
            "alpha": name[:4].str.isalpha(),
            "among": name.lower().isin([NAMES[0].lower(), "x"]),
            "applied": d["name"].apply(len) + d["name"].apply(lambda s: s.split(",")[0] == "x"),
            "inside": d["name"].apply(lambda s: 1 if "Mrs" in s else 0),
        }
    ).astype(float)


@pytest.mark.parametrize("table", [TABLE, OBJECTS], ids=["of strings", "of objects"])
@pytest.mark.parametrize("function", [to_strings, to_numbers])
def test_methods_of_strings_are_exact(function: Any, table: Any, prove: Prove) -> None:
    """As Python has them, or as Arrow, whichever pandas asks for such a column."""
    exported = prove(FunctionTransformer(function), table)
    assert exported.manifest.parity.tolerance == 0
    assert exported.manifest.memory is not None


@pytest.mark.parametrize(
    ("function", "problem"),
    [
        (lambda s: s.str.title(), "it calls .title of strings; those that can be followed are "),
        (lambda s: s.str.replace(r"\d", "", regex=True), "it replaces parts of strings by a pat"),
        (lambda s: s.str.split(",", expand=True), "it splits strings into a table, by a pattern "),
        (lambda s: s.str.extract("(a)"), "it extracts parts of strings into a table; use expand"),
        (lambda s: s.str.extract("(a)+b?", expand=False), "it extracts the pattern '(a)+b?' of st"),
        (
            lambda s: s.str.contains("a(?=b)"),
            "it looks for the pattern 'a(?=b)' in strings, which h",
        ),
        (
            lambda s: s.str.contains("[h-j]", case=False),
            "it looks for the pattern '[h-j]' in any case, of which Arrow and Python know",
        ),
        (lambda s: s.str[::2], "it takes every so many characters of a string, with a step, in li"),
        (lambda s: s.str.count("[ab]"), "it counts a pattern in strings; a string can be counted"),
        (lambda s: s.str.split(",").str.lower(), "it calls .lower of the pieces of a string; take"),
        (lambda s: s * 2, "it computes numpy's multiply with strings, in line"),
    ],
)
def test_what_cannot_be_followed_is_refused(function: Any, problem: str, prove: Prove) -> None:
    """The message names the method, and says what to do."""
    step = FunctionTransformer(lambda d: pd.DataFrame(function(d["name"])))
    with pytest.raises(ConversionError) as refused:
        prove(step, TABLE)
    assert f"has no ONNX form: {problem}" in str(refused.value)
