"""`python -m benchmarks.scale FIGURE`: what one of the tables in docs/performance.md shows.

Prints the table; with `--write`, puts it into the page, with the machine and the date.
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks.scale import batching, latency, models, soak, workers
from benchmarks.scale.table import Row, table
from benchmarks.serving.contest import LOAD_CORE
from benchmarks.serving.errors import BenchmarkError
from benchmarks.serving.load import require_tools
from benchmarks.serving.machine import describe
from benchmarks.serving.report import measured, put

PAGE = Path("docs/performance.md")
FIGURES: Mapping[str, Callable[[int, float], Iterator[Row]]] = {
    "batching": batching.measure,
    "latency": latency.measure,
    "models": models.measure,
    "soak": soak.measure,
    "workers": workers.measure,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and where that is wished write."""
    options = _parser().parse_args(arguments)
    try:
        require_tools()
        os.sched_setaffinity(0, {LOAD_CORE})
        text = table(FIGURES[options.figure](options.rounds, options.seconds))
    except BenchmarkError as error:
        print(error, file=sys.stderr)
        return 1
    print(text, end="")
    if options.write:
        text = f"{text}\n{measured(describe())}.\n"
        put(PAGE, f"`python -m benchmarks.scale {options.figure}`", text)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("figure", choices=FIGURES)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0, help="of load, each time")
    parser.add_argument("--write", action="store_true", help=f"put the table into {PAGE}")
    return parser


if __name__ == "__main__":
    sys.exit(main())
