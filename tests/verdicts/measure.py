"""One case, measured: fitted, exported, compared with scikit-learn, as a user's would be."""

import tempfile
import warnings
from pathlib import Path

from sklearn.base import clone
from sklearn.model_selection import train_test_split

from export.convert import BIT_FOR_BIT, FOUR_ULP
from export.errors import ConversionError
from export.pipeline import export_trained
from export.recipe import Trained
from tests.verdicts.cases import Case
from tests.verdicts.outcome import Outcome

_NAMES = {BIT_FOR_BIT: "exact", FOUR_ULP: "within 4 ulp"}


def measure(case: Case) -> Outcome:
    """Fit on three quarters of the rows, export, and return what parity found.

    Raises ParityError where the graph answers otherwise than scikit-learn: a case has a
    verdict or it has a bug.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trained = _trained(case)
        with tempfile.TemporaryDirectory() as folder:
            try:
                parity = export_trained(trained, Path(folder), "model").manifest.parity
            except ConversionError as error:
                return Outcome(case.key, "refused", error.reason)
    verdict = _NAMES.get(parity.tolerance, "within 1e-12")
    return Outcome(case.key, verdict, f"{parity.max_relative:.1e}", parity.rows)


def _trained(case: Case) -> Trained:
    """Fit a case's estimator on three quarters of its rows, and hold out the others."""
    X_train, X_test, *y = train_test_split(
        case.table, *([] if case.target is None else [case.target]), random_state=0
    )
    y_train, y_test = y or (None, None)
    return Trained(
        estimator=clone(case.estimator).fit(X_train, y_train),
        X_train=X_train,
        X_test=X_test,
        y_train=y_train,
        y_test=y_test,
    )
