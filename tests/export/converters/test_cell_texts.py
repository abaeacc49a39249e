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
            "titled": name.title(),
            "capital": cabin.capitalize(),
            "letters": name.replace(r"[^A-Za-z]", "", regex=True),
            "masked": name.replace(r"\d+", "#", regex=True),
            "number": name.extract(r"(?P<number>\d)")["number"],
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
            "digits": name.count(r"\d") + name.count(r"[A-Z]\w"),
            "dotted": name.contains("i", case=False) & name.contains("ı", case=False, regex=False),
            "dots": name.contains("İ", case=False),
            "lacks": cabin.contains("D", na=False),
            "starts": name.startswith(("Å", "I", "İ")),
            "ends": cabin.endswith("1", na=True),
            "match": name.match(r"\w+, Dr"),
            "whole": name.fullmatch(r".+[a-z]$"),
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


def asked_of_python(d: Any) -> Any:
    """Call methods of Python's strings, of which Arrow knows other capitals."""
    name, cabin = d["name"], d["cabin"]
    return pd.DataFrame(
        {
            "lower": name.map(lambda s: s.lower().strip()),
            "then": name.map(lambda s: s.lower()).str.upper(),
            "upper": name.astype(object).str.upper(),
            "piece": name.str.split(",").str[0].str.upper(),
            "filled": cabin.fillna("straße").str.upper(),
            "or": cabin.map(lambda s: s[0] if isinstance(s, str) else "U"),
            "named": name.map(lambda s: s or "nobody"),
            "pieces": name.map(lambda s: s.split("..")[0]),
        }
    )


def measured(d: Any) -> Any:
    """Ask of strings how long they are, and of which type."""
    return pd.DataFrame(
        {
            "length": d["name"].apply(lambda s: len(s) - 1),
            "words": d["name"].apply(lambda s: len(s.split())),
            "cabin": d["cabin"].apply(lambda s: 0 if type(s) == float else 1),  # noqa: E721 - so
            "string": d["cabin"].apply(lambda s: type(s) == str),  # noqa: E721 - people write it
            "points": d["name"].map(lambda s: s.count(".")),
            "none": d["cabin"] == None,  # noqa: E711 - as people write it
        }
    )


@pytest.mark.parametrize("table", [TABLE, OBJECTS], ids=["of strings", "of objects"])
@pytest.mark.parametrize("function", [asked_of_python, measured])
def test_strings_of_python_are_exact(function: Any, table: Any, prove: Prove) -> None:
    """Whatever the column is stored as: a lambda is given Python's own."""
    assert prove(FunctionTransformer(function), table).manifest.parity.tolerance == 0


def test_a_line_break_at_the_end_is_part_of_a_whole_match(prove: Prove) -> None:
    """`$` is before it, too, but then the match is not the whole string."""
    table = pd.DataFrame({"word": ["ab", "ab\n", "c", "c\n"] * 40})
    step = FunctionTransformer(lambda d: d[["word"]].apply(lambda s: s.str.fullmatch("[a-z]+$")))
    assert prove(step, table).manifest.parity.tolerance == 0


def test_nothing_is_stripped_of_no_characters(prove: Prove) -> None:
    """As Python has it: strip("") answers the string."""
    step = FunctionTransformer(lambda d: d[["name"]].apply(lambda s: s.str.strip("")))
    assert prove(step, TABLE).manifest.parity.tolerance == 0


@pytest.mark.parametrize("members", [[None], [np.nan]])
@pytest.mark.parametrize("table", [TABLE, OBJECTS], ids=["of strings", "of objects"])
def test_none_is_no_nan_among_objects(table: Any, members: Any, prove: Prove) -> None:
    """But it is in a column of strings; and so says isin."""
    step = FunctionTransformer(lambda d: d[["cabin"]].apply(lambda s: s.isin(["A", *members])))
    assert prove(step, table).manifest.parity.tolerance == 0


def test_missing_strings_stay_so_as_strings(prove: Prove) -> None:
    """astype(str) of None is missing, though Python's str has a name for it."""
    step = FunctionTransformer(lambda d: d[["name", "cabin"]].astype(str))
    assert prove(step, OBJECTS).manifest.parity.tolerance == 0


@pytest.mark.parametrize(
    ("function", "problem"),
    [
        (lambda s: s.str.swapcase(), "it calls .swapcase of strings; those that can be followed"),
        (
            lambda s: s.str.replace("ab", "", case=False),
            "it replaces parts of strings in any case, by a f",
        ),
        (
            lambda s: s.str.replace(r"\d\d", "", regex=True),
            "it replaces the pattern '\\\\d\\\\d' in strings, which has no exact form: it is no c",
        ),
        (
            lambda s: s.str.replace(r"\d", r"\\0", regex=True),
            "it replaces parts of strings by what was found there",
        ),
        (
            lambda s: s.str.split("[,.]").str[0],
            "it splits strings into a table, by a pattern or a n",
        ),
        (lambda s: s.str.split(",", expand=True), "it splits strings into a table, by a pattern "),
        (lambda s: s.str.extract("(a)(b)"), "it extracts several parts of strings into a table;"),
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
        (
            lambda s: s.str.count("a?"),
            "it counts the pattern 'a?' in strings, which has no exact form: it may find less",
        ),
        (lambda s: s.map(lambda x: x.count("")), "it counts the empty string in strings, which is"),
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
