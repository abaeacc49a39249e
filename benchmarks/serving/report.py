"""The results as tables and plots: printed, and put into docs/performance.md."""

from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any

from benchmarks.serving.errors import BenchmarkError
from benchmarks.serving.results import Figures, Results
from benchmarks.serving.services import SERVICES

MADE_BY = "`make bench`"
HEADLINE = ("iris", "1 x 16")
_LIMIT, _OURS = "constant", "skiff"
_TITLES = {service.name: service.title for service in SERVICES}
_CASES = {
    "iris": "Iris: four numbers, logistic regression",
    "forest": "Breast cancer: 30 numbers, a forest of 100 trees",
    "penguins": "Penguins: numbers and strings, a forest of 100 trees",
    "wide": "300 numbers, logistic regression",
}


def tables(results: Results) -> str:
    """Return the tables of all results."""
    return "\n".join(_section(results, case) for case in _CASES if case in results.figures)


def write(results: Results, page: Path) -> None:
    """Put the tables of all results, and plots, between the marks of `page`."""
    plots = page.parent / "performance"
    plots.mkdir(exist_ok=True)
    links = []
    for case, title in _CASES.items():
        if case in results.figures:
            shapes = results.figures[case]
            shape = HEADLINE[1] if HEADLINE[1] in shapes else next(iter(shapes))
            plot = plots / f"{case}.svg"
            plot.write_text(_plot(f"CPU time per request, {_load(shape)}", shapes[shape]), "utf-8")
            links.append(f"![{title}](performance/{plot.name})\n")
    start = [summary(results)] if HEADLINE[0] in results.figures else []
    put(page, MADE_BY, "\n".join([_run(results), *start, *links, tables(results)]))


def summary(results: Results) -> str:
    """Return one table for those in a hurry: every service under one kind of load."""
    case, shape = HEADLINE
    model = _CASES[case].partition(":")[0]
    head = f"{model}, {_load(shape)} | CPU time of a request | beside Skiff | memory"
    lines = [f"| {head} | CPU time to start |", "| --- | ---: | ---: | ---: | ---: |"]
    figures, started = results.figures[case][shape], results.started[case]
    for name, each in figures.items():
        lines.append(
            f"| {_TITLES[name]} | {_time(each.cpu_us / 1e6)} | {_ratio(each, figures.get(_OURS))} "
            f"| {started[name].memory_mb:.0f} MB | {results.starts[name]:.1f} s |"
        )
    return "\n".join(lines) + "\n"


def put(page: Path, made_by: str, text: str) -> None:
    """Replace what a page has between the marks of a command.

    Raises BenchmarkError where the page has no such marks.
    """
    begin, end = f"<!-- measured: {made_by} -->\n", "<!-- /measured -->\n"
    before, found, rest = page.read_text(encoding="utf-8").partition(begin)
    if not found or end not in rest:
        marks = f"{begin.strip()} and {end.strip()}"
        raise BenchmarkError(f"Expected {page} to have the lines {marks}.")
    after = rest.partition(end)[2]
    page.write_text(f"{before}{begin}\n{text}\n{end}{after}", encoding="utf-8")


def measured(machine: Mapping[str, Any]) -> str:
    """Say when and on what something was measured."""
    return (
        f"Measured on {machine['date']}: {machine['processor']}, {machine['cores']} cores, "
        f"{machine['system']}"
    )


def _section(results: Results, case: str) -> str:
    lines = [f"### {_CASES[case]}", ""]
    lines.append(
        f"ONNX Runtime alone, called in a loop with one row: {results.loops[case]:.1f} µs."
    )
    for shape, figures in results.figures[case].items():
        lines += ["", *_table(shape, figures)]
        for service, reason in results.refused.get(case, {}).get(shape, {}).items():
            lines += ["", f"{_TITLES[service]} is not in this table: {reason}"]
    lines += ["", *_starts(results, case)]
    for service, reason in results.missing.get(case, {}).items():
        lines += ["", f"{_TITLES[service]} is in no table: {reason}"]
    return "\n".join(lines) + "\n"


def _table(shape: str, figures: Mapping[str, Figures]) -> Iterator[str]:
    yield (
        f"| {_load(shape)} | CPU per request | beside Skiff | beside the constant | requests/s "
        "| p50 | p99 |"
    )
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    ours, limit = figures.get(_OURS), figures.get(_LIMIT)
    for name, each in figures.items():
        yield (
            f"| {_TITLES[name]} | {_time(each.cpu_us / 1e6)} | {_ratio(each, ours)} "
            f"| {_ratio(each, limit)} | {each.rate:,.0f} | {_time(each.p50_ms / 1e3)} "
            f"| {_time(each.p99_ms / 1e3)} |"
        )


def _starts(results: Results, case: str) -> Iterator[str]:
    yield "| | first answer after the start | memory after all load |"
    yield "| --- | ---: | ---: |"
    for name, each in results.started[case].items():
        yield f"| {_TITLES[name]} | {each.first_answer_s:.1f} s | {each.memory_mb:.0f} MB |"


def _run(results: Results) -> str:
    versions = ", ".join(f"{name} {each}" for name, each in results.machine["versions"].items())
    return (
        f"{measured(results.machine)}; {versions}. {results.rounds} rounds of "
        f"{results.seconds:g} s.\n"
    )


def _load(shape: str) -> str:
    rows, _, connections = shape.partition(" x ")
    load = "one row" if rows == "1" else f"{int(rows):,} rows"
    return f"{load}, {connections} connection{'s' if connections != '1' else ''}"


def _ratio(figures: Figures, other: Figures | None) -> str:
    if other is None:
        return ""
    ratio = figures.cpu_us / other.cpu_us
    return f"{ratio:,.0f} x" if ratio >= 10 else f"{ratio:.2g} x"


def _time(seconds: float) -> str:
    """Return a time with three digits, in the unit that fits."""
    if seconds < 1e-3:
        return f"{seconds * 1e6:.0f} µs"
    return f"{seconds * 1e3:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"


def _plot(title: str, figures: Mapping[str, Figures]) -> str:
    """Return a chart of bars, shorter being better, as SVG."""
    longest = max(each.cpu_us for each in figures.values())
    bars = []
    for number, (name, each) in enumerate(figures.items()):
        y = 40 + 26 * number
        width = 400 * each.cpu_us / longest
        colour = "#0a7" if name == _OURS else "#999"
        bars.append(
            f'<text x="220" y="{y + 14}" text-anchor="end">{escape(_TITLES[name])}</text>'
            f'<rect x="230" y="{y}" width="{width:.1f}" height="18" fill="{colour}"/>'
            f'<text x="{236 + width:.1f}" y="{y + 14}">{_time(each.cpu_us / 1e6)}</text>'
        )
    height = 50 + 26 * len(figures)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 {height}" '
        f'font-family="sans-serif" font-size="13"><rect width="720" height="{height}" '
        f'fill="#fff"/><text x="10" y="22" font-size="15">{escape(title)}</text>'
        f"{''.join(bars)}</svg>\n"
    )
