"""Functions of data frames of the user's own, as people write them for tables of passengers."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import FunctionTransformer

from export.errors import ConversionError
from runtime.model import Model
from tests.export.conftest import Prove

R = np.random.default_rng(0)
ROWS = 200
PEOPLE = pd.DataFrame(
    {
        "sex": R.choice(np.array(["male", "female"], dtype=object), ROWS),
        "age": np.where(R.random(ROWS) < 0.2, np.nan, R.integers(0, 80, ROWS)),
        "fare": R.exponential(30.0, ROWS).round(4),
        "siblings": R.integers(0, 5, ROWS),
        "parents": R.integers(0, 5, ROWS),
        "port": R.choice(np.array(["S", "C", "Q", None], dtype=object), ROWS),
        "known": R.random(ROWS) < 0.5,
        "paid": R.choice(np.array(["12.5", " ", "7", "1e3"], dtype=object), ROWS),
    }
)


def bands(d: Any) -> Any:
    """Put bands in the place of ages and fares, one after the other."""
    d = d[["age", "fare"]].copy()
    d["age"] = d["age"].fillna(28)
    d.loc[d["age"] <= 16, "age"] = 0
    for number, low in enumerate((16, 32, 48, 64), start=1):
        d.loc[(d["age"] > low) & (d["age"] <= low + 16), "age"] = number
    d.loc[d["fare"] <= 7.91, "fare"] = 0
    d.loc[(d["fare"] > 7.91) & (d["fare"] <= 14.454), "fare"] = 1
    d.loc[(d["fare"] > 14.454) & (d["fare"] <= 31), "fare"] = 2
    d.loc[d["fare"] > 31, "fare"] = 3
    return d.astype(int)


def of_age(age: Any) -> int:
    """Ask of an age what it is."""
    if pd.isna(age):
        return 2
    return 0 if age < 18 else 1


def mapped(d: Any) -> Any:
    """Put numbers in the place of strings, and others in the place of numbers."""
    return pd.DataFrame(
        {
            "sex": d["sex"].map({"female": 1, "male": 0}),
            "port": d["port"].fillna("S").map({"S": 0, "C": 1}).fillna(-1).astype(int),
            "harbour": d["port"].replace({"C": "S"}).eq("S"),
            "south": d["port"].isin(["S", None]),
            "parents": d["parents"].replace({0: 10, 3: 30}),
            "age": d["age"].replace(np.nan, -1).clip(5, 60),
            "band": pd.cut(d["age"], [0, 12, 60, 99], labels=[0, 1, 2]).astype(float),
            "child": pd.cut(d["age"], [0, 12, 99], labels=["child", "adult"]) == "child",
            "paid": d["age"].between(10, 20),
            "who": d["age"].apply(of_age),
        }
    )


def together(d: Any) -> Any:
    """Compute with several columns of a row, and with yes and no as numbers."""
    d = d.assign(family=d["siblings"] + d["parents"] + 1)
    d["alone"] = (d["family"] == 1).astype(int)
    d["each"] = d["fare"] / d["family"]
    d["several"] = d[["siblings", "parents"]].sum(axis=1) + d[["age", "fare"]].sum(axis=1)
    d["mean"] = d[["siblings", "age"]].mean(axis=1)
    d["lacks"] = d.isna().sum(axis=1)
    d["both"] = d["known"] & (d["fare"] > 10)
    d["flags"] = d["known"].astype(int) + d["both"] + ~d["known"]
    d["row"] = d.apply(lambda row: row["age"] if row["sex"] == "male" else row["fare"], axis=1)
    d["kept"] = d["fare"].where(d["known"], -1).mask(d["age"] > 40, d["age"])
    d.loc[d["sex"] == "male", "fare"] = d.loc[d["sex"] == "male", "fare"] * 2
    return d.select_dtypes(["number", "bool"]).rename(columns=str.upper)


def columns_of_a_kind(d: Any) -> Any:
    """Choose columns by their dtypes and names, and put them together again."""
    numbers = d.select_dtypes("number").fillna(0)
    texts = d.select_dtypes(exclude=["number", "bool"])
    for name in texts.columns:
        numbers[f"{name} is there"] = texts[name].notna()
    for name in d.columns:
        if d[name].dtype == "float64":
            numbers[name] = np.floor(numbers[name])
    parts = [numbers.filter(regex="^[afs]"), d[["known"]] * 2, numbers.iloc[:, :2].add_prefix("x")]
    return pd.concat(parts, axis=1)


def filled(d: Any) -> Any:
    """Compute with a whole table behind fillna and round; call functions of Python by map."""
    numbers = d[["age", "siblings"]].fillna(0) * 2
    numbers["length"] = d["sex"].map(len)
    return pd.concat([numbers, d[["age", "fare"]].round(1).add_prefix("x") / 4], axis=1)


def evaluated(d: Any) -> Any:
    """Compute what expressions say."""
    d = d[["age", "fare", "siblings"]].eval("ratio = fare / (siblings + 1)")
    d = d.eval("old = age > 40 & not fare < 10 | siblings == 3\nnear = 10 < age <= 20")
    d["some"] = d.eval("siblings in [1, 2] and siblings not in [2]")
    return d.assign(root=d.eval("sqrt(abs(-fare)) // 2"))


def strings(d: Any) -> Any:
    """Answer strings: joined, chosen, of whole numbers."""
    return pd.DataFrame(
        {
            "joined": d["sex"] + "_" + d["siblings"].astype(str),
            "kind": np.select([d["age"] < 10, d["fare"] > 50], ["child", "rich"], default="other"),
            "port": d["port"].fillna("none").where(d["known"], "unknown"),
            "cat": d["sex"].str.cat(d["port"], sep="-", na_rep="?"),
            "fares": pd.cut(d["fare"], [0.0, 20.0, 40.0]).astype(str),
            "cut": pd.cut(d["age"], [0, 20, 99], include_lowest=True).astype(str),
        }
    )


def of_rows(d: Any) -> Any:
    """Statistics of the columns of a row, missing numbers passed over or not."""
    numbers = d[["age", "fare", "siblings"]]
    return pd.DataFrame(
        {
            "std": numbers.std(axis=1),
            "var": d[["age", "siblings"]].var(axis=1),
            "sum": d[["age", "fare"]].sum(axis=1, skipna=False),
            "mean": d[["age", "siblings"]].mean(axis="columns", skipna=False),
            "min": numbers.min(axis=1, skipna=False),
            "max": numbers.max(axis=1, skipna=False),
            "lowest": numbers.min(axis=1),
            "highest": numbers.max(axis=1),
            "any": numbers.any(axis=1),
            "every": numbers.all(axis=1),
            "count": numbers.count(axis=1),
        }
    )


@pytest.mark.parametrize(
    "function", [bands, mapped, together, columns_of_a_kind, filled, evaluated, strings, of_rows]
)
def test_functions_of_data_frames_are_exact(function: Any, prove: Prove) -> None:
    """As with pandas itself, missing values included."""
    assert prove(FunctionTransformer(function), PEOPLE).manifest.parity.tolerance == 0


def test_sums_of_columns_of_several_dtypes_are_rounded(prove: Prove) -> None:
    """Pandas adds up those of one dtype first, and so in an order that nobody sees."""
    step = FunctionTransformer(lambda d: d.sum(axis=1, numeric_only=True).to_frame())
    assert prove(step, PEOPLE).manifest.parity.tolerance == 1e-12


def test_numbers_are_read_from_strings(prove: Prove) -> None:
    """What is no number is missing."""
    step = FunctionTransformer(lambda d: d[["paid"]].apply(pd.to_numeric, errors="coerce"))
    assert prove(step, PEOPLE).manifest.parity.tolerance == 1e-12


def test_a_string_of_a_number_that_no_double_holds_is_missing(prove: Prove) -> None:
    """It would fail the rows beside it, too."""
    step = FunctionTransformer(lambda d: d.apply(pd.to_numeric, errors="coerce"))
    model = Model.load(prove(step, PEOPLE[["paid"]]).path / "model.onnx")
    strings = ["1e400", "5e-324", " 12.5 ", "-7e-199", "9" * 400, "1e0000002"]
    texts = np.array(strings, dtype=object).reshape(-1, 1)
    numbers = model.run({"string": texts})["transformed"].ravel()
    assert np.array_equal(numbers, [np.nan, np.nan, 12.5, -7e-199, np.nan, 100.0], equal_nan=True)


def test_what_raises_an_error_at_a_missing_value_is_followed_elsewhere(prove: Prove) -> None:
    """Whole numbers are made of no missing value; nor is there one in this column."""
    step = FunctionTransformer(lambda d: d[["fare"]].astype(int))
    assert prove(step, PEOPLE).manifest.parity.tolerance == 0


def test_many_comparisons_need_no_ways(prove: Prove) -> None:
    """Only what Python must decide is asked for: twenty flags are no million of ways."""
    step = FunctionTransformer(
        lambda d: pd.DataFrame({f"over{i}": (d["fare"] > i).astype(int) for i in range(20)})
    )
    assert prove(step, PEOPLE).operators < 100


def _in_place(d: Any) -> Any:
    d = d[["age", "fare"]].copy()
    d.clip(lower=1, inplace=True)  # noqa: PD002 - as some write it
    return d


@pytest.mark.parametrize(
    ("function", "problem"),
    [
        (
            lambda d: d[["age"]].fillna(d["age"].mean()),
            "it takes the mean of all rows, and a graph",
        ),
        (lambda d: d[["age"]] - d[["age"]].mean(), "it takes the mean of all rows, and a graph an"),
        (
            lambda d: d[["age"]].sum(axis=1, min_count=1).to_frame(),
            "it calls .sum with min_count, which is not followed",
        ),
        (
            lambda d: d[["age"]].any(axis=1, skipna=False).to_frame(),
            "it calls .any with skipna=False, which is not followed",
        ),
        (
            lambda d: d[["age"]].convert_dtypes(),
            "it calls .convert_dtypes, which chooses dtypes by",
        ),
        (lambda d: d[["age"]].rank(), "it calls .rank, which looks at other rows, and a graph ans"),
        (lambda d: d[["age"]].eval("a = age.abs()"), "it calls .eval with age.abs(); write the ex"),
        (lambda d: d[["age"]].eval("a = age + @np.e"), "it calls .eval with @ or `; write the exp"),
        (lambda d: pd.get_dummies(d["sex"]), "it calls get_dummies of pandas, whose columns other"),
        (
            lambda d: pd.cut(d["fare"], 3, labels=False).to_frame(),
            "it calls pandas.cut with a numb",
        ),
        (
            lambda d: pd.cut(d["fare"], [0, 9]).astype(str).to_frame(),
            "it calls pandas.cut with edges that are whole numbers and no labels, and pandas wri",
        ),
        (
            lambda d: pd.to_datetime(d["fare"]).to_frame(),
            "it calls to_datetime of pandas, which re",
        ),
        (lambda d: d["sex"].astype("category").cat.codes.to_frame(), "it calls .cat of a column, "),
        (lambda d: d["sex"].map({"male": 1}.__getitem__).to_frame(), "it looks a value up in a di"),
        (lambda d: d[["sex"]] < "b", "it compares strings otherwise than whether one is another, "),
        (lambda d: d["sex"].apply(lambda s: f"{s}!").to_frame(), "it writes a value into a string"),
        (lambda d: d["age"].apply(lambda a: round(a, 1)).to_frame(), "it rounds with Python's rou"),
        (_in_place, "it calls clip with inplace=True, which is not followed; assign what clip ans"),
        (lambda d: d[["age"]].astype(str), "it makes strings of floats, with astype(str) or str; "),
    ],
)
def test_what_cannot_be_followed_is_refused(function: Any, problem: str, prove: Prove) -> None:
    """The message says what the function does, and what to do."""
    table = PEOPLE.assign(sex="male", age=PEOPLE["age"].fillna(0))
    with pytest.raises(ConversionError) as refused:
        prove(FunctionTransformer(function), table)
    assert f"has no ONNX form: {problem}" in str(refused.value)


def test_a_refusal_names_the_line(prove: Prove) -> None:
    """Of the user's own file, as it is written there."""

    def centred(d: Any) -> Any:
        d = d[["fare"]]
        return d - d.mean()

    with pytest.raises(ConversionError, match=r"in line \d+, return d - d\.mean\(\)\. Those of"):
        prove(FunctionTransformer(centred), PEOPLE)
