"""Plots as inline SVG, for a page that needs nothing but itself."""

from collections.abc import Sequence
from html import escape

import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT, MARGIN = 360, 280, 60
Points = NDArray[np.float64]


def scatter(x: Points, y: Points, labels: tuple[str, str], diagonal: bool = True) -> str:
    """Draw points, and the diagonal on which they would agree."""
    low, high = _range(np.concatenate([x, y])) if diagonal else _range(x)
    bottom, top = (low, high) if diagonal else _range(y)
    marks = [
        f'<circle cx="{_h(a, low, high):.1f}" cy="{_v(b, bottom, top):.1f}" r="2"/>'
        for a, b in zip(x, y, strict=True)
        if np.isfinite(a) and np.isfinite(b)
    ]
    line = _line([(low, low), (high, high)], (low, high), (bottom, top), "guide")
    return _svg(labels, (low, high), (bottom, top), [line if diagonal else "", *marks])


def bars(names: Sequence[str], counts: Sequence[int], labels: tuple[str, str]) -> str:
    """Draw one bar for each count, on a logarithmic scale, with the count over it."""
    top = np.log10(max([*counts, 1]) + 1) * 1.12
    step = (WIDTH - 2 * MARGIN) / max(len(names), 1)
    marks = []
    for place, (name, count) in enumerate(zip(names, counts, strict=True)):
        left = MARGIN + place * step
        y = _v(float(np.log10(count + 1)), 0.0, float(top))
        height = HEIGHT - MARGIN - y
        marks.append(
            f'<rect x="{left + 2:.1f}" y="{y:.1f}" width="{step - 4:.1f}" height="{height:.1f}"/>'
            f'<text x="{left + step / 2:.1f}" y="{y - 4:.1f}" class="c">{count:,}</text>'
            f'<text x="{left + step / 2:.1f}" y="{HEIGHT - MARGIN + 14}" class="c">'
            f"{escape(name)}</text>"
        )
    return _svg(labels, None, None, marks)


def curve(x: Points, y: Points, labels: tuple[str, str]) -> str:
    """Draw a line from (0, 0) to (1, 1) territory, with the diagonal beside it."""
    unit = (0.0, 1.0)
    points = list(zip(x.tolist(), y.tolist(), strict=True))
    marks = [
        _line([(0.0, 0.0), (1.0, 1.0)], unit, unit, "guide"),
        _line(points, unit, unit, "curve"),
        *(f'<circle cx="{_h(a, *unit):.1f}" cy="{_v(b, *unit):.1f}" r="3"/>' for a, b in points),
    ]
    return _svg(labels, unit, unit, marks)


def matrix(names: Sequence[str], counts: NDArray[np.int64]) -> str:
    """Draw a table of counts, shaded by their share of the row."""
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    body = []
    for name, row in zip(names, counts, strict=True):
        total = max(int(row.sum()), 1)
        cells = "".join(
            f'<td style="--share:{count / total:.3f}">{count:,}</td>' for count in row.tolist()
        )
        body.append(f"<tr><th>{escape(name)}</th>{cells}</tr>")
    return f'<table class="matrix"><tr><th></th>{head}</tr>{"".join(body)}</table>'


def _svg(
    labels: tuple[str, str],
    x: tuple[float, float] | None,
    y: tuple[float, float] | None,
    marks: Sequence[str],
) -> str:
    low, high = MARGIN, HEIGHT - MARGIN
    parts = [
        (
            f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
            f'aria-label="{escape(labels[1])} against {escape(labels[0])}">'
        ),
        f'<path class="axis" d="M{MARGIN} {low}V{high}H{WIDTH - MARGIN}"/>',
        f'<text x="{WIDTH / 2}" y="{HEIGHT - 8}" class="c">{escape(labels[0])}</text>',
        f'<text x="{MARGIN - 30}" y="{MARGIN - 14}">{escape(labels[1])}</text>',
    ]
    for value, place in zip(x or (), (MARGIN, WIDTH - MARGIN), strict=False):
        parts.append(f'<text x="{place}" y="{high + 14}" class="c">{value:.3g}</text>')
    for value, place in zip(y or (), (high, low), strict=False):
        parts.append(f'<text x="{MARGIN - 5}" y="{place + 4}" class="e">{value:.3g}</text>')
    return "".join([*parts, *marks, "</svg>"])


def _line(
    points: Sequence[tuple[float, float]],
    x: tuple[float, float],
    y: tuple[float, float],
    kind: str,
) -> str:
    path = "L".join(f"{_h(a, *x):.1f} {_v(b, *y):.1f}" for a, b in points)
    return f'<path class="{kind}" d="M{path}"/>' if points else ""


def _range(values: Points) -> tuple[float, float]:
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
    margin = max(0.5, abs(low) / 2)
    return (low, high) if high > low else (low - margin, high + margin)


def _h(value: float, low: float, high: float) -> float:
    return MARGIN + (value - low) / (high - low) * (WIDTH - 2 * MARGIN)


def _v(value: float, low: float, high: float) -> float:
    return HEIGHT - MARGIN - (value - low) / (high - low) * (HEIGHT - 2 * MARGIN)
