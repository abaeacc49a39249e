"""Figures as a Markdown table."""

from collections.abc import Iterable

Row = tuple[str, ...]


def table(rows: Iterable[Row]) -> str:
    """Return a table whose first row is its head; all columns but the first are numbers."""
    head, *body = rows
    lines = [head, ("---", *["---:"] * (len(head) - 1)), *body]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def microseconds(value: float) -> str:
    """Return a time in microseconds."""
    return f"{value:,.0f} µs"


def milliseconds(value: float) -> str:
    """Return a time of milliseconds."""
    return f"{value:.3g} ms"


def megabytes(value: float) -> str:
    """Return a number of bytes in megabytes."""
    return f"{value / 1e6:,.1f} MB"
