"""The parity report as a page for people: self-contained, the same inputs the same bytes."""

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix

from export.group import evenly
from export.observed import MOST_POINTS, ULP_BINS, Observed
from export.plots import bars, curve, matrix, scatter
from export.reference import as_labels
from runtime.manifest import Agreement, Manifest
from runtime.summary import left_out, tried

MOST_CLASSES = 20
ASKED = {
    "held-out": "as they are",
    "training": "some of those that it was fitted on, as they are",
    "random": "any numbers over three times the range of training",
    "in range": "any numbers in the range of training",
    "boundaries": "pairs on both sides of a decision, found by bisection",
    "missing": "without one of the features that may be missing",
    "missing together": "without any of them",
    "unseen": "with a category that was never seen",
    "texts": "with texts shuffled, and strange ones",
    "midpoints": "half-way between two others",
    "extremes": "with zeros, tiny and, where bits are promised, huge numbers",
    "thresholds": "on both sides of every threshold of a tree",
    "nodes": "the same, in each ensemble of trees by itself",
}
"""What the rows of each group are."""
ALREADY = "rows of the groups above, so many at once"
STYLE = """
:root{color-scheme:light dark;--ink:light-dark(#1b2733,#e4e9ee);--quiet:light-dark(#5b6b7a,#9aa8b5);
--line:light-dark(#d5dde4,#3a4650);--mark:light-dark(#0b6e99,#58b4dd);--page:light-dark(#fff,#161c22)}
body{font:15px/1.5 system-ui,sans-serif;max-width:64rem;margin:2rem auto;padding:0 1rem;
color:var(--ink);background:var(--page)}
h1{margin-bottom:0}h2{margin-top:2rem;font-size:1.1rem}.quiet{color:var(--quiet)}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{padding:.25rem .6rem;text-align:right;border-bottom:1px solid var(--line)}
th:first-child,.wide td:nth-child(2),.wide th:nth-child(2){text-align:left}
.wide{overflow-x:auto}.wide td:nth-child(2){min-width:15rem}
.wide th{white-space:nowrap}
.plots{display:flex;flex-wrap:wrap;gap:1.5rem}
figure{margin:0;width:360px;max-width:100%}figcaption{color:var(--quiet)}
svg{width:100%;font-size:11px}svg text{fill:var(--quiet)}.c{text-anchor:middle}.e{text-anchor:end}
.axis,.guide,.curve{fill:none;stroke:var(--line)}.guide{stroke-dasharray:4 3}
.curve{stroke:var(--mark);stroke-width:2}circle,rect{fill:var(--mark);fill-opacity:.6}
.matrix td{background:color-mix(in srgb,var(--mark) calc(var(--share)*60%),transparent)}
code{overflow-wrap:anywhere}
"""


def render(manifest: Manifest, observed: Observed) -> str:
    """Return the page: what was compared, how it agreed, and how good the model is."""
    parity = manifest.parity
    allowed = "bit for bit" if parity.tolerance == 0 else f"within {parity.tolerance:g} relative"
    title = f"{manifest.title}: {manifest.name}, version {manifest.version}"
    metrics = ", ".join(f"{name} {value:.4g}" for name, value in manifest.metrics.items())
    plots = [*_agreement(observed), *_quality(manifest, observed)]
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
                "<p>The graph answers as scikit-learn does. They were compared on "
                f"<b>{parity.rows:,} rows</b>: <b>{parity.label_mismatches}</b> labels differ, "
                "and the greatest relative "
                f"difference is <b>{parity.max_relative:.2g}</b>; demanded: {allowed}.</p>"
            ),
            *(f"<p>{said}.</p>" for said in (left_out(parity), tried(parity)) if said),
            _table(parity.groups),
            "<h2>Answers</h2>" if plots else "",
            f'<div class="plots">{"".join(plots)}</div>',
            _worst(parity.groups),
            "<h2>Estimator</h2>",
            f"<p><code>{escape(manifest.provenance.estimator)}</code></p></html>",
        ]
    )


def _table(groups: Sequence[Agreement]) -> str:
    rows = "".join(
        f"<tr><th>{escape(g.group)}</th><td>{ASKED.get(g.group, ALREADY)}</td>"
        f"<td>{g.rows:,}</td><td>{g.left_out:,}</td><td>{g.label_mismatches}</td><td>{g.max_absolute:.2g}</td>"
        f"<td>{g.max_relative:.2g}</td><td>{g.max_ulp:,}</td></tr>"
        for g in groups
    )
    head = (
        "<th>group</th><th>its rows</th><th>count</th><th>left out</th><th>other labels</th>"
        "<th>absolute</th><th>relative</th><th>ulp</th>"
    )
    note = (
        "Differences are the greatest of any number; ulp are units in the last place. "
        "Left out are rows that scikit-learn refuses, or answers by chance."
    )
    return (
        f'<h2>What was compared</h2><div class="wide"><table><tr>{head}</tr>{rows}</table></div>'
        f'<p class="quiet">{note}</p>'
    )


def _worst(groups: Sequence[Agreement]) -> str:
    worst = [
        f"<li>{escape(g.group)} ({g.max_ulp:,} ulp): <code>{escape(str(g.worst))}</code></li>"
        for g in groups
        if g.worst is not None
    ]
    if not worst:
        return "<h2>Worst rows</h2><p>There are none: no bit differs.</p>"
    return f"<h2>Worst rows</h2><ul>{''.join(worst)}</ul>"


def _agreement(observed: Observed) -> list[str]:
    """Plot the numbers against each other, and how far they are apart."""
    expected, actual = observed.points
    if not len(expected):
        return []
    names, counts = [name for name, _ in ULP_BINS], observed.counts.tolist()
    return [
        _figure(scatter(expected, actual, ("scikit-learn", "graph")), "Agreement on held-out rows"),
        _figure(bars(names, counts, ("ulp apart", "numbers")), "Differences, all rows"),
    ]


def _quality(manifest: Manifest, observed: Observed) -> list[str]:
    """Plot how good the model is on the held-out rows."""
    if observed.held_out is None:
        return []
    truth, predicted, confidence = observed.held_out
    if manifest.task == "classification" and len(manifest.classes) <= MOST_CLASSES:
        return _classification(manifest, truth, predicted, confidence)
    if manifest.task == "regression" and predicted.ndim == 1:
        some = evenly(len(truth), MOST_POINTS)
        x, y = predicted[some], truth[some] - predicted[some]
        plot = scatter(x, y, ("prediction", "residual"), diagonal=False)
        return [_figure(plot, "Residuals on held-out rows")]
    return []


def _classification(
    manifest: Manifest,
    truth: NDArray[Any],
    predicted: NDArray[Any],
    confidence: NDArray[np.float64],
) -> list[str]:
    names = [each.name for each in manifest.classes]
    labels = as_labels(np.array([each.label for each in manifest.classes]))
    plots = []
    if np.isin(truth, labels).any():
        counts = confusion_matrix(truth, predicted, labels=labels)
        plots = [_figure(matrix(names, counts), "True class (rows) against answer (columns)")]
    if np.isfinite(confidence).all():
        plots.append(
            _figure(_calibration(confidence, truth == predicted), "Calibration of the answer")
        )
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
