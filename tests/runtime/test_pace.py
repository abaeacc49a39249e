"""Tests of runtime.pace: what is measured, on a clock that the models themselves set forward."""

from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

import numpy as np
import pytest

from runtime import pace
from runtime.model import Array
from runtime.pace import BLOCK, Pace, measure
from runtime.predictor import Predictor

GOLDEN = {"numeric": np.arange(40.0).reshape(10, 4), "string": np.array([["a"], ["b"]] * 5)}


class Model:
    """Stands for a model: takes a certain time, and answers by a certain formula."""

    def __init__(self, first: float, each: float) -> None:
        self.block = 1
        self.now = 0.0
        self.first, self.each = first, each
        self.answer: Callable[[Array, int], Array] = lambda sums, _: sums
        self.bound: Callable[[float], float] | None = None

    def run(self, tensors: Mapping[str, Array]) -> dict[str, Array]:
        """Answer the sum of each row."""
        numbers = tensors["numeric"]
        count = len(numbers) - len(numbers) % -self.block
        self.now += self.first + (count - 1) * self.each
        return {"prediction": self.answer(numbers.sum(axis=1), count)}

    def bind_row(self, _: Mapping[str, Array]) -> Any:
        """Return what answers single rows."""
        return None if self.bound is None else Bound(self.bound)


class Bound:
    """Stands for tensors that are made once."""

    def __init__(self, answer: Callable[[float], float]) -> None:
        self.inputs = {"numeric": np.zeros((1, 4)), "string": np.array([[""]])}
        self._answer = answer

    def run(self) -> dict[str, list[float]]:
        """Answer the sum."""
        return {"prediction": [self._answer(self.inputs["numeric"].sum())]}


@pytest.fixture
def find(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Pace]:
    """Measure a model on its own clock."""

    def measured(model: Model, batching: bool = True) -> Pace:
        monkeypatch.setattr(pace, "perf_counter", lambda: model.now)
        return measure(model, GOLDEN, batching)  # type: ignore[arg-type]

    return measured


def about(found: Pace) -> tuple[float, float, int]:
    """Return what was found, in two digits."""
    return float(f"{found.row:.1e}"), float(f"{found.each:.1e}"), found.together


def test_a_model_that_gains_computes_rows_together(find: Callable[..., Pace]) -> None:
    """So many that those which come meanwhile do not wait for long."""
    assert about(find(Model(64e-6, 1e-6))) == (6.4e-5, 2e-6, 64)
    assert about(find(Model(64e-4, 1e-4))) == (64e-4, 2e-4, 64)
    assert about(find(Model(60e-3, 1e-3))) == (60e-3, 4.7e-3, 16)


def test_a_model_that_gains_nothing_computes_them_one_by_one(find: Callable[..., Pace]) -> None:
    """Each would wait for all."""
    assert about(find(Model(1e-4, 1e-4))) == (1e-4, 1e-4, 1)
    assert find(Model(1e-4, 9e-5)).together == 1


def test_batching_can_be_switched_off(find: Callable[..., Pace]) -> None:
    """Time is measured all the same, and what is answered the same."""
    model = Model(1e-4, 1e-6)
    model.answer = lambda sums, count: sums + count % BLOCK
    assert about(find(model, batching=False)) == (1.1e-4, 2.5e-6, 1)
    assert model.block == BLOCK


def test_what_left_over_rows_change_is_computed_in_blocks(find: Callable[..., Pace]) -> None:
    """Where that is nearly as quick."""
    model = Model(1e-4, 1e-6)
    model.answer = lambda sums, count: sums if count % 4 == 0 else np.nextafter(sums, 0)
    assert find(model).together == 64
    assert model.block == BLOCK
    model.each = 1e-5
    assert find(model).together == 1
    assert model.block == 1


@pytest.mark.parametrize(
    "answer",
    [
        lambda sums, count: sums if count < 33 else np.nextafter(sums, 0),
        lambda sums, _: np.where(np.arange(len(sums)) == 63, -sums, sums),
        lambda sums, count: (sums + (count == 64)).astype(str),
    ],
    ids=["a last bit", "the last row", "text"],
)
def test_where_answers_differ_rows_are_computed_one_by_one(
    find: Callable[..., Pace], answer: Callable[[Array, int], Array]
) -> None:
    """However seldom, and however little."""
    model = Model(1e-4, 1e-6)
    model.answer = answer
    assert find(model).together == 1
    assert model.block == 1


def test_a_graph_may_refuse_values_that_never_came_together(find: Callable[..., Pace]) -> None:
    """Then it is measured with golden rows as they are."""
    known = {tuple(row) for row in GOLDEN["numeric"].tolist()}
    assert len(known) > 1
    model = Model(1e-4, 1e-6)
    run = model.run

    def strict(tensors: Mapping[str, Array]) -> dict[str, Array]:
        if not {tuple(row) for row in tensors["numeric"].tolist()} <= known:
            raise RuntimeError("indices element out of data bounds")
        return run(tensors)

    model.run = strict  # type: ignore[method-assign]
    assert find(model).together > 1


def test_measuring_a_slow_model_takes_no_longer_for_blocks(find: Callable[..., Pace]) -> None:
    """A few rows show that they are dear, and where no two rows fit, none is tried."""
    model = Model(0.05, 0.03)
    model.answer = lambda sums, count: sums + count % BLOCK
    assert find(model).together == 1
    assert model.block == 1
    assert model.now < 5


def test_bound_tensors_must_answer_alike_too(find: Callable[..., Pace]) -> None:
    """A row that is alone is computed in them."""
    model = Model(1e-4, 1e-6)
    model.bound = float
    assert find(model).together == 64
    model.bound = lambda value: float(np.nextafter(value, 0))
    assert find(model).together == 1


def test_a_row_that_takes_long_is_slow() -> None:
    """From a millisecond on; and many rows are not brief even where one is."""
    assert Pace(0.0011, 1e-6).slow
    assert not Pace(0.0009, 1e-6).slow
    assert Pace(0.0009, 1e-6).brief(1000)
    assert not Pace(0.0009, 1e-6).brief(1200)
    assert not Pace(0.0011, 1e-6).brief(1)
    assert [Pace(row, row).turn for row in (0.0001, 0.0005, 0.9)] == [20, 4, 1]


def test_many_rows_at_once_are_measured_where_they_are_soon_done(
    find: Callable[..., Pace],
) -> None:
    """What a run costs by itself is shared by more rows."""
    found = find(Model(64e-6, 1e-6))
    assert found.bulk == pytest.approx((64e-6 + 511e-6) / 512)
    assert found.brief(1500)
    assert not found.brief(2000)
    assert found.most == 89043
    slow = find(Model(60e-3, 1e-3))
    assert slow.bulk is None
    assert slow.most == 21


def test_golden_rows_may_be_few(find: Callable[..., Pace]) -> None:
    """Rows are made of their values; of very slow models there are few."""
    assert about(find(Model(0.5, 0.01))) == (0.5, 0.13, 1)


def test_real_models_answer_alike_whatever_waits_with_a_row(
    iris: Predictor, penguins: Predictor, notes: Predictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bit for bit, where they are found to; each by itself otherwise."""
    monkeypatch.setattr(pace, "perf_counter", iter(count(step=1e-6)).__next__)
    batched = []
    for predictor in (iris, penguins, notes):
        model, codec = predictor.model, predictor.codec
        golden = codec.tensors(model.vectors.rows)
        before = model.block
        found = measure(model, golden)
        assert found.row == pytest.approx(1e-6)
        batched.append(found.together > 1)
        rows = len(model.vectors.rows)
        together = model.run(golden)
        if found.together > 1:
            for row in range(rows):
                alone = model.run({name: each[row : row + 1] for name, each in golden.items()})
                for name, values in alone.items():
                    assert values.tolist() == together[name][row : row + 1].tolist()
        model.block = before
    assert batched[0]
