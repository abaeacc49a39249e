"""The export's errors. Each takes data and composes its own message.

ExportError
├── RecipeError       a recipe that cannot be loaded, or returns what cannot be used
├── ConversionError   a step that has no exact form as ONNX
└── ParityError       the graph does not answer as scikit-learn does
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path


class ExportError(Exception):
    """Anything that `export` refuses, with a message for the person who can mend it."""


RECIPE = "recipe"
"""The place that an error names where it does not know which file it is about."""


class RecipeError(ExportError):
    """A recipe that cannot be loaded, or that returns what cannot be exported."""

    def __init__(self, recipe: Path | str, problem: str) -> None:
        super().__init__(f"{recipe}: {problem}")
        self.recipe = recipe
        self.problem = problem


@contextmanager
def naming(place: Path | str) -> Iterator[None]:
    """Have errors about what is exported name `place`, where they say "recipe" alone."""
    try:
        yield
    except RecipeError as error:
        if error.recipe != RECIPE:
            raise
        raise RecipeError(place, error.problem) from error


class ConversionError(ExportError):
    """A step of the estimator that cannot be expressed exactly, with its place and reason."""

    def __init__(self, steps: Sequence[str], estimator: object, reason: str) -> None:
        place = f"step {' > '.join(f'`{step}`' for step in steps)}: " if steps else ""
        super().__init__(f"{place}{type(estimator).__name__} cannot be converted: {reason}")
        self.steps = tuple(steps)
        self.estimator = estimator
        self.reason = reason


class ParityError(ExportError):
    """A graph that answers otherwise than scikit-learn, with the rows that show it, and advice."""

    def __init__(self, summary: str, worst: Sequence[str], advice: str = "") -> None:
        rows = "".join(f"\n  {row}" for row in worst)
        shown = (f" The worst rows:{rows}" if rows else "") + (f"\n{advice}" if advice else "")
        super().__init__(
            f"The graph does not answer as scikit-learn does: {summary}. "
            f"No artifact was written.{shown}"
        )
        self.worst = tuple(worst)
        self.advice = advice
