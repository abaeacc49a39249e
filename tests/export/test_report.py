"""The report is one page that needs nothing else."""

import re
from pathlib import Path

import numpy as np
from sklearn.datasets import load_diabetes, load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from export import export
from export.observed import Observed
from export.parity import Compared
from export.report import ALREADY, ASKED, render
from runtime.manifest import Parity
from tests.export.conftest import Built, Prove


def test_the_page_is_self_contained_and_says_what_was_compared(built: Built) -> None:
    """No script, no address; every group, the numbers and the plots are there."""
    page = (built.exported.path / "report.html").read_text()
    parity = built.exported.manifest.parity
    assert not re.search(r"<script|https?://|src=|@import|url\(", page)
    assert f"<b>{parity.rows:,} rows</b>" in page
    assert all(f"<th>{group.group}</th>" in page for group in parity.groups)
    assert all(f"<td>{asked}</td>" in page for asked in _asked(parity))
    captions = re.findall("<figcaption>(.*?)</figcaption>", page)
    assert captions == [
        "Agreement on held-out rows",
        "Differences, all rows",
        "True class (rows) against answer (columns)",
        "Calibration of the answer",
    ]


def _asked(parity: Parity) -> list[str]:
    groups = [each.group for each in parity.groups]
    return [ALREADY if name.startswith("in batches of") else ASKED[name] for name in groups]


def test_the_confusion_matrix_counts_the_held_out_rows(built: Built) -> None:
    """The cells of the matrix add up to the rows held out."""
    page = (built.exported.path / "report.html").read_text()
    cells = re.findall(r'<td style="--share:[\d.]+">(\d+)</td>', page)
    assert sum(map(int, cells)) == built.exported.held_out_rows


def test_a_regressor_shows_its_residuals(prove: Prove) -> None:
    """A model of numbers has residuals in place of a matrix."""
    exported = prove(DecisionTreeRegressor(max_depth=3), *load_diabetes(return_X_y=True))
    page = (exported.path / "report.html").read_text()
    assert "Residuals on held-out rows" in page
    assert "There are none: no bit differs." in page


def test_held_out_rows_of_classes_that_were_never_trained_have_no_matrix(tmp_path: Path) -> None:
    """There is nothing to count, and a page without it."""
    X, y = load_iris(return_X_y=True)
    model = DecisionTreeClassifier().fit(X[:100], y[:100])
    held_out = {"X_test": X[100:], "y_test": y[100:]}
    exported = export(model, X[:100], y[:100], name="model", out=tmp_path, **held_out)
    assert exported.manifest.metrics == {"accuracy": 0}
    assert "True class" not in (exported.path / "report.html").read_text()


def test_a_difference_is_counted_and_its_row_named(built: Built) -> None:
    """One number two ulp off stands in its bin of the histogram."""
    expected = {"probabilities": np.array([[0.25, 0.75]])}
    off = np.nextafter(np.nextafter(0.25, 1), 1)
    actual = {"probabilities": np.array([[off, 0.75]])}
    observed = Observed(None)
    observed.watch(Compared("held-out", 1, np.zeros(1, np.int64), [], expected, actual))
    page = render(built.exported.manifest, observed)
    assert re.findall(r'class="c">([\d,]+)</text><text', page) == ["1", "0", "1", "0", "0", "0"]


def test_names_are_escaped(prove: Prove) -> None:
    """A title is text, never markup."""
    X = np.arange(40.0).reshape(-1, 1)
    exported = prove(LogisticRegression(), X, X[:, 0] > 20, title="<script>alert(1)</script>")
    assert "<script" not in (exported.path / "report.html").read_text()
