"""`python -m benchmarks.image`: size, start and memory of our image beside the tutorial's.

Both are built by the same engine from the same base, and measured one after the other, turn
by turn. Biased in no one's favour but this: starting is measured with host networking, since
setting up a network takes engines longer than either service takes to start. Importing numpy
and ONNX Runtime is measured in the same turns, to judge a start by.
"""

import http.client
import json
import os
import socket
import sys
import tarfile
import tempfile
import time
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from image import base
from image.build import BESIDE
from image.engine import Engine, EngineError, find

HERE = Path(__file__).parent
TUTORIAL = "skiff-tutorial"
STARTS = 5
REQUESTS = 10_000
PYTHON = "/opt/skiff/bin/python3"
IMPORTS = """
from time import perf_counter, process_time
began, used = perf_counter(), process_time()
import numpy, onnxruntime
print(perf_counter() - began, process_time() - used)
"""
"""The part of a start that no service of ours can save."""
BODY = json.dumps({"feature1": 5.1, "feature2": 3.5, "feature3": 1.4, "feature4": 0.2})
MEGABYTE = 1e6


@dataclass(frozen=True)
class Measured:
    """What one image costs."""

    image: str
    size_mb: float
    """The layers, uncompressed."""
    compressed_mb: float
    """The layers as gzip makes them, level 6: what is pulled."""
    first_answer_s: float
    """From the engine's start to the first answered prediction; the median."""
    start_cpu_s: float
    """Processor time of all processes until then: steady where a machine is busy."""
    idle_mb: float
    """Resident memory of all processes after the first answer."""
    memory_mb: float
    """The same after 10,000 requests."""


def main() -> int:
    """Build the tutorial's image, measure both, print a table and write it as JSON."""
    try:
        engine = find()
        engine.build(
            HERE / "tutorial",
            f"--build-arg=PYTHON_IMAGE={base.choose(engine)}",
            f"--tag={TUTORIAL}",
        )
        images = ["ml-api", TUTORIAL]
        starts: dict[str, list[float]] = {image: [] for image in images}
        overheads, imports, import_cpus = [], [], []
        for _ in range(STARTS):
            overheads.append(empty_run(engine))
            seconds, cpu = import_time(engine)
            imports.append(seconds)
            import_cpus.append(cpu)
            for image in images:
                with serving(engine, image) as (_, _, seconds):
                    starts[image].append(seconds)
        measured = [measure(engine, image, median(starts[image])) for image in images]
    except EngineError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    report = {
        "engine_s": round(median(overheads), 3),
        "import_s": round(median(imports), 3),
        "import_cpu_s": round(median(import_cpus), 3),
        "images": [vars(each) for each in measured],
    }
    BESIDE.mkdir(parents=True, exist_ok=True)
    (BESIDE / "measured.json").write_text(json.dumps(report, indent=2) + "\n")
    print(table(measured))
    print(beside(measured[0], median(overheads), median(imports), median(import_cpus)))
    return 0


def measure(engine: Engine, image: str, first_answer: float) -> Measured:
    """Measure an image's size, and its memory before and after 10,000 requests."""
    size = int(engine.ask("image", "inspect", "--format", "{{.Size}}", image))
    with serving(engine, image) as (container, port, _):
        process = int(engine.ask("inspect", "--format", "{{.State.Pid}}", container))
        start_cpu, idle = processor_time(process), resident(process)
        with closing(http.client.HTTPConnection("127.0.0.1", port)) as connection:
            for _ in range(REQUESTS):
                ask(connection)
        used = resident(process)
    return Measured(
        image,
        round(size / MEGABYTE, 1),
        round(compressed(engine, image) / MEGABYTE, 1),
        round(first_answer, 3),
        round(start_cpu, 2),
        round(idle / MEGABYTE, 1),
        round(used / MEGABYTE, 1),
    )


@contextmanager
def serving(engine: Engine, image: str) -> Iterator[tuple[str, int, float]]:
    """Run an image until it has answered; yields container, port and how long that took."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [] if image != TUTORIAL else ["uvicorn", "main:app", "--port", str(port)]
    began = time.perf_counter()
    with engine.running(
        image, "--network=host", f"--env=PORT={port}", command=command
    ) as container:
        while True:
            try:
                with closing(http.client.HTTPConnection("127.0.0.1", port)) as connection:
                    ask(connection)
                break
            except OSError:
                if time.perf_counter() - began > 60:
                    raise EngineError(f"{image}: {engine.ask('logs', container)}") from None
                time.sleep(0.001)  # between two looks
        yield container, port, time.perf_counter() - began


def ask(connection: http.client.HTTPConnection) -> None:
    """Send the Iris request. Raises EngineError for another answer than 200."""
    connection.request("POST", "/predict", BODY, {"content-type": "application/json"})
    response = connection.getresponse()
    answer = response.read()
    if response.status != 200:
        raise EngineError(f"The request was answered {response.status}: {answer.decode()}")


def empty_run(engine: Engine) -> float:
    """Time the engine running a program that does nothing, in our image."""
    began = time.perf_counter()
    python = ("--network=host", f"--entrypoint={PYTHON}")
    with engine.running("ml-api", *python, command=["-I", "-S", "-c", "pass"]):
        return time.perf_counter() - began


def import_time(engine: Engine) -> tuple[float, float]:
    """Return the seconds, and those of processor time, that the imports take in our image."""
    python = ("--network=host", f"--entrypoint={PYTHON}", "ml-api", "-I", "-S", "-c", IMPORTS)
    seconds, cpu = engine.ask("run", "--rm", *engine.run_options, *python).split()
    return float(seconds), float(cpu)


def resident(process: int) -> int:
    """Return the bytes of memory that a process and its children have in use (Linux)."""
    status = Path(f"/proc/{process}/status").read_text()
    fields = dict(line.split(":", 1) for line in status.splitlines())
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return int(fields["VmRSS"].split()[0]) * 1024 + sum(resident(int(each)) for each in children)


def processor_time(process: int) -> float:
    """Return the seconds of processor time that a process and its children have used (Linux)."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    used = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return used + sum(processor_time(int(each)) for each in children)


def compressed(engine: Engine, image: str) -> int:
    """Return the bytes of an image's layers after gzip."""
    total = 0
    with tempfile.TemporaryDirectory() as folder:
        engine.ask("save", "--output", f"{folder}/image.tar", image)
        with tarfile.open(f"{folder}/image.tar") as archive:
            for member in archive:
                layer = archive.extractfile(member) if member.isfile() else None
                if layer is None or not member.name.endswith((".tar", "layer")):
                    continue
                gzip = zlib.compressobj(6, zlib.DEFLATED, 31)
                while block := layer.read(1 << 20):
                    total += len(gzip.compress(block))
                total += len(gzip.flush())
    return total


def table(measured: list[Measured]) -> str:
    """Format the figures as a Markdown table."""
    rows = [
        (
            "| image | size | compressed | first answer | processor time until then | memory "
            "| after 10,000 requests |"
        ),
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    rows += [
        f"| {each.image} | {each.size_mb} MB | {each.compressed_mb} MB | {each.first_answer_s} s "
        f"| {each.start_cpu_s} s | {each.idle_mb} MB | {each.memory_mb} MB |"
        for each in measured
    ]
    return "\n".join(rows)


def beside(ours: Measured, engine: float, imports: float, import_cpu: float) -> str:
    """Judge our start by what this machine takes for what cannot be saved."""
    answer = ours.first_answer_s
    return (
        f"In our image importing numpy and ONNX Runtime alone takes {imports:.2f} s, "
        f"{import_cpu:.2f} s of it processor time. The first answer takes {answer / imports:.1f} "
        f"times that; without the {engine:.2f} s that the engine takes for an empty program "
        f"{(answer - engine) / imports:.1f} times; and {ours.start_cpu_s / import_cpu:.1f} times "
        "the processor time. The target, 0.5 s beside 0.15 s, is 3.3 times."
    )


if __name__ == "__main__":
    sys.exit(main())
