"""The parity report as a page for people: self-contained, the same inputs the same bytes."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix

from export.plots import bars, curve, matrix, scatter
from export.reference import Answers, as_labels
from runtime.comparison import ulp_distance
from runtime.manifest import Agreement, Manifest

MOST_POINTS = 400
MOST_CLASSES = 20
ULP_BINS = (("0", 0), ("1", 1), ("2-4", 4), ("5-16", 16), ("17-256", 256), (">256", 2**64 - 1))
STYLE = """
:root{color-scheme:light dark;--ink:light-dark(#1b2733,#e4e9ee);--quiet:light-dark(#5b6b7a,#9aa8b5);
--line:light-dark(#d5dde4,#3a4650);--mark:light-dark(#0b6e99,#58b4dd);--page:light-dark(#fff,#161c22)}
body{font:15px/1.5 system-ui,sans-serif;max-width:64rem;margin:2rem auto;padding:0 1rem;
color:var(--ink);background:var(--page)}
h1{margin-bottom:0}h2{margin-top:2rem;font-size:1.1rem}.quiet{color:var(--quiet)}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{padding:.25rem .6rem;text-align:right;border-bottom:1px solid var(--line)}
th:first-child{text-align:left}.plots{display:flex;flex-wrap:wrap;gap:1.5rem}
figure{margin:0;width:360px;max-width:100%}figcaption{color:var(--quiet)}
svg{width:100%;font-size:11px}svg text{fill:var(--quiet)}.c{text-anchor:middle}.e{text-anchor:end}
.axis,.guide,.curve{fill:none;stroke:var(--line)}.guide{stroke-dasharray:4 3}
.curve{stroke:var(--mark);stroke-width:2}circle,rect{fill:var(--mark);fill-opacity:.6}
.matrix td{background:color-mix(in srgb,var(--mark) calc(var(--share)*60%),transparent)}
code{overflow-wrap:anywhere}
"""


@dataclass(frozen=True)
class Observed:
    """One group's answers: scikit-learn's, and the graph's."""

    group: str
    expected: Answers
    actual: Answers


def render(manifest: Manifest, observed: Sequence[Observed], truth: Any) -> str:
    """Return the page: what was compared, how it agreed, and how good the model is.

    `truth` is the target of the held-out rows, or None.
    """
    parity = manifest.parity
    allowed = "bit for bit" if parity.tolerance == 0 else f"within {parity.tolerance:g} relative"
    title = f"{manifest.title}: {manifest.name}, version {manifest.version}"
    metrics = ", ".join(f"{name} {value:.4g}" for name, value in manifest.metrics.items())
    plots = [*_agreement(observed), *_quality(manifest, observed, truth)]
    return "\n".join(
        [
            f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>',
            f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style>',
            f"<h1>{escape(manifest.title)}</h1>",
            (
                f'<p class="quiet">{escape(manifest.name)}, version {manifest.version} · '
                f"{escape(manifest.task)} · {escape(metrics)}</p>"
            ),
            (
                f"<p>The graph was compared with scikit-learn on <b>{parity.rows:,} rows</b>: "
                f"<b>{parity.label_mismatches}</b> labels differ, and the greatest relative "
                f"difference is <b>{parity.max_relative:.2g}</b>; demanded: {allowed}.</p>"
            ),
            _table(parity.groups),
            f'<div class="plots">{"".join(plots)}</div>',
            _worst(parity.groups),
            "<h2>Estimator</h2>",
            f"<p><code>{escape(manifest.provenance.estimator)}</code></p></html>",
        ]
    )


def _table(groups: Sequence[Agreement]) -> str:
    rows = "".join(
        f"<tr><th>{escape(g.group)}</th><td>{g.rows:,}</td><td>{g.label_mismatches}</td>"
        f"<td>{g.max_absolute:.2g}</td><td>{g.max_relative:.2g}</td><td>{g.max_ulp:,}</td></tr>"
        for g in groups
    )
    head = (
        "<th>rows</th><th>count</th><th>other labels</th><th>greatest absolute</th>"
        "<th>greatest relative</th><th>ulp</th>"
    )
    return f"<h2>Rows</h2><table><tr>{head}</tr>{rows}</table>"


def _worst(groups: Sequence[Agreement]) -> str:
    worst = [
        f"<li>{escape(g.group)} ({g.max_ulp:,} ulp): <code>{escape(str(g.worst))}</code></li>"
        for g in groups
        if g.worst is not None
    ]
    if not worst:
        return "<h2>Worst rows</h2><p>There are none: no bit differs.</p>"
    return f"<h2>Worst rows</h2><ul>{''.join(worst)}</ul>"


def _agreement(observed: Sequence[Observed]) -> list[str]:
    """Plot the numbers against each other, and how far they are apart."""
    pairs = [
        (expected.ravel(), each.actual[name].ravel())
        for each in observed
        for name, expected in each.expected.items()
        if expected.dtype.kind == "f"
    ]
    if not pairs:
        return []
    expected = np.concatenate([pair[0] for pair in pairs])
    actual = np.concatenate([pair[1] for pair in pairs])
    ulp = ulp_distance(expected, actual)
    counts, before = [], -1
    for _, last in ULP_BINS:
        inside = (ulp <= np.uint64(last)) & ((ulp > np.uint64(before)) if before >= 0 else True)
        counts.append(int(inside.sum()))
        before = last
    some = _evenly(len(pairs[0][0]))
    names = [name for name, _ in ULP_BINS]
    return [
        _figure(
            scatter(pairs[0][0][some], pairs[0][1][some], ("scikit-learn", "graph")),
            "Agreement on held-out rows",
        ),
        _figure(bars(names, counts, ("ulp apart", "numbers")), "Differences, all rows"),
    ]


def _quality(manifest: Manifest, observed: Sequence[Observed], truth: Any) -> list[str]:
    """Plot how good the model is on the held-out rows."""
    if truth is None or not observed:
        return []
    answers, true = observed[0].expected, np.asarray(truth)
    if any(len(true) != len(answer) for answer in answers.values()):
        return []  # rows were left out of parity, and it is not known here which
    classes = manifest.classes
    if manifest.task == "classification" and len(classes) <= MOST_CLASSES:
        return _classification(manifest, answers, as_labels(true))
    if manifest.task == "regression" and answers["prediction"].ndim == 1:
        predicted, some = answers["prediction"], _evenly(len(true))
        residuals = true.astype(np.float64) - predicted
        plot = scatter(predicted[some], residuals[some], ("prediction", "residual"), diagonal=False)
        return [_figure(plot, "Residuals on held-out rows")]
    return []


def _classification(manifest: Manifest, answers: Answers, true: NDArray[Any]) -> list[str]:
    names = [each.name for each in manifest.classes]
    labels = as_labels(np.array([each.label for each in manifest.classes]))
    counts = confusion_matrix(true, answers["label"], labels=labels)
    plots = [_figure(matrix(names, counts), "True class (rows) against answer (columns)")]
    if "probabilities" in answers:
        confidence = answers["probabilities"].max(axis=1)
        right = true == answers["label"]
        plots.append(_figure(_calibration(confidence, right), "Calibration of the answer"))
    return plots


def _calibration(confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> str:
    """Plot the share of right answers against the probability that was answered."""
    bins = np.minimum((confidence * 10).astype(int), 9)
    filled = [number for number in range(10) if (bins == number).any()]
    x = np.array([confidence[bins == number].mean() for number in filled])
    y = np.array([right[bins == number].mean() for number in filled])
    return curve(x, y, ("probability answered", "share right"))


def _figure(plot: str, caption: str) -> str:
    return f"<figure>{plot}<figcaption>{escape(caption)}</figcaption></figure>"


def _evenly(count: int) -> NDArray[np.int64]:
    return np.linspace(0, count - 1, min(count, MOST_POINTS)).astype(np.int64)
