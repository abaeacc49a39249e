"""`python -m benchmarks.bodies`: what long lists of rows cost, in time, memory and others' waiting.

A service runs in a process of its own. For each model it prints

- the CPU time for a list of 10,000 rows (1,000 of 300 columns), beside that of parsing the same
  bytes with `msgspec.json.decode`, and of that what the model takes and what writing the answer;
- how far a list of 100,000 rows (10,000 of 300 columns) raises the service's memory, beside the
  length of the list, and beside that of its answer;
- what a row of a stream takes, in JSON, CSV and Arrow, and all of it in memory;
- how long a single row takes to be answered while such lists are, four at a time.

Linux only.
"""

import asyncio
import csv
import http.client
import io
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, redirect_stdout
from pathlib import Path
from statistics import median, quantiles
from time import process_time
from typing import NamedTuple

import msgspec
import pyarrow as pa
import uvloop

from benchmarks.hotpath.drive import skiff
from benchmarks.serving.cases import Case, prepare
from runtime.artifact import locate
from runtime.predictor import Predictor

MODELS = Path(".cache/bench/models")
CASES = {"iris": 10_000, "penguins": 10_000, "wide": 1_000}
"""Rows of a list. Ten times as many are sent to see what they do to memory, and to others."""

_THOUSAND = 1000
_ROUNDS = 30
_LISTS = 4
_SINGLES = 2_000


class Service:
    """A service in a process of its own."""

    def __init__(self, pid: int, port: int) -> None:
        self.port = port
        self._proc = Path("/proc") / str(pid)

    def cpu_seconds(self) -> float:
        """Return the CPU time of all threads so far."""
        times = (self._proc / "task").glob("*/schedstat")
        return sum(int(each.read_text().split()[0]) for each in times) / 1e9

    def memory(self, field: str) -> int:
        """Return VmRSS, the memory at this time, or VmHWM, the most that it has been, in bytes."""
        lines = (self._proc / "status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{field}:"))

    def forget_peak(self) -> None:
        """Let VmHWM begin anew."""
        (self._proc / "clear_refs").write_text("5")


@contextmanager
def serve(case: Case) -> Iterator[Service]:
    """Serve a model until the block ends."""
    environ = {"PORT": "0", "ARTIFACTS": str(case.folder / "artifacts"), "LOG_FORMAT": "text"}
    command = [sys.executable, "-m", "runtime", "serve"]
    with (
        tempfile.NamedTemporaryFile("w+") as log,
        subprocess.Popen(command, env={**os.environ, **environ}, stdout=log) as process,
    ):
        address = ""
        while not address:
            time.sleep(0.05)
            _, _, address = Path(log.name).read_text().partition("running on http://")
        try:
            yield Service(process.pid, int(address.split()[0].rpartition(":")[2]))
        finally:
            process.terminate()


class Client:
    """A connection that is kept, for `contextlib.closing` to end."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port)

    def close(self) -> None:
        """Close it."""
        self._connection.close()

    def send(self, body: bytes) -> bytes:
        """Return the answer to a body. Raises ValueError for an error."""
        self._connection.request("POST", "/predict", body, {"Content-Type": "application/json"})
        with self._connection.getresponse() as response:
            content = response.read()
        if response.status != 200:
            raise ValueError(f"Expected status 200, got {response.status}: {content[:500]!r}.")
        return content


def measure_time(service: Service, client: Client, case: Case, count: int) -> str:
    """Compare a list's time with that of parsing it."""
    body = json.dumps(case.rows(count)).encode()
    predictor = Predictor.load(locate(case.folder / "artifacts" / case.name))
    tensors = predictor.codec.decode(body).tensors
    outputs = predictor.model.run(tensors)
    answer = client.send(body)
    works: dict[str, tuple[Callable[[], object], Callable[[], float]]] = {
        "parsing": (lambda: msgspec.json.decode(body), process_time),
        "all": (lambda: client.send(body), service.cpu_seconds),
        "decoding": (lambda: predictor.codec.decode(body), process_time),
        "the model": (lambda: predictor.model.run(tensors), process_time),
        "writing the answer": (lambda: predictor.codec.encode(outputs, False), process_time),
    }
    taken: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(_ROUNDS):
        for name, (work, clock) in works.items():
            work()  # what others did meanwhile has emptied the caches
            start = clock()
            work()
            taken[name].append(clock() - start)
    parsing, *others = (median(each) for each in taken.values())
    shares = ", ".join(
        f"{name} {each / parsing:.2f}" for name, each in zip(list(works)[1:], others, strict=True)
    )
    size = f"{len(body) / 1e6:.1f} MB, answered with {len(answer) / 1e6:.1f} MB"
    return f"{count} rows, {size}: parsing {1e3 * parsing:.1f} ms; times that: {shares}"


def measure_memory(service: Service, client: Client, case: Case, count: int) -> str:
    """Compare the memory that a list takes with its length."""
    first, body = (json.dumps(case.rows(rows)).encode() for rows in (1000, count))
    client.send(first)
    service.forget_peak()
    before = service.memory("VmRSS")
    answer = client.send(body)
    peak = service.memory("VmHWM") - before
    return (
        f"{count} rows, {len(body) / 1e6:.1f} MB: {peak / 1e6:.1f} MB of memory, "
        f"{peak / len(body):.2f} times the list, {peak / len(answer):.2f} times the answer"
    )


class Stream(NamedTuple):
    """A stream: its media type, what it begins with, and what it goes on with."""

    media_type: str
    begin: bytes
    rows: bytes
    """A thousand of them."""


def streams(case: Case) -> list[Stream]:
    """Write the rows of a case in every form."""
    rows = case.rows(_THOUSAND)
    lines = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, list(rows[0]))
    writer.writeheader()
    names = file.tell()
    writer.writerows(rows)
    text = file.getvalue()
    table = pa.RecordBatch.from_pylist(rows)
    schema, batch = (each.serialize().to_pybytes() for each in (table.schema, table))
    return [
        Stream("application/x-ndjson", b"", lines),
        Stream("text/csv", text[:names].encode(), text[names:].encode()),
        Stream("application/vnd.apache.arrow.stream", schema, batch),
    ]


def measure_stream(service: Service, stream: Stream, count: int) -> str:
    """Send a stream of so many rows, a thousand at a time, while its answers are read."""
    head = f"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: {stream.media_type}\r\n".encode()
    part = b"%x\r\n%b\r\n" % (len(stream.rows), stream.rows)
    first = stream.begin + stream.rows
    found = 0
    with socket.create_connection(("127.0.0.1", service.port)) as connection:

        def read() -> None:
            nonlocal found
            while data := connection.recv(2**20):
                found += len(data)

        reader = threading.Thread(target=read)
        reader.start()
        connection.sendall(
            b"%bTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n%x\r\n%b\r\n"
            % (head, len(first), first)
        )
        time.sleep(0.5)
        service.forget_peak()
        memory, seconds = service.memory("VmRSS"), service.cpu_seconds()
        for _ in range(count // _THOUSAND):
            connection.sendall(part)
        connection.sendall(b"0\r\n\r\n")
        reader.join()
    each = 1e6 * (service.cpu_seconds() - seconds) / count
    peak = (service.memory("VmHWM") - memory) / 1e6
    sent = len(stream.rows) * count / _THOUSAND / 1e6
    return (
        f"a stream of {count} rows in {stream.media_type}, {sent:.1f} MB, "
        f"answered with {found / 1e6:.1f} MB: {each:.1f} µs a row, {peak:.1f} MB of memory"
    )


def measure_waiting(case: Case, count: int) -> str:
    """Time single rows beside long lists, in this process and by its CPU time.

    So what other programs do to the machine, clients among them, does not count.
    """
    long, short = (
        b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
        for body in (json.dumps(sent).encode() for sent in (case.rows(count), case.rows(1)[0]))
    )

    async def run() -> list[float]:
        async with skiff(str(case.folder / "artifacts")) as connect:
            lists, single = [connect(1) for _ in range(_LISTS)], connect(1)
            crowd = [asyncio.create_task(each.send(long, _SINGLES)) for each in lists]
            taken = [await single.send(short, 1) for _ in range(_SINGLES)]
            for each in crowd:
                each.cancel()
            await asyncio.gather(*crowd, return_exceptions=True)
            return taken

    with tempfile.TemporaryFile("w+") as log, redirect_stdout(log):
        taken = uvloop.run(run())
    cuts = quantiles(taken, n=100)
    p50, p99, most = (f"{1e3 * each:.1f}" for each in (cuts[49], cuts[98], max(taken)))
    beside = f"a row beside {_LISTS} lists of {count} at a time"
    return f"{beside}: p50 {p50} ms, p99 {p99} ms, most {most} ms"


def main(names: Sequence[str]) -> None:
    """Measure the models of these names, or all."""
    for name in names or CASES:
        case, count = prepare(name, MODELS / name), CASES[name]
        for measure, rows in ((measure_time, count), (measure_memory, 10 * count)):
            with serve(case) as service, closing(Client(service.port)) as client:
                print(f"{name}: {measure(service, client, case, rows)}", flush=True)
        for stream in streams(case):
            with serve(case) as service:
                print(f"{name}: {measure_stream(service, stream, 20 * count)}", flush=True)
        print(f"{name}: {measure_waiting(case, 10 * count)}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
