"""Which values a feature may have: codec and columns refuse the others, with a reason."""

from functools import partial
from typing import Any

import msgspec
import numpy as np
import pytest

from runtime.columns import Columns
from runtime.errors import PayloadError
from runtime.manifest import MISSING_STRING
from runtime.payload import Codec
from runtime.predictor import Predictor
from tests.runtime.signatures import signature


def test_closed_categories_refuse_any_other_value(iris: Predictor) -> None:
    """An open list of categories refuses nothing."""
    city = {"name": "city", "dtype": "string", "categories": ("Oslo", "Rome"), "nullable": True}
    closed = Codec(signature(iris.manifest, {**city, "closed": True}))
    assert closed.decode(b'{"city": "Oslo"}').tensors["string"].tolist() == [["Oslo"]]
    assert closed.decode(b'{"city": null}').tensors["string"].tolist() == [[MISSING_STRING]]
    with pytest.raises(PayloadError) as caught:
        closed.decode(b'{"city": "Osl"}')
    assert str(caught.value) == (
        'Expected one of "Oslo", "Rome" or null, got the string "Osl" - at `$.city`. '
        'Did you mean "Oslo"?'
    )
    assert Codec(signature(iris.manifest, city)).decode(b'{"city": "Osl"}').rows == 1


def test_a_text_may_be_so_long(iris: Predictor) -> None:
    """It takes many times its size in memory. It is told how long it may be, in characters."""
    text = {"name": "text", "dtype": "string", "longest": 4, "nullable": True}
    codec = Codec(signature(iris.manifest, text))
    for body in ('{"text": "größ"}', '[{"text": "größ"}, {"text": null}]'):
        assert codec.decode(body.encode()).tensors["string"][0, 0] == "größ"
    with pytest.raises(PayloadError) as caught:
        codec.decode('[{"text": "groß"}, {"text": "große"}]'.encode())
    assert str(caught.value) == (
        "Expected a string of at most 4 characters or null, "
        'got the string "große" - at `$[1].text`. It has 5.'
    )
    columns = Columns(signature(iris.manifest, text), codec)
    for kind in (list, partial(np.array, dtype=object)):
        assert columns.batch({"text": kind(["größ", None])}, 2) is not None
        assert columns.batch({"text": kind(["große", None])}, 2) is None


@pytest.mark.parametrize(
    ("bounds", "right", "wrong", "expected"),
    [
        ({"lowest": 5e-324}, ["5e-324", "1", "1e300"], ["0", "-0.0", "-1.5"], "a number above 0"),
        ({"lowest": 5e-324, "highest": 2.0}, ["2"], ["2.5"], "a number above 0 and up to 2"),
        ({"lowest": -0.5}, ["-0.5", "7"], ["-0.51", "-1"], "a number of at least -0.5"),
        ({"highest": 0.1}, ["0.1", "-1e300"], ["0.2"], "a number of at most 0.1"),
        ({"lowest": 1.0, "highest": 9.5}, ["1", "9.5"], ["0", "9.51"], "a number from 1 to 9.5"),
        (
            {"dtype": "int64", "lowest": 1.0, "highest": 9.0},
            ["1", "9.0"],
            ["0", "10", "10.0"],
            "an integer from 1 to 9",
        ),
        (
            {"lowest": 0.0, "nullable": True},
            ["0", "null"],
            ["-1"],
            "a number of at least 0 or null",
        ),
    ],
    ids=str,
)
def test_numbers_beyond_those_that_are_answered_are_refused(
    iris: Predictor, bounds: dict[str, Any], right: list[str], wrong: list[str], expected: str
) -> None:
    """In records, and in columns of texts or of numbers."""
    manifest = signature(iris.manifest, {"name": "size", **bounds})
    codec = Codec(manifest)
    columns = Columns(manifest, codec)
    for number in right:
        assert codec.decode(f'[{{"size": {number}}}]'.encode()).rows == 1
        value = msgspec.json.decode(number)
        table = np.array([[np.nan if value is None else value]])
        assert columns.batch({"size": table[:, 0]}, 1) is not None
        assert columns.batch({"size": [value]}, 1) is not None
        assert columns.floats(["size"], table) is not None
    for number in wrong:
        with pytest.raises(PayloadError) as caught:
            codec.decode(f'{{"size": {number}}}'.encode())
        assert str(caught.value) == (f"Expected {expected}, got the number {number} - at `$.size`.")
        value = msgspec.json.decode(number)
        assert columns.values("size", [number]) is None
        assert columns.batch({"size": np.array([value])}, 1) is None
        assert columns.floats(["size"], np.array([[float(value)]])) is None


def test_bounds_far_from_all_numbers_are_told_to_numbers_only(iris: Predictor) -> None:
    """Before trees nearly every feature has some."""
    feature = {"name": "size", "lowest": 0.0, "highest": 3.5e38}
    codec = Codec(signature(iris.manifest, feature))
    for value, expected in (
        ('"much"', 'a number of at least 0, got the string "much"'),
        ("4e38", "a number from 0 to 3.5e+38, got the number 4e38"),
    ):
        with pytest.raises(PayloadError) as caught:
            codec.decode(f'{{"size": {value}}}'.encode())
        assert str(caught.value) == f"Expected {expected} - at `$.size`."


def test_only_the_numbers_that_the_estimator_knows_are_answered(sizes: Predictor) -> None:
    """Each other is named, as what it is; the first hundred, where there are more."""
    known = b'{"feature1": 30, "feature2": 3.0}'
    assert sizes.codec.decode(known).tensors["numeric"].tolist() == [[30.0, 3.0]]
    assert [feature.name for feature in sizes.codec.limited] == ["feature1", "feature2"]
    with pytest.raises(PayloadError) as caught:
        sizes.codec.decode(b'{"feature1": 31, "feature2": 3}')
    assert str(caught.value) == "Expected one of 30, 40, 50, got the number 31 - at `$.feature1`."
    with pytest.raises(PayloadError) as caught:
        sizes.codec.tensors([{"feature1": 40, "feature2": row} for row in range(200)])
    assert caught.value.more
    assert [each.path for each in caught.value.problems] == [
        f"$[{row}].feature2" for row in range(200) if row not in (1, 2, 3)
    ][:100]
    with pytest.raises(PayloadError) as caught:
        sizes.codec.tensors(
            [{"feature1": 40, "feature2": 3}] * 20_000 + [{"feature1": 40, "feature2": 5}]
        )
    assert [each.path for each in caught.value.problems] == ["$[20000].feature2"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [({"refused": (-1.0, 1.0)}, "a number"), ({"dtype": "int64", "refused": (1.0,)}, "an integer")],
    ids=["float64", "int64"],
)
def test_single_numbers_are_refused(
    iris: Predictor, changes: dict[str, Any], expected: str
) -> None:
    """In records, and in columns; those beside them, and missing ones, are answered."""
    manifest = signature(iris.manifest, {"name": "size", "nullable": True, **changes})
    codec = Codec(manifest)
    columns = Columns(manifest, codec)
    assert codec.decode(b'[{"size": 0}, {"size": 2}, {}]').rows == 3
    assert columns.batch({"size": np.array([0.0, 2.0, np.nan])}, 3) is not None
    with pytest.raises(PayloadError) as caught:
        codec.decode(b'[{"size": 0}, {"size": 1}]')
    numbers = ", ".join(f"{number:g}" for number in changes["refused"])
    assert str(caught.value) == (
        f"Expected {expected} other than {numbers}, got the number 1 - at `$[1].size`."
    )
    assert columns.batch({"size": np.array([0.0, 1.0])}, 2) is None
    assert columns.floats(["size"], np.array([[1.0]])) is None


def test_a_row_by_itself_is_looked_at_for_single_numbers(iris: Predictor) -> None:
    """Before it is written into tensors that are there."""
    table = {"numeric": np.zeros((1, 2))}
    size = {"name": "size", "nullable": True, "refused": (0.0,)}
    count = {"name": "count", "dtype": "int64", "values": (3.0, 2.0**53), "column": 1}
    codec = Codec(signature(iris.manifest, size, count))
    right = codec.read(b'[{"count": 3}, {"size": 1, "count": 9007199254740992}]')
    wrong = codec.read(b'[{"size": -0.0, "count": 3}, {"size": 1, "count": 4}]')
    assert isinstance(right, list)
    assert isinstance(wrong, list)
    for row in right:
        codec.fill(row, table)
    assert table["numeric"].tolist() == [[1.0, 2.0**53]]
    for row, expected in zip(wrong, ("a number other than 0", "one of 3, 9"), strict=True):
        with pytest.raises(PayloadError, match=f"Expected {expected}"):
            codec.fill(row, table)


def test_where_no_number_was_seen_none_is_answered(iris: Predictor) -> None:
    """Of a column that was always missing, and of which scikit-learn refuses what it never saw."""
    codec = Codec(signature(iris.manifest, {"name": "size", "nullable": True, "values": ()}))
    assert codec.decode(b'[{"size": null}, {}]').rows == 2
    with pytest.raises(PayloadError, match=r"Expected null, got the number 1 - at `\$\.size`"):
        codec.decode(b'{"size": 1}')
