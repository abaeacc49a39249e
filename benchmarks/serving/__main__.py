"""`python -m benchmarks.serving`: every service, the same models, one core, in turns.

The server runs on one core, the load on another. Each round asks every service in turn, so
that whatever else the machine does hits all alike; the median of the rounds counts. The
figure to compare by is CPU time per request, of all processes of a service together: rates
swing threefold on shared machines.
"""

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from benchmarks.serving.cases import RECIPES, prepare
from benchmarks.serving.contest import LOAD_CORE, QUICK, SHAPES, Contest
from benchmarks.serving.errors import BenchmarkError
from benchmarks.serving.load import require_tools
from benchmarks.serving.machine import describe
from benchmarks.serving.report import HEADLINE, MADE_BY, put, summary, tables, write
from benchmarks.serving.results import Results
from benchmarks.serving.services import CACHE, SERVICES

RESULTS = Path("benchmarks/serving/results.json")
PAGE = Path("docs/performance.md")
README = Path("README.md")
QUICK_SERVICES = ("constant", "skiff", "tutorial")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and where everything was measured write the results and the page."""
    options = _parser().parse_args(arguments)
    part = options.quick or options.services
    wanted = options.services or (QUICK_SERVICES if options.quick else _names())
    cases = options.cases or (["iris"] if options.quick else list(RECIPES))
    contest = Contest(
        services=[each for each in SERVICES if each.name in wanted],
        shapes=[QUICK] if options.quick else SHAPES,
        rounds=options.rounds,
        seconds=options.seconds,
    )
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Stopped."))
    results = Results(machine=describe(), rounds=options.rounds, seconds=options.seconds)
    if options.cases and not part:
        results = _kept(results)
    try:
        require_tools()
        os.sched_setaffinity(0, {LOAD_CORE})
        for name in cases:
            contest.hold(prepare(name, CACHE / "models" / name), results)
            if not part:
                _keep(results)
    except BenchmarkError as error:
        print(error, file=sys.stderr)
        return 1
    print(tables(results))
    return 0


def _keep(results: Results) -> None:
    """Write what there is by now."""
    RESULTS.write_bytes(msgspec.json.format(msgspec.json.encode(results), indent=1))
    write(results, PAGE)
    if HEADLINE[0] in results.figures:
        put(README, MADE_BY, summary(results))


def _kept(new: Results) -> Results:
    """Return what was measured already of other models, if all else is the same."""
    if RESULTS.exists():
        old = msgspec.json.decode(RESULTS.read_bytes(), type=Results)
        if (old.machine, old.rounds, old.seconds) == (new.machine, new.rounds, new.seconds):
            return old
    return new


def _names() -> list[str]:
    return [each.name for each in SERVICES]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.serving", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one row of Iris, no peers")
    parser.add_argument(
        "--cases",
        nargs="+",
        choices=list(RECIPES),
        metavar="CASE",
        help="these models; others that were measured here and today are kept",
    )
    parser.add_argument(
        "--services",
        nargs="+",
        choices=_names(),
        metavar="SERVICE",
        help="these services, without writing anything",
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2.0, help="of load, each time")
    return parser


if __name__ == "__main__":
    sys.exit(main())
