"""Tests of runtime.inspection: what is said of a body that cannot be answered."""

import msgspec
import pytest

from runtime.errors import MalformedError, PayloadError, Problem
from runtime.inspection import MOST_PROBLEMS
from runtime.manifest import Feature
from runtime.payload import Codec
from runtime.predictor import Predictor

REST = '"feature2": 1, "feature3": 1, "feature4": 1'


def problems(codec: Codec, body: str) -> list[Problem]:
    """Return the problems of a body."""
    with pytest.raises(PayloadError) as caught:
        codec.decode(body.encode())
    return list(caught.value.problems)


@pytest.mark.parametrize(
    ("value", "received", "hint"),
    [
        ('"5.1"', 'the string "5.1"', "Send the number without the quotes: 5.1."),
        ('"five"', 'the string "five"', None),
        ('""', 'the string ""', None),
        ("true", "the boolean true", None),
        ("false", "the boolean false", None),
        ("null", "null", "It was never missing in training."),
        ("[ 1 ]", "the array [ 1 ]", None),
        ('{"a": 1}', 'the object {"a": 1}', None),
        (f'"{"x" * 99}"', f'the string "{"x" * 59}…', None),
    ],
)
def test_a_value_of_another_type_is_described(
    iris: Predictor, value: str, received: str, hint: str | None
) -> None:
    """The problem has the path, what is expected and what came, as it was sent."""
    body = f'{{"feature1": {value}, {REST}}}'
    assert problems(iris.codec, body) == [Problem("$.feature1", "a number", received, hint)]


@pytest.mark.parametrize("number", ["1e999", "-1e999", "9" * 60, "9" * 400, "9" * 5000])
def test_numbers_beyond_a_double_are_refused(iris: Predictor, number: str) -> None:
    """Whether they are written with an exponent or in full."""
    body = f'{{"feature1": {number}, {REST}}}'
    if len(number) == 60:
        assert iris.codec.decode(body.encode()).tensors["numeric"][0, 0] == float(number)
        return
    shown = number if len(number) < 60 else f"{number[:60]}…"
    assert problems(iris.codec, body) == [
        Problem("$.feature1", "a number that a double can hold", f"the number {shown}", None)
    ]


def test_a_missing_field_is_named_with_an_example(iris: Predictor) -> None:
    """The example is one that the model answers."""
    example = iris.manifest.features[0].example
    hint = f"It is required; for example {example}."
    assert problems(iris.codec, f"{{{REST}}}") == [
        Problem("$.feature1", "a number", "nothing", hint)
    ]


@pytest.mark.parametrize(
    ("name", "path", "hint"),
    [
        ("featur1", "$.featur1", 'Did you mean "feature1"?'),
        ("Feature 1", '$["Feature 1"]', 'Did you mean "feature1"?'),
        ("x", "$.x", 'There are "feature1", "feature2", "feature3", "feature4".'),
        ("é" * 99, f'$["{"é" * 59}…]', 'There are "feature1", "feature2", "feature3", "feature4".'),
    ],
)
def test_an_unknown_field_is_named_with_the_nearest(
    iris: Predictor, name: str, path: str, hint: str
) -> None:
    """Where no name is near, the names are listed."""
    body = f'{{"{name}": 1, "feature1": 1, {REST}}}'
    assert problems(iris.codec, body) == [Problem(path, "no such field", "an unknown field", hint)]


@pytest.mark.parametrize(
    ("dtype", "value", "received", "hint"),
    [
        ("string", "3", "the number 3", 'Put it in quotes: "3".'),
        ("string", "true", "the boolean true", 'Put it in quotes: "true".'),
        ("string", "[]", "the array []", None),
        ("bool", "1", "the number 1", None),
        ("bool", '"true"', 'the string "true"', "Send the boolean without the quotes: true."),
        ("int64", '"3"', 'the string "3"', "Send the number without the quotes: 3."),
        ("int64", '"3.5"', 'the string "3.5"', None),
    ],
)
def test_each_type_has_its_own_advice(
    iris: Predictor, dtype: str, value: str, received: str, hint: str | None
) -> None:
    """What to send instead is said where it can be told."""
    first, *others = iris.manifest.features
    into = "string" if dtype == "string" else "numeric"
    feature = msgspec.structs.replace(first, dtype=dtype, input=into)
    codec = Codec(msgspec.structs.replace(iris.manifest, features=(feature, *others)))
    (found,) = problems(codec, f'{{"feature1": {value}, {REST}}}')
    assert (found.received, found.hint) == (received, hint)


def test_every_problem_of_every_record_is_listed(penguins: Predictor) -> None:
    """A client mends all of them at once."""
    body = '[{"island": "Dream", "year": 2007}, 3, {"island": 1, "yeer": 2007, "sex": false}]'
    assert [(each.path, each.received) for each in problems(penguins.codec, body)] == [
        ("$[1]", "the number 3"),
        ("$[2].island", "the number 1"),
        ("$[2].sex", "the boolean false"),
        ("$[2].year", "nothing"),
        ("$[2].yeer", "an unknown field"),
    ]


@pytest.mark.parametrize(
    ("body", "expected", "received"),
    [
        ("[]", "at least one record", "an empty list"),
        ("5", "an object or a list of objects", "the number 5"),
        ('"x"', "an object or a list of objects", 'the string "x"'),
        ("null", "an object or a list of objects", "null"),
        (" true ", "an object or a list of objects", "the boolean true"),
    ],
)
def test_what_is_neither_a_record_nor_a_list_is_described(
    iris: Predictor, body: str, expected: str, received: str
) -> None:
    """Any JSON may come."""
    (found,) = problems(iris.codec, body)
    assert (found.path, found.expected, found.received) == ("$", expected, received)


def test_a_list_within_a_list_is_no_record(iris: Predictor) -> None:
    """A record is an object."""
    (found,) = problems(iris.codec, "[[1, 2, 3, 4]]")
    names = '"feature1", "feature2", "feature3", "feature4"'
    assert found == Problem(
        "$[0]", "an object", "the array [1, 2, 3, 4]", f"A record has the fields {names}."
    )


def test_beyond_the_first_problems_the_rest_are_left_out(iris: Predictor) -> None:
    """A large body that is all wrong gets an answer of bounded size."""
    body = f"[{','.join(['{}'] * 1000)}]"
    with pytest.raises(PayloadError) as caught:
        iris.codec.decode(body.encode())
    assert len(caught.value.problems) == MOST_PROBLEMS
    assert caught.value.more
    assert str(caught.value).endswith(" (and more)")


def test_a_wide_signature_is_listed_in_part(iris: Predictor) -> None:
    """The first names, and how many more."""
    names = [f"column{number:03}" for number in range(600)]
    features = tuple(
        Feature(name=name, dtype="float64", input="numeric", column=at, title="", nullable=True)
        for at, name in enumerate(names)
    )
    codec = Codec(msgspec.structs.replace(iris.manifest, features=features))
    (found,) = problems(codec, '{"zzz": 1}')
    listed = ", ".join(f'"{name}"' for name in names[:20])
    assert found.hint == f"There are {listed} and 580 more."


@pytest.mark.parametrize(
    ("body", "position", "message"),
    [
        (b"", 0, ": the body is empty. Send a JSON object, or a list of them."),
        (b" \n", 0, ": the body is empty. Send a JSON object, or a list of them."),
        (b'{"feature1": ', 13, ": it ends early."),
        (b'{"feature1": 1,}', 15, ": trailing comma in object."),
        (b"{} {}", 3, ": trailing characters."),
        (b"{'a': 1}", 1, ": expected '\"'."),
        (b'{"a": NaN}', 6, ": JSON has no NaN and no Infinity. Send null for a missing number."),
        (b"[-Infinity]", 2, ": JSON has no NaN and no Infinity. Send null for a missing number."),
        (b'{"a": "\xff"}', 7, ": it is not UTF-8 (invalid start byte). JSON is sent as UTF-8."),
        (b'{"a": "\\ud800"}', 15, ": it ends early."),
        (b'{"\\udc00": 1, "b": 2}', 8, ": invalid utf-16 surrogate pair."),
        (b"\xef\xbb\xbf{}", 0, ": invalid character."),
    ],
)
def test_what_is_not_json_is_told_with_its_position(
    iris: Predictor, body: bytes, position: int, message: str
) -> None:
    """The position counts bytes from zero."""
    with pytest.raises(MalformedError) as caught:
        iris.codec.decode(body)
    assert caught.value.position == position
    assert str(caught.value) == f"The body cannot be read as JSON at byte {position}{message}"


@pytest.mark.parametrize(
    "body", [b"[" * 100_000, b'{"a":' * 100_000, b'{"feature1":' + b"[" * 9999]
)
def test_deep_nesting_is_malformed(iris: Predictor, body: bytes) -> None:
    """It exhausts no stack."""
    with pytest.raises(MalformedError) as caught:
        iris.codec.decode(body)
    assert str(caught.value) == (
        "The body cannot be read as JSON: it is nested too deeply. A record is a flat object."
    )
