"""Tests of benchmarks.hotpath: what it leaves out is left out, and what has grown is found."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.hotpath import __main__ as command
from benchmarks.hotpath.drive import Connections, skiff
from benchmarks.hotpath.parts import PARTS, without
from benchmarks.serving.cases import Case, prepare

SECONDS = {
    "constant, 1 connection": 20.0,
    "constant, 16 connections": 10.0,
    "iris, 1 connection": 25.0,
    "iris, 16 connections": 15.0,
    "penguins, 16 connections": 20.0,
    "300 columns": 50.0,
    "parsing 300 columns": 20.0,
    "100 rows": 60.0,
    "parsing 100 rows": 16.0,
}
RATIOS = {
    "Iris beside the constant, 1 connection": 1.25,
    "Iris beside the constant, 16 connections": 1.5,
    "penguins beside the constant": 2.0,
    "300 columns, beside parsing them": 1.5,
    "100 rows, beside parsing them": 2.5,
}


@pytest.fixture(scope="module")
def iris(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """The Iris model."""
    return prepare("iris", tmp_path_factory.mktemp("iris"))


def request(body: bytes) -> bytes:
    """Return a request as it travels."""
    return b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


def converse(case: Case, talk: Callable[[Connections], object], count: int = 1) -> None:
    """Hold a talk over connections to the service."""

    async def run() -> None:
        async with skiff(str(case.folder / "artifacts")) as connect:
            await talk(connect(count))  # type: ignore[misc]

    asyncio.run(run())


def test_requests_are_answered_on_every_connection(iris: Case) -> None:
    """And take time."""
    body = json.dumps(iris.records[0]).encode()

    async def talk(connections: Connections) -> None:
        assert await connections.send(request(body), 3) > 0
        assert [each.answers for each in connections.transports] == [3, 3]
        assert connections.transports[1].last.endswith(b"}}")

    converse(iris, talk, count=2)


def test_an_error_is_no_answer(iris: Case) -> None:
    """Its time would say nothing."""

    async def talk(connections: Connections) -> None:
        with pytest.raises(ValueError, match=r"Expected status 200, got b'HTTP/1.1 422 "):
            await connections.send(request(b"{}"), 1)

    converse(iris, talk)


@pytest.mark.parametrize("part", PARTS)
def test_a_part_is_left_out_and_comes_back(
    iris: Case, part: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The answer to the record is the same, but for what the part does."""
    record = iris.records[0]
    body = json.dumps(record).encode()
    wrong = json.dumps({**record, "feature1": "x"}).encode()

    async def talk(connections: Connections) -> None:
        transport = connections.transports[0]

        async def ask(sent: bytes) -> tuple[bytes, bytes, int]:
            await connections.send(request(sent), 1)
            connections.state["journal"].report()
            head, _, answer = transport.last.partition(b"\r\n\r\n")
            lines = capsys.readouterr().out.count('"message":"request"')
            return head.partition(b"x-request-id: ")[2], answer, lines

        _, expected, lines = await ask(body)
        assert lines == 1
        counted = connections.state["metrics"].exposition()
        with without(part, body):
            request_id, answer, lines = await ask(body)
            assert answer == expected
            assert (request_id == b"0" * 32) == (part == "request id")
            assert lines == (part != "log line")
            unchanged = connections.state["metrics"].exposition() == counted
            assert unchanged == (part == "metrics")
            other = json.dumps(iris.records[-1]).encode()
            assert ((await ask(other))[1] == expected) == (part in ("validation", "model"))
            if part == "validation":
                await ask(wrong)
        with pytest.raises(ValueError, match="422"):
            await ask(wrong)

    converse(iris, talk)


def test_ratios_compare_what_was_measured_together() -> None:
    """With the constant, or, above it, with parsing."""
    assert command.ratios(SECONDS) == RATIOS


def test_a_ratio_that_has_grown_is_named() -> None:
    """By half, not by less."""
    assert command.grown(RATIOS, RATIOS) == []
    kept = {**RATIOS, "penguins beside the constant": 1.3}
    problem = (
        "penguins beside the constant: expected at most 1.5 times 1.3, got 2.00. Profile what has "
        "become slow, or say why it must be and keep the ratio: python -m benchmarks.hotpath --keep"
    )
    assert command.grown(RATIOS, kept) == [problem]


def test_the_command_keeps_and_checks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It fails where something has grown, and says so."""
    taken = dict(SECONDS)

    async def measure() -> dict[str, float]:
        return taken

    monkeypatch.setattr(command, "_measure", measure)
    monkeypatch.setattr(command, "KEPT", tmp_path / "kept.json")
    assert command.main(["--keep"]) == 0
    assert json.loads((tmp_path / "kept.json").read_text()) == RATIOS
    assert command.main(["--check"]) == 0
    taken["penguins, 16 connections"] = 31.0
    assert command.main([]) == 0
    capsys.readouterr()
    assert command.main(["--check"]) == 1
    assert capsys.readouterr().err.startswith("penguins beside the constant: expected at most 1.5 ")


def test_the_ratios_that_are_kept_are_those_that_are_measured() -> None:
    """All of them."""
    assert list(json.loads(command.KEPT.read_text(encoding="utf-8"))) == list(RATIOS)
