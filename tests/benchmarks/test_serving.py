"""Tests of benchmarks.serving: what it measures with must be right, and refuse what is not."""

import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.serving import report
from benchmarks.serving.cases import records
from benchmarks.serving.contest import check
from benchmarks.serving.errors import BenchmarkError, TooShortError
from benchmarks.serving.load import Load, nearest, queue
from benchmarks.serving.process import Request, Server
from benchmarks.serving.results import Figures, Results, Started
from benchmarks.serving.services import SERVICES
from benchmarks.serving.turns import awake, take_turns

SERVICE = """
import http.server, os, subprocess, sys

class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        sum(range(3_000_000))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"done")

# A process of its own session, as daemons are.
command = [sys.executable, "-c", "input()"]
child = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)
print(child.pid, flush=True)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def test_a_server_is_its_whole_tree(tmp_path: Path) -> None:
    """CPU time and memory count all of it, and nothing of it is left."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    log = tmp_path / "log"
    server = Server([sys.executable, "-c", SERVICE, str(port)], {}, log, "0")
    try:
        request = Request(f"http://127.0.0.1:{port}/", b"")
        seconds, body = server.first_answer(request)
        assert seconds > 0
        assert body == b"done"
        before = server.cpu_seconds()
        for _ in range(10):
            server.first_answer(request)
        assert server.cpu_seconds() > before
        child = int(log.read_text().split()[0])
        assert server.pids() > {child}
        assert server.memory_bytes() > 5e6
    finally:
        server.stop()
    assert server.pids() == set()


def test_a_server_that_is_paused_uses_no_core(tmp_path: Path) -> None:
    """Until it goes on, and answers again; it can be stopped in either state."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = Server([sys.executable, "-c", SERVICE, str(port)], {}, tmp_path / "log", "0")
    try:
        request = Request(f"http://127.0.0.1:{port}/", b"")
        server.first_answer(request)
        server.pause()
        states = {
            Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
            for pid in server.pids()
        }
        assert states == {"T"}
        with awake(server):
            assert queue(request, 0).requests == 1
    finally:
        server.stop()
    assert server.pids() == set()


def test_servers_take_turns_and_medians_count(tmp_path: Path) -> None:
    """Without the warm-up; a slow one gets longer turns, one that refuses is left out."""
    server = Server([sys.executable, "-c", "input()"], {}, tmp_path / "log", "0")
    refused = []
    rates = iter([1.0, 30.0, 20.0, 40.0])
    turns = []

    def press(seconds: float) -> Load:
        turns.append(seconds)
        if seconds < 4:
            raise TooShortError("slow")
        rate = next(rates)
        return Load(rate, 1.0, p50_ms=rate, p99_ms=2 * rate, max_ms=99, refused=0, broken=0)

    def refuse(_: float) -> Load:
        raise BenchmarkError("no")

    try:
        figures = take_turns(
            {"good": server, "bad": server},
            {"good": press, "bad": refuse},
            rounds=3,
            seconds=1,
            refused=lambda name, error: refused.append((name, str(error))),
        )
    finally:
        server.stop()
    assert refused == [("bad", "no")]
    assert turns == [1, 2, 4, 8, 8, 8]
    assert {name: (each.rate, each.p50_ms, each.p99_ms) for name, each in figures.items()} == {
        "good": (30.0, 30.0, 60.0)
    }


def test_percentiles_are_of_the_nearest_rank() -> None:
    """One of the numbers; of a few the last is the 99th."""
    numbers = [float(number) for number in range(1, 201)]
    assert (nearest(numbers, 0.5), nearest(numbers, 0.99)) == (100.0, 198.0)
    assert (nearest([7.0], 0.5), nearest([7.0, 8.0], 0.99)) == (7.0, 8.0)


def test_a_server_that_ends_is_said_to_have_failed(tmp_path: Path) -> None:
    """With the place of its log."""
    log = tmp_path / "log"
    server = Server([sys.executable, "-c", "raise SystemExit('no')"], {}, log, "0")
    with pytest.raises(BenchmarkError) as caught:
        server.first_answer(Request("http://127.0.0.1:9/", b""))
    server.stop()
    assert str(caught.value) == f"It did not start; see {log}."
    assert log.read_text() == "no\n"


def test_a_service_must_answer_as_scikit_learn_does() -> None:
    """Whatever the shape of its answer."""
    service = SERVICES[1]
    check(service, 2, b'{"predictions": [2], "a": "b"}')
    check(service, "Adelie", b'[{"prediction": "Adelie"}]')
    with pytest.raises(BenchmarkError) as caught:
        check(service, 2, b'{"predictions": [1]}')
    assert str(caught.value) == "Expected Skiff to answer 2, got b'{\"predictions\": [1]}'."


def test_the_page_has_tables_and_plots(tmp_path: Path) -> None:
    """Between its marks; what people wrote around them stays."""
    page = tmp_path / "performance.md"
    marks = ("<!-- measured: `make bench` -->\n", "<!-- /measured -->\n")
    page.write_text("# Before\n{}old\n{}# After\n".format(*marks))
    machine = {"date": "2026-01-01", "processor": "a CPU", "cores": 2, "system": "Linux"}
    results = Results(machine={**machine, "versions": {"numpy": "2"}}, rounds=3, seconds=2.0)
    results.loops["iris"] = 8.0
    results.missing["iris"] = {"ray": "no wheel"}
    results.refused["iris"] = {"1 x 16": {"mlflow": "One request took 30 s."}}
    for name, cpu in (("constant", 50.0), ("skiff", 70.0), ("tutorial", 1400.0)):
        results.add("iris", "1 x 16", name, Figures(cpu, 10_000.0, 1.0, 2.0))
        results.starts[name] = 0.3
        results.started.setdefault("iris", {})[name] = Started(0.4, 50.0)
    report.write(results, page)
    text = page.read_text()
    assert text.startswith("# Before\n")
    assert text.endswith("# After\n")
    assert "old" not in text
    assert "| Skiff | 70 µs | 1 x | 1.4 x | 10,000 | 1 ms | 2 ms |\n" in text
    assert "| FastAPI + joblib, the tutorial | 1.4 ms | 20 x | 28 x |" in text
    assert "Ray Serve is in no table: no wheel\n" in text
    assert "MLflow is not in this table: One request took 30 s.\n" in text
    assert "a CPU, 2 cores, Linux; numpy 2. 3 rounds of 2 s." in text
    assert report.summary(results).splitlines()[2:4] == [
        "| uvicorn answering a constant | 50 µs | 0.71 x | 50 MB | 0.3 s |",
        "| Skiff | 70 µs | 1 x | 50 MB | 0.3 s |",
    ]
    assert "| Skiff | 0.4 s | 50 MB |\n" in text
    assert "<svg" in (tmp_path / "performance/iris.svg").read_text()


def test_a_page_without_the_marks_is_refused(tmp_path: Path) -> None:
    """Rather than written over."""
    page = tmp_path / "page.md"
    page.write_text("# Before\n")
    with pytest.raises(BenchmarkError) as caught:
        report.put(page, "`a command`", "text")
    assert str(caught.value) == (
        f"Expected {page} to have the lines <!-- measured: `a command` --> and <!-- /measured -->."
    )
    assert page.read_text() == "# Before\n"


def test_rows_are_sent_with_null_for_what_is_missing() -> None:
    """Of an array, the columns are named as the export names them."""
    table = pd.DataFrame({"a": [1.5, np.nan], "b": ["x", None]})
    assert records(table) == [{"a": 1.5, "b": "x"}, {"a": None, "b": None}]
    assert records(np.array([[1.0, 2.0]])) == [{"feature1": 1.0, "feature2": 2.0}]


def test_missing_tools_are_named() -> None:
    """With the command that installs them."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.serving", "--quick"],
        env={"PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == (
        "Expected the command wrk on the PATH. On Debian and Ubuntu: sudo apt-get install wrk\n"
    )
