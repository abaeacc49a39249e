"""Tests of Arrow IPC streams, in and out. Not among the runtime's: those run without pyarrow."""

import io
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from starlette.testclient import TestClient

from runtime.contracts.arrow import Arrow
from runtime.errors import PayloadError
from runtime.predictor import Predictor
from tests.runtime.conftest import (  # noqa: F401 - fixtures
    artifacts,
    client,
    iris,
    models,
    penguins,
    pieces,
    serve,
)

MEDIA_TYPE = "application/vnd.apache.arrow.stream"
Post = Callable[..., Any]


def written(table: pa.Table, rows: int = 1000, **options: Any) -> bytes:
    """Return a table as a stream."""
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema, **options) as writer:
        writer.write_table(table, max_chunksize=rows)
    return sink.getvalue()


def flowers(count: int) -> pa.Table:
    """Return records of Iris."""
    values = np.arange(count * 4).reshape(-1, 4) % 7 + 0.5
    return pa.table({f"feature{column + 1}": values[:, column] for column in range(4)})


@pytest.fixture
def post(
    client: TestClient,  # noqa: F811 - the fixtures
    pieces: Callable[[int], None],  # noqa: F811
) -> Post:
    """Send a stream, in parts of a size, and return the answer."""

    def send(data: bytes, path: str = "/predict", size: int = 10_000) -> Any:
        pieces(size)
        return client.post(path, content=data, headers={"Content-Type": MEDIA_TYPE})

    return send


def read(response: Any) -> list[dict[str, Any]]:
    """Return the records of an answer."""
    assert (response.status_code, response.headers["content-type"]) == (200, MEDIA_TYPE)
    rows: list[dict[str, Any]] = pa.ipc.open_stream(response.content).read_all().to_pylist()
    return rows


@pytest.mark.parametrize("size", [5, 333, 10**6])
def test_each_record_gets_the_answer_that_it_gets_in_json(
    post: Post,
    iris: Predictor,  # noqa: F811 - the fixtures
    penguins: Predictor,  # noqa: F811
    size: int,
) -> None:
    """To the bit, wherever the bytes are cut."""
    for predictor in (iris, penguins):
        rows = predictor.model.vectors.rows
        table = pa.Table.from_pylist(list(rows))
        found = read(post(written(table, 5), f"/models/{predictor.manifest.name}/predict", size))
        for row, record in zip(rows, found, strict=True):
            answer = json.loads(predictor.answer(json.dumps(row).encode()).content)
            probabilities = answer.pop("probabilities")
            answer |= {f"probabilities.{name}": each for name, each in probabilities.items()}
            assert record == {**answer, "error": None}


def test_long_streams_are_answered_in_batches(post: Post) -> None:
    """All rows, in order, and counted."""
    found = read(post(written(flowers(20_000), 9_000)))
    assert len(found) == 20_000
    assert found[7:14] == found[:7]


def test_columns_may_be_of_many_types(post: Post, penguins: Predictor) -> None:  # noqa: F811
    """Dictionaries, small numbers, and nothing at all."""
    table = pa.table(
        {
            "island": pa.array(["Biscoe", "Dream", "Biscoe"]).dictionary_encode(),
            "sex": pa.nulls(3),
            "bill_length_mm": pa.array([46.0, None, float("nan")], pa.float32()),
            "year": pa.array([2007, 2008, 2009], pa.int16()),
            "flipper_length_mm": pa.array([211, None, 190], pa.uint8()),
        }
    )
    found = read(post(written(table), "/models/penguins/predict"))
    for row, record in zip(table.to_pylist(), found, strict=True):
        sent = {name: None if repr(value) == "nan" else value for name, value in row.items()}
        answer = json.loads(penguins.answer(json.dumps(sent).encode()).content)
        assert record["probability"] == answer["probability"]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("bill_length_mm", pa.array([40.0, 41.5], pa.float16())),
        ("bill_length_mm", pa.array([2**60 + 1, 0], pa.int64())),
        ("bill_length_mm", pa.array([True, False])),
        ("bill_length_mm", pa.array([float("inf"), 40.0])),
        ("flipper_length_mm", pa.array([2**53, -(2**53)], pa.int64())),
        ("flipper_length_mm", pa.array([2**53 + 1, 190], pa.int64())),
        ("flipper_length_mm", pa.array([None, 2**53 + 1], pa.int64())),
        ("flipper_length_mm", pa.array([2**64 - 1, 190], pa.uint64())),
        ("flipper_length_mm", pa.array([190.0, float("nan")])),
        ("flipper_length_mm", pa.array([190.5, 190.0])),
        ("year", pa.array([None, 2008], pa.int16())),
        ("year", pa.array([float("nan"), 2008.0])),
        ("year", pa.array([float("inf"), 2008.0])),
        ("year", pa.array(["2008", "2009"])),
        ("sex", pa.array([None, "male"])),
        ("sex", pa.array(["\ufdd0", "male"], pa.large_string())),
        ("sex", pa.array([1, 2])),
        ("island", pa.array([None, "Dream"])),
        ("island", pa.array(["Atlantis", "Dream"])),
    ],
)
def test_a_column_is_judged_as_its_values_are_in_json(
    post: Post,
    penguins: Predictor,  # noqa: F811 - the fixture
    name: str,
    values: pa.Array,
) -> None:
    """Whether all are right, or some are wrong."""
    rows = [{**row} for row in penguins.model.vectors.rows[:2]]
    table = pa.Table.from_pylist(rows)
    table = table.set_column(table.column_names.index(name), name, values)
    found = read(post(written(table), "/models/penguins/predict"))
    for place, (row, record) in enumerate(zip(table.to_pylist(), found, strict=True), 1):
        sent = json.dumps(row, ensure_ascii=False)
        sent = sent.replace("NaN", "null").replace("Infinity", '"inf"')
        expected: tuple[Any, Any]
        try:
            answer = json.loads(penguins.answer(sent.encode()).content)
        except PayloadError as error:
            expected = None, f"Row {place}: {error}"
        else:
            expected = answer["probability"], None
        assert (record["probability"], record["error"]) == expected


def test_a_dictionary_may_be_replaced(post: Post) -> None:
    """By that of each batch, however many there are; or go on with what another adds."""
    islands = ["Biscoe", "Dream", "Torgersen"]
    sent = [islands[batch % 3 : batch % 3 + 1] * 2 for batch in range(400)]
    schema = pa.schema([("island", pa.dictionary(pa.int8(), pa.string())), ("year", pa.int16())])
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, schema) as writer:
        for values in sent:
            island = pa.array(values).dictionary_encode().cast(schema.field("island").type)
            writer.write_batch(pa.record_batch([island, pa.array([2008] * 2, pa.int16())], schema))
    assert writer.stats.num_replaced_dictionaries == len(sent) - 1
    found = read(post(sink.getvalue(), "/models/penguins/predict"))
    plain = pa.table(
        {
            "island": [each for values in sent for each in values],
            "year": pa.array([2008] * 800, pa.int16()),
        }
    )
    assert found == read(post(written(plain), "/models/penguins/predict"))
    assert len({each["probability"] for each in found}) == len(islands)


def test_a_record_that_is_wrong_is_told_of_in_its_place(post: Post) -> None:
    """The others are answered."""
    table = flowers(4).set_column(1, "feature2", pa.array([1.0, None, float("inf"), 2.0]))
    found = read(post(written(table, 1)))
    assert [each["error"] for each in found] == [
        None,
        "Row 2: Expected a number, got null - at `$.feature2`. It was never missing in training.",
        'Row 3: Expected a number, got the string "inf" - at `$.feature2`.',
        None,
    ]
    assert [each["prediction"] is None for each in found] == [False, True, True, False]
    assert read(post(written(table))) == found


def test_a_stream_without_records_has_an_answer_without_any(post: Post) -> None:
    """Of the same columns."""
    assert read(post(written(flowers(0)))) == []


@pytest.mark.parametrize(
    ("data", "status", "detail"),
    [
        (b"", 400, "it ends early."),
        (b"nonsense", 400, "a message begins with something else."),
        (written(flowers(9))[:-20], 400, "it ends early."),
        (written(flowers(0))[:8] + bytes(400), 400, "a message is out of place."),
        (written(flowers(0))[:8] + b"\xff" * 400, 400, "a message has no metadata."),
        (written(flowers(9))[len(written(flowers(0))) - 8 :], 400, "a message is out of place."),
        (
            written(flowers(9)).replace(b"feature1", b"feature\xff"),
            400,
            "it is not UTF-8. Names of columns are sent as UTF-8.",
        ),
        (
            written(flowers(9), options=pa.ipc.IpcWriteOptions(compression="zstd")),
            400,
            "its buffers are compressed. Write it without compression.",
        ),
    ],
)
def test_what_is_no_stream_is_refused(post: Post, data: bytes, status: int, detail: str) -> None:
    """With what is wrong."""
    response = post(data)
    said = f"The body cannot be read as an Arrow stream: {detail}"
    assert (response.status_code, response.json()["detail"]) == (status, said)


def test_other_columns_are_refused(post: Post) -> None:
    """By name, and by type."""
    table = flowers(1).rename_columns(["feature1", "feature2", "feature3", "x"])
    table = table.set_column(0, "feature1", pa.array([[1.0]]))
    response = post(written(table))
    assert response.status_code == 422
    assert [(each["path"], each["received"]) for each in response.json()["errors"]] == [
        ("$.feature1", "list<item: double>")
    ]
    response = post(written(flowers(1).rename_columns(["feature1", "feature2", "feature3", "x"])))
    assert [(each["path"], each["received"]) for each in response.json()["errors"]] == [
        ("$.x", "an unknown column"),
        ("$.feature4", "none"),
    ]


def test_messages_and_what_dictionaries_spread_to_are_limited(
    serve: Callable[..., TestClient],  # noqa: F811 - the fixture
) -> None:
    """A few bytes may not become many."""
    limited = serve(MAX_BODY_BYTES="2000", DEFAULT_MODEL="penguins")
    island = pa.DictionaryArray.from_arrays(pa.array([0] * 10, pa.int8()), pa.array(["x" * 300]))
    table = pa.table({"island": island, "year": pa.array([2007] * 10, pa.int16())})
    for name, sent in (("penguins", written(table)), ("iris", written(flowers(1000)))):
        response = limited.post(
            f"/models/{name}/predict", content=sent, headers={"Content-Type": MEDIA_TYPE}
        )
        assert response.status_code == 413
        detail = "The body is longer than 2000 bytes (MAX_BODY_BYTES)."
        assert response.json()["detail"] == detail


def test_rows_that_take_no_bytes_are_limited(
    serve: Callable[..., TestClient],  # noqa: F811 - the fixture
) -> None:
    """In a column of nulls there may be any number of them."""
    limited = serve(MAX_BODY_BYTES="2000", DEFAULT_MODEL="iris")
    for rows, status in ((2000, 200), (2001, 413)):
        sent = written(pa.table({f"feature{place}": pa.nulls(rows) for place in range(1, 5)}), rows)
        response = limited.post("/predict", content=sent, headers={"Content-Type": MEDIA_TYPE})
        assert response.status_code == status


def test_runs_are_short_where_columns_are_left_out(penguins: Predictor) -> None:  # noqa: F811
    """Of those, too, there is a value for each row."""
    islands = ["Dream"] * 20_000
    few = pa.table({"island": islands, "year": islands})
    every = pa.table({feature.name: islands for feature in penguins.manifest.features})
    counts = [
        [run.num_rows for run in Arrow(penguins, 10**8).add(written(table, 20_000))]
        for table in (few, every)
    ]
    assert counts[0] == counts[1]


def test_answers_have_types_where_no_record_is_right(iris: Predictor) -> None:  # noqa: F811
    """Those that they have otherwise."""
    form = Arrow(iris, 10_000)
    (run,) = form.add(written(flowers(1).set_column(0, "feature1", pa.nulls(1))))
    (piece,) = form.decode(run)
    assert piece.batch is None
    answer = form.write(None, piece.wrong) + form.finish()
    found = pa.ipc.open_stream(answer).read_all()
    assert [str(each) for each in found.schema.types] == ["int64", *["double"] * 4, "string"]
    assert found.num_rows == 1
