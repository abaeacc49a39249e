"""Tests of runtime.payload: records to tensors."""

import json

import msgspec
import numpy as np
import pytest

from runtime.errors import MalformedError, PayloadError
from runtime.manifest import MISSING_STRING
from runtime.payload import Codec
from runtime.predictor import Predictor
from tests.runtime.signatures import signature


@pytest.fixture
def mixed(iris: Predictor) -> Codec:
    """A codec for one feature of each type, all but the first nullable."""
    features = (
        {"name": "number"},
        {"name": "integer", "dtype": "int64", "nullable": True},
        {"name": "flag", "dtype": "bool", "nullable": True},
        {"name": "text", "dtype": "string", "nullable": True},
    )
    return Codec(signature(iris.manifest, *features))


def test_a_record_fills_one_row_of_each_tensor(mixed: Codec) -> None:
    """Integers and booleans travel as float64, strings as objects."""
    batch = mixed.decode(b'{"number": 1.5, "integer": -3, "flag": true, "text": "caf\xc3\xa9"}')
    assert (batch.rows, batch.single) == (1, True)
    assert batch.tensors["numeric"].dtype == np.float64
    assert batch.tensors["numeric"].tolist() == [[1.5, -3.0, 1.0]]
    assert batch.tensors["string"].dtype == object
    assert batch.tensors["string"].tolist() == [["café"]]


def test_a_list_fills_a_row_per_record_in_order(mixed: Codec) -> None:
    """The order of the fields does not matter."""
    batch = mixed.decode(b'[{"number": 1, "text": "a"}, {"text": "b", "number": 2}]')
    assert (batch.rows, batch.single) == (2, False)
    assert batch.tensors["numeric"][:, 0].tolist() == [1.0, 2.0]
    assert batch.tensors["string"].tolist() == [["a"], ["b"]]


@pytest.mark.parametrize(
    "body",
    [b'{"number": 1}', b'{"number": 1, "integer": null, "flag": null, "text": null}'],
    ids=["left out", "null"],
)
def test_missing_values_are_nan_and_the_marker(mixed: Codec, body: bytes) -> None:
    """A nullable feature may be null or left out."""
    batch = mixed.decode(body)
    np.testing.assert_array_equal(batch.tensors["numeric"], [[1.0, np.nan, np.nan]])
    assert batch.tensors["string"].tolist() == [[MISSING_STRING]]


def test_an_empty_string_is_not_missing(mixed: Codec) -> None:
    """Nor is a string that says so."""
    batch = mixed.decode(b'[{"number": 1, "text": ""}, {"number": 1, "text": "nan"}]')
    assert batch.tensors["string"].tolist() == [[""], ["nan"]]


@pytest.mark.parametrize("text", ["3", "3.0", "3e0", "-0", "9007199254740992"])
def test_integers_may_be_written_as_any_number(mixed: Codec, text: str) -> None:
    """JSON has one kind of number."""
    batch = mixed.decode(f'{{"number": 1, "integer": {text}}}'.encode())
    assert batch.tensors["numeric"][0, 1] == float(text)


@pytest.mark.parametrize("text", ["3.5", "9007199254740993", "-1e300"])
def test_numbers_that_are_no_exact_integers_are_refused(mixed: Codec, text: str) -> None:
    """Above 2^53 a double skips integers."""
    with pytest.raises(PayloadError) as caught:
        mixed.decode(f'{{"number": 1, "integer": {text}}}'.encode())
    assert str(caught.value) == (
        f"Expected an integer from -2^53 to 2^53 or null, got the number {text} - at `$.integer`."
    )


@pytest.mark.parametrize("marker", [MISSING_STRING, "\\ufdd0", "\\uFDD0"])
def test_the_marker_of_a_missing_string_is_refused(mixed: Codec, marker: str) -> None:
    """A client cannot send by accident, or escaped, what stands for a missing string."""
    with pytest.raises(PayloadError) as caught:
        mixed.decode(f'{{"number": 1, "text": "{marker}"}}'.encode())
    assert str(caught.value) == (
        f'Expected a string or null, got the string "{marker}" - at `$.text`. '
        "U+FDD0 is reserved; send null for a missing string."
    )


def test_a_string_may_contain_the_marker_among_other_characters(mixed: Codec) -> None:
    """Only the whole string is reserved."""
    batch = mixed.decode(f'{{"number": 1, "text": "a{MISSING_STRING}"}}'.encode())
    assert batch.tensors["string"].tolist() == [["a" + MISSING_STRING]]


@pytest.mark.parametrize(
    "names",
    [
        ("sepal length (cm)", "class", ""),
        ("f1", "f0", "self"),
        ('say "so"', "back\\slash", "tab\t"),
        ("größe", "年齢", "😀"),
    ],
)
def test_a_feature_may_have_any_name(iris: Predictor, names: tuple[str, ...]) -> None:
    """No name is special, nor are the ones that msgspec cannot give to a field."""
    codec = Codec(signature(iris.manifest, *({"name": name} for name in names)))
    record = dict(zip(names, (1.0, 2.0, 3.0), strict=True))
    assert codec.tensors([record])["numeric"].tolist() == [[1.0, 2.0, 3.0]]
    with pytest.raises(PayloadError):
        codec.decode(b"{}")


def test_features_fill_the_columns_that_the_manifest_says(iris: Predictor) -> None:
    """The order of the features need not be that of the columns."""
    codec = Codec(signature(iris.manifest, {"name": "a", "column": 1}, {"name": "b", "column": 0}))
    assert codec.decode(b'{"a": 1, "b": 2}').tensors["numeric"].tolist() == [[2.0, 1.0]]


def test_unknown_fields_are_refused_or_ignored(iris: Predictor) -> None:
    """As the setting says."""
    manifest = signature(iris.manifest, {"name": "a"})
    body = b'{"a": 1, "b": [{}]}'
    with pytest.raises(PayloadError):
        Codec(manifest).decode(body)
    assert Codec(manifest, "ignore").decode(body).tensors["numeric"].tolist() == [[1.0]]
    # Also on the way that a body takes which must be inspected.
    named = Codec(signature(iris.manifest, {"name": '"'}), "ignore")
    assert named.decode(b'{"\\"": 1, "b": 2}').tensors["numeric"].tolist() == [[1.0]]


def test_a_list_may_be_long(iris: Predictor, iris_record: dict[str, float]) -> None:
    """100,000 rows keep their order."""
    records = [{**iris_record, "feature1": float(row)} for row in range(100_000)]
    tensors = iris.codec.tensors(records)
    assert tensors["numeric"].shape == (100_000, 4)
    assert (tensors["numeric"][:, 0] == np.arange(100_000)).all()


def test_records_of_plain_values_take_the_same_way(penguins: Predictor) -> None:
    """`tensors` refuses what a request would be refused for."""
    with pytest.raises(PayloadError, match=r"Expected a string, got null - at `\$\[0\]\.island`"):
        penguins.codec.tensors([{"island": None, "year": 2007}])


def test_what_is_not_json_is_malformed(iris: Predictor) -> None:
    """It is told apart from records that do not fit."""
    with pytest.raises(MalformedError):
        iris.codec.decode(b"{")


def problems(codec: Codec, body: str) -> list[tuple[str, str]]:
    """Return what is wrong with a body, and where."""
    with pytest.raises(PayloadError) as caught:
        codec.decode(body.encode())
    return [(each.path, each.received) for each in caught.value.problems]


def test_problems_in_a_long_list_are_found_wherever_they_are(mixed: Codec) -> None:
    """All of them, each with its place in the whole list."""
    records = [{"number": 1.5, "text": '"},{"'} for _ in range(20_000)]
    records[7] = {"text": "a"}
    records[19_999] = {"number": 1.5, "text": MISSING_STRING}
    assert problems(mixed, json.dumps(records)) == [
        ("$[7].number", "nothing"),
        ("$[19999].text", 'the string "\\ufdd0"'),
    ]
    del records[7]
    assert problems(mixed, json.dumps(records, ensure_ascii=False)) == [
        ("$[19998].text", f'the string "{MISSING_STRING}"')
    ]


def test_a_long_list_may_hold_strings_that_look_like_records(mixed: Codec) -> None:
    """It is not cut there, nor where a string is longer than a part."""
    texts = ['"},{"' * length for length in (1, 1, 100_000, 1, 60_000, 1)]
    records = [{"number": row, "text": text} for row, text in enumerate(texts)]
    batch = mixed.decode(json.dumps(records).encode())
    assert batch.tensors["string"][:, 0].tolist() == texts
    assert batch.tensors["numeric"][:, 0].tolist() == list(range(len(texts)))


def test_a_long_list_of_records_that_msgspec_cannot_read(iris: Predictor) -> None:
    """They are read another way, part by part."""
    codec = Codec(signature(iris.manifest, {"name": '"'}))
    records = [{'"': float(row)} for row in range(50_000)]
    assert codec.tensors(records)["numeric"][:, 0].tolist() == list(range(50_000))
    assert problems(codec, json.dumps([*records, {'"': "x"}])) == [
        ('$[50000]["\\""]', 'the string "x"')
    ]


@pytest.mark.parametrize("wrong", [b"nan", b'"\xff"', b"{", b'"\xc3', b'"x'])
def test_a_long_list_that_is_not_json_says_where(mixed: Codec, wrong: bytes) -> None:
    """As a short one does, counted in bytes from the beginning of all."""
    good = '{"text": "größe", "number": "wrong"},'.encode() * 20_000
    positions = []
    for before in (b"", good):
        with pytest.raises(MalformedError) as caught:
            mixed.decode(b'[%b{"number":%b}]' % (before, wrong))
        positions.append((caught.value.position or 0) - len(before))
    assert positions[0] == positions[1] >= len('[{"number":')


def test_parts_that_are_refused_have_no_batch(iris: Predictor) -> None:
    """Those before them may; none may be answered before all are decoded."""
    record = msgspec.json.encode(dict.fromkeys(("feature1", "feature2", "feature3", "feature4"), 1))
    body = b"[" + b",".join([record] * 5_000 + [b"{}"] + [record] * 6_000) + b"]"
    parts: list[int | None] = []
    with pytest.raises(PayloadError):
        parts.extend(part.rows if part else None for part in iris.codec.parts(body))
    assert parts[0] is not None
    assert parts[-1] is None
    assert sum(filter(None, parts)) < 5_000


def test_one_row_is_written_into_tensors_that_are_there(iris: Predictor) -> None:
    """With NaN for what is missing, and nothing left of the row before."""
    features = (
        {"name": "integer", "dtype": "int64", "column": 1, "nullable": True},
        {"name": "number", "column": 0, "nullable": True},
        {"name": "flag", "dtype": "bool", "column": 2},
    )
    codec = Codec(signature(iris.manifest, *features))
    tensors = {"numeric": np.full((1, 3), 9.0)}
    for record, expected in (
        (b'{"integer":3,"number":2.5,"flag":true}', "[[2.5, 3.0, 1.0]]"),
        (b'{"flag":false,"number":null,"integer":-7}', "[[nan, -7.0, 0.0]]"),
        (b'{"flag":false}', "[[nan, nan, 0.0]]"),
    ):
        row = codec.read(record)
        assert isinstance(row, msgspec.Struct)
        codec.fill(row, tensors)
        assert repr(tensors["numeric"].tolist()) == expected
        assert repr(codec.decode(record).tensors["numeric"].tolist()) == expected


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b'{"number": "1"}', b'{"number": 1, "text": "\xef\xb7\x90"}']
)
def test_what_must_be_looked_into_is_not_read(mixed: Codec, body: bytes) -> None:
    """`decode` says what is wrong with it."""
    assert not mixed.read(body)
