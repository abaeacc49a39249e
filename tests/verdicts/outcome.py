"""What became of a case, and the verdict on an estimator that follows from its cases."""

from collections.abc import Sequence
from dataclasses import dataclass

from tests.verdicts.cases import Key

WEAKER = ("exact", "within 4 ulp", "within 1e-12", "refused")
"""The verdicts, each weaker than the one before it."""


@dataclass(frozen=True)
class Outcome:
    """The verdict on one case."""

    key: Key
    verdict: str
    found: str
    """The greatest relative difference of any number, or why the case is refused."""
    rows: int = 0
    """How many rows were compared."""


def verdict_on(outcomes: Sequence[Outcome]) -> str:
    """Return "refused" if the first case, the usual one, is; else the weakest that converts."""
    if outcomes[0].verdict == "refused":
        return "refused"
    return max((o.verdict for o in outcomes if o.verdict != "refused"), key=WEAKER.index)


def greatest(outcomes: Sequence[Outcome]) -> str:
    """Return the greatest difference of the cases that convert."""
    return max((o.found for o in outcomes if o.verdict != "refused"), key=float, default="")
