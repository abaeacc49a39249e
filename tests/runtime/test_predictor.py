"""Tests of runtime.predictor: a row is answered alike, whichever way it comes."""

from pathlib import Path

import msgspec
import pytest

from runtime.payload import Batch
from runtime.predictor import Predictor


@pytest.fixture(params=["iris", "penguins", "notes", "sizes"])
def predictor(request: pytest.FixtureRequest) -> Predictor:
    """Each of the models in turn."""
    found: Predictor = request.getfixturevalue(request.param)
    return found


def test_golden_rows_are_answered_alike_by_themselves_and_together(predictor: Predictor) -> None:
    """Byte for byte where the pace lets rows be computed together, and always by themselves."""
    records = [msgspec.json.encode(row) for row in predictor.model.vectors.rows]
    expected = [predictor.answer(record) for record in records]
    rows = [predictor.codec.read(record) for record in records]
    whole = [row for row in rows if isinstance(row, msgspec.Struct)]
    assert len(whole) == len(records)
    assert [predictor.answer_row(row) for row in whole] == expected
    if predictor.pace.together > 1:
        for size in range(1, min(len(whole), predictor.pace.together) + 1):
            assert predictor.answer_each(whole[:size]) == expected[:size]
    for each in expected:
        assert sum(each.counts.values()) == (1 if predictor.manifest.classes else 0)


def test_a_model_may_be_left_to_compute_rows_one_by_one(artifacts: Path) -> None:
    """It is measured all the same."""
    predictor = Predictor.load(artifacts / "penguins/1/model.onnx", batching=False)
    assert predictor.pace.together == 1
    assert predictor.pace.row > 0


def test_a_long_text_takes_as_long_as_many_rows(notes: Predictor) -> None:
    """Others do not wait for it, as they do for short ones."""
    short, long = (
        notes.codec.decode(msgspec.json.encode([{"text": "fox " * n}])) for n in (2, 20_000)
    )
    assert notes.brief(short)
    assert not notes.brief(long)


def test_what_rows_take_is_told_by_their_number(iris: Predictor) -> None:
    """Where there is no text."""
    batch = iris.codec.tensors(iris.model.vectors.rows[:1])
    assert iris.brief(Batch(batch, 1, single=False))
    assert not iris.brief(Batch(batch, 1_000_000, single=False))
