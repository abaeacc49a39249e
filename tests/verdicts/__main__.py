"""`python -m tests.verdicts`: measure every case and write docs/estimators.md, or say what fails.

With names of estimators, measure only those, print what was found, and write nothing.
"""

import sys
from collections.abc import Sequence

import sklearn

from export.errors import ParityError
from tests.verdicts import catalogue
from tests.verdicts.cases import Case
from tests.verdicts.measure import measure
from tests.verdicts.outcome import Outcome
from tests.verdicts.page import PAGE, render

DIFFERS = 1


def main(arguments: Sequence[str]) -> int:
    """Return 0, or 1 where a graph answers otherwise than scikit-learn: then nothing is written."""
    chosen = catalogue.of(arguments) if arguments else catalogue.CASES
    outcomes = [outcome for case in chosen if (outcome := _measured(case))]
    if len(outcomes) < len(chosen):
        print(f"error: {len(chosen) - len(outcomes)} cases differ; nothing was written.")
        return DIFFERS
    if not arguments:
        PAGE.write_text(render(outcomes, catalogue.UNANSWERING, sklearn.__version__))
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
