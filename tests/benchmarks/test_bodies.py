"""Tests of benchmarks.bodies: it measures a service that runs, and says so."""

import json
import re
from contextlib import closing
from pathlib import Path

import pytest

from benchmarks import bodies
from benchmarks.serving.cases import prepare

NUMBER = r"\d+\.\d+"


def test_the_command_measures_time_memory_and_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line for each."""
    monkeypatch.setattr(bodies, "CASES", {"iris": 500})
    monkeypatch.setattr(bodies, "MODELS", tmp_path)
    monkeypatch.setattr(bodies, "_ROUNDS", 2)
    monkeypatch.setattr(bodies, "_SINGLES", 5)
    bodies.main([])
    first, second, *streams, last = capsys.readouterr().out.splitlines()
    parts = f"all {NUMBER}, decoding {NUMBER}, the model {NUMBER}, writing the answer {NUMBER}"
    assert re.fullmatch(
        rf"iris: 500 rows, 0.0 MB, answered with 0.1 MB: parsing {NUMBER} ms; times that: {parts}",
        first,
    )
    assert re.fullmatch(rf"iris: 5000 rows, 0.3 MB: {NUMBER} MB of memory, .* the answer", second)
    for stream, form in zip(streams, ("x-ndjson", "csv", "vnd.apache.arrow.stream"), strict=True):
        start = rf"iris: a stream of 10000 rows in \w+/{re.escape(form)}, "
        assert re.fullmatch(rf"{start}.*: {NUMBER} µs a row, .* memory", stream)
    assert re.fullmatch(r"iris: a row beside 4 lists of 5000 at a time: p50 .* ms", last)


def test_an_error_is_no_answer(tmp_path: Path) -> None:
    """Its time would say nothing."""
    case = prepare("iris", tmp_path)
    with bodies.serve(case) as service, closing(bodies.Client(service.port)) as client:
        with pytest.raises(ValueError, match="Expected status 200, got 422: "):
            client.send(b"[{}]")
        assert client.send(b"[%b]" % json.dumps(case.records[0]).encode()).startswith(b"[{")
