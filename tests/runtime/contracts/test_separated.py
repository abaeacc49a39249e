"""Tests of CSV: records separated by commas, in and out."""

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from starlette.testclient import TestClient

from runtime.contracts.separated import Separated
from runtime.predictor import Predictor

Post = Callable[..., Any]
IRIS = "feature1,feature2,feature3,feature4\n"
COLUMNS = [
    "prediction",
    "probability",
    "probabilities.setosa",
    "probabilities.versicolor",
    "probabilities.virginica",
    "error",
]


@pytest.fixture
def post(client: TestClient, pieces: Callable[[int], None]) -> Post:
    """Send CSV, in parts of a size, and return the answer."""

    def send(text: str | bytes, path: str = "/predict", size: int = 10_000) -> Any:
        data = text.encode() if isinstance(text, str) else text
        pieces(size)
        return client.post(path, content=data, headers={"Content-Type": "text/csv"})

    return send


def table(response: Any) -> list[dict[str, str]]:
    """Return the records of an answer."""
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/csv"
    return list(csv.DictReader(io.StringIO(response.text, newline="")))


def errors(response: Any) -> list[str]:
    """Return what is said of each record."""
    return [record["error"] for record in table(response)]


def written(records: Any, names: list[str]) -> str:
    """Return records in CSV, as Python writes it."""
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, names)
    writer.writeheader()
    writer.writerows(records)
    return file.getvalue()


@pytest.mark.parametrize("size", [7, 100, 100_000])
def test_each_record_gets_the_answer_that_it_gets_in_json(
    post: Post, iris: Predictor, penguins: Predictor, size: int
) -> None:
    """To the digit, wherever the bytes are cut; an empty field is a missing value."""
    for predictor in (iris, penguins):
        rows = predictor.model.vectors.rows
        names = [feature.name for feature in predictor.manifest.features]
        found = table(
            post(written(rows, names), f"/models/{predictor.manifest.name}/predict", size)
        )
        assert len(found) == len(rows)
        for row, record in zip(rows, found, strict=True):
            sent = {name: row[name] or None if name == "sex" else row[name] for name in names}
            answer = json.loads(predictor.answer(json.dumps(sent).encode()).content)
            probabilities = answer.pop("probabilities")
            answer |= {f"probabilities.{name}": each for name, each in probabilities.items()}
            assert record == {
                **{
                    name: value if isinstance(value, str) else msgspec.json.encode(value).decode()
                    for name, value in answer.items()
                },
                "error": "",
            }


def test_the_columns_of_an_answer_are_named(post: Post) -> None:
    """Also where there is no record."""
    response = post(IRIS)
    assert response.text == ",".join(COLUMNS) + "\r\n"
    assert list(table(post(IRIS + "1,2,3,4"))[0]) == COLUMNS


def test_columns_come_in_any_order_and_any_quotes(post: Post) -> None:
    """With a byte order mark or without, and with empty lines."""
    plain = post(IRIS + "5.1,3.5,1.4,0.2\n").text
    text = '\ufeff"feature4",feature2,feature3,feature1\r\n\r\n"0.2", 3.5 ,1.4,5.1\r\n\r\n'
    assert post(text).text == plain


def test_the_line_of_names_may_come_by_itself(post: Post) -> None:
    """Lines are counted on from it."""
    response = post(IRIS + "1,2,3,4\n5,x,7,8\n", size=len(IRIS))
    said = 'Line 3: Expected a number, got the string "x" - at `$.feature2`.'
    assert errors(response) == ["", said]


def test_columns_that_may_be_missing_may_be_left_out(post: Post) -> None:
    """Of penguins, all but two."""
    found = table(
        post('year,island\n2007,"Nowhere, or\nelse ""there"""\n', "/models/penguins/predict")
    )
    assert [each["prediction"] for each in found] == ["Adelie"]


def test_a_table_that_leaves_columns_out_is_read_in_smaller_pieces(
    client: TestClient, penguins: Predictor
) -> None:
    """Of which nothing is lost."""
    form = Separated(penguins, 1000)
    before = form.most
    assert list(form.decode(b"island,year\n")) == []
    assert form.most == before * 2 // 7
    text = "island,year\n" + "Dream,2008\nBiscoe,2007\n" * 5000
    response = client.post(
        "/models/penguins/predict", content=text, headers={"Content-Type": "text/csv"}
    )
    assert len(table(response)) == 10_000
    assert response.content.count(b"\r\n") == 10_001


def test_a_record_that_is_wrong_is_told_of_in_its_place(post: Post) -> None:
    """By the line where it begins; the others are answered."""
    text = IRIS + '5.1,3.5,1.4,0.2\n5.1,x,1.4\n\n"5.1\n",3.5,,NA\n"1"1,2,3,4\n5.1,3.5,1.4,0.2\n'
    response = post(text)
    assert errors(response) == [
        "",
        "Line 3 cannot be read as CSV: it has 3 fields, the line of names 4.",
        (
            "Line 5: Expected a number, got null - at `$.feature3`. It was never missing in "
            'training. Expected a number, got the string "NA" - at `$.feature4`.'
        ),
        "Line 7 cannot be read as CSV: ',' expected after '\"'.",
        "",
    ]
    assert [each["prediction"] for each in table(response)] == ["0", "", "", "", "0"]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (b"1,2", 'got the string "1,2"'),
        (b"[1", 'got the string "[1"'),
        (b"null", 'got the string "null"'),
        (b"1_0", 'got the string "1_0"'),
        (b"nan", 'got the string "nan"'),
        (b"true", 'got the string "true"'),
        (b"1e999", "got the number 1e999"),
        (b'1 } , { ""feature1"": 2', 'got the string "1 } , { \\"feature1\\": 2"'),
        (b"\xff", "Line 2 cannot be read as CSV: it is not UTF-8. CSV is sent as UTF-8."),
    ],
)
def test_what_is_no_number_is_refused(post: Post, value: bytes, said: str) -> None:
    """Whatever it would be in JSON, or in Python."""
    text = IRIS.encode() + b'"%b",2,3,4\n1,2,3,4\n' % value
    first, second = errors(post(text))
    assert said in first
    assert second == ""


@pytest.mark.parametrize(
    ("text", "at_once"),
    [
        (b"5.1,3.5,1.4,0.2\n1,2,3,4\n", True),
        (b"5.1,3.5,1.4,0.2\r\n 1, 2e0,-0,4", True),
        (b'"5.1",3.5,1.4,0.2\n', False),
        (b"1,2,3,4\n\n1,2,3,4\n\n", False),
        (b"1,2,3\n4,1,2,3,4\n", False),
        (b"1,2,3,4,\n1,2,3\n", False),
        (b"1,2,3,\n1,2,3,4\n", False),
        (b"1,2,3,\r4\n", False),
        (b"1,2,3,4\r1,2,3,4\n", False),
        (b"[1],2,3,4\n", False),
        (b"1,2,3,null\n", False),
        (b"\xff,2,3,4\n", False),
    ],
)
def test_floats_are_read_at_once_as_they_are_by_themselves(
    iris: Predictor, monkeypatch: pytest.MonkeyPatch, text: bytes, at_once: bool
) -> None:
    """Where there is nothing else; a line break ends a record, not a row of numbers."""
    slow = vars(Separated)["_batch"]
    calls = []

    def batch(form: Separated, run: bytes) -> Any:
        calls.append(run)
        return slow(form, run)

    def decode() -> Any:
        form = Separated(iris, 1000)
        assert list(form.decode(IRIS.encode())) == []
        (piece,) = form.decode(text)
        return piece

    monkeypatch.setattr(Separated, "_batch", batch)
    found = decode()
    assert calls == ([] if at_once else [text])
    monkeypatch.setattr(Separated, "_float_batch", lambda *_: None)
    expected = decode()
    assert {each: str(wrong) for each, wrong in found.wrong.items()} == {
        each: str(wrong) for each, wrong in expected.wrong.items()
    }
    assert (found.batch is None) == (expected.batch is None)
    if found.batch is not None:
        for name, tensor in found.batch.tensors.items():
            assert tensor.tobytes() == expected.batch.tensors[name].tobytes()


@pytest.mark.parametrize("size", [9, 10_000])
def test_a_carriage_return_by_itself_ends_a_line(post: Post, size: int) -> None:
    """Which is counted, wherever the bytes are cut."""
    text = IRIS + "1,2,3,4\r1,2,3,4\n1,2,3,4\r\n1,2,3,x\r\n1,2,3,4\r"
    said = 'Line 5: Expected a number, got the string "x" - at `$.feature4`.'
    assert errors(post(text, size=size)) == ["", "", "", said, ""]


@pytest.mark.parametrize("value", ["null", " null", "null\t", "NULL"])
def test_null_is_no_missing_value(post: Post, value: str) -> None:
    """Whether another record is wrong or not, and with white space around it or not."""
    text = f"island,year,bill_length_mm\nDream,2007,{value}\nDream,2007,\n"
    said = (
        f'Line 2: Expected a number or null, got the string "{value.strip()}" - '
        "at `$.bill_length_mm`."
    )
    assert errors(post(text, "/models/penguins/predict")) == [said, ""]
    found = errors(post(f"{text}Dream,x,\n", "/models/penguins/predict"))
    assert found[:2] == [said, ""]


def test_a_record_that_is_not_ended_is_told_of(post: Post) -> None:
    """Its quote is never closed."""
    assert errors(post(IRIS + '1,2,3,4\n1,2,3,"4\n1,2,3,4\n')) == [
        "",
        "Line 3 cannot be read as CSV: unexpected end of data.",
    ]


@pytest.mark.parametrize(
    ("text", "status", "detail"),
    [
        (
            "",
            400,
            (
                "The body cannot be read as CSV at byte 0: it is empty. Send a line with the names "
                "of the columns first."
            ),
        ),
        (
            b"\xff,b\n",
            400,
            "The body cannot be read as CSV: it is not UTF-8. CSV is sent as UTF-8.",
        ),
        (
            '"a"b\n',
            400,
            ("The body cannot be read as CSV: ',' expected after '\"' in the line of names."),
        ),
        ("feature1\n1\n", 422, "The body has 3 problems; see `errors`."),
    ],
)
def test_without_a_line_of_names_there_is_no_answer(
    post: Post, text: str | bytes, status: int, detail: str
) -> None:
    """But an error."""
    response = post(text)
    assert (response.status_code, response.json()["detail"]) == (status, detail)


def test_every_problem_of_the_line_of_names_is_listed(post: Post) -> None:
    """Columns that are unknown, that lack, and that come twice."""
    response = post("feature1,feature2,featur3,feature4,feature1\n1,2,3,4,5\n")
    assert response.status_code == 422
    names = "There are feature1, feature2, feature3, feature4."
    assert [tuple(each.values()) for each in response.json()["errors"]] == [
        ("$.featur3", "no such column", "an unknown column", names),
        ("$.feature3", "a column of this name", "none", None),
        ("$.feature1", "one column of this name", "several", None),
    ]


def test_not_all_problems_of_a_long_line_of_names_are_listed(post: Post) -> None:
    """Nor do they take long: to look each name up among all would take minutes."""
    response = post("feature1," * 50_000 + "x," * 50_000 + "y\n")
    assert response.status_code == 422
    assert response.json()["detail"] == (
        "The body has more than 100 problems; the first are in `errors`."
    )
    assert len(response.json()["errors"]) == 100


def test_columns_that_are_unknown_may_be_ignored(serve: Callable[..., TestClient]) -> None:
    """As fields are."""
    client = serve(DEFAULT_MODEL="iris", UNKNOWN_FIELDS="ignore")
    text = "id,feature1,feature2,feature3,feature4\nx,5.1,3.5,1.4,0.2\ny,5.1,3.5,1.4,z\n"
    response = client.post("/predict", content=text, headers={"Content-Type": "text/csv"})
    said = 'Line 3: Expected a number, got the string "z" - at `$.feature4`.'
    assert errors(response) == ["", said]


def test_only_a_record_is_limited_in_length(
    serve: Callable[..., TestClient], pieces: Callable[[int], None]
) -> None:
    """One that is too long is told of, and the stream goes on."""
    client = serve(MAX_BODY_BYTES="100", DEFAULT_MODEL="iris")
    text = (IRIS + "1,2,3,4\n1,2,3," + " " * 100 + "4\n1,2,3,4\n").encode()
    for size in (7, 10_000):
        pieces(size)
        response = client.post("/predict", content=text, headers={"Content-Type": "text/csv"})
        said = "Line 3 is longer than 100 bytes (MAX_BODY_BYTES)."
        assert errors(response) == ["", said, ""]
    response = client.post("/predict", content=b"a" * 101, headers={"Content-Type": "text/csv"})
    assert response.status_code == 413
    assert response.json()["detail"] == "The body is longer than 100 bytes (MAX_BODY_BYTES)."
