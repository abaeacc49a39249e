"""`python -m tests.verdicts [ESTIMATOR ...]`: measure the cases, and write docs/estimators.md.

With names of estimators, only their cases and those that the page lacks are measured, and the
others stay as the page has them. Where a graph answers otherwise than scikit-learn, the rows
are printed and nothing is written.
"""

import sys
from collections.abc import Sequence

import sklearn

from export.errors import ParityError
from tests.verdicts import catalogue
from tests.verdicts.cases import Case
from tests.verdicts.measure import measure
from tests.verdicts.outcome import Outcome
from tests.verdicts.page import PAGE, parse, render

DIFFERS = 1


def main(subjects: Sequence[str]) -> int:
    """Return 0, or 1 where a graph answers otherwise than scikit-learn."""
    kept = {each.key: each for each in parse(PAGE.read_text())} if subjects else {}
    kept = {key: outcome for key, outcome in kept.items() if key.subject not in subjects}
    outcomes = [kept.get(case.key) or _measured(case) for case in catalogue.CASES]
    found = [outcome for outcome in outcomes if outcome]
    if len(found) < len(outcomes):
        print(f"error: {len(outcomes) - len(found)} cases differ; nothing was written.")
        return DIFFERS
    PAGE.write_text(render(found, catalogue.UNANSWERING, sklearn.__version__))
    return 0


def _measured(case: Case) -> Outcome | None:
    """Measure a case and print what was found; None where the graph differs."""
    name = f"{case.key.subject} ({case.key.settings}) on {case.key.data}"
    try:
        outcome = measure(case)
    except ParityError as error:
        print(f"{name}: {error}", flush=True)
        return None
    print(f"{name}: {outcome.verdict}, {outcome.found}", flush=True)
    return outcome


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
