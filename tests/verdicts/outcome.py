"""What became of a case, and what follows for its estimator."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from tests.verdicts.cases import Key

VERDICTS = ("exact", "within 4 ulp", "within 1e-12", "refused")
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


def others(outcomes: Sequence[Outcome]) -> str:
    """Return how many of the cases after the first have which verdict."""
    count = Counter(outcome.verdict for outcome in outcomes[1:])
    return ", ".join(f"{count[verdict]} {verdict}" for verdict in VERDICTS if count[verdict])


def greatest(outcomes: Sequence[Outcome]) -> str:
    """Return the greatest difference of the cases that convert."""
    return max((o.found for o in outcomes if o.verdict != "refused"), key=float, default="")
