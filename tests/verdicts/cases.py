"""What a case is: an estimator with its settings, and the data that it is measured on."""

import re
from dataclasses import dataclass
from typing import Any

from tests.verdicts.data import data

_NOISE = re.compile(r",? ?\b(random_state|max_iter|n_init|n_jobs)=\d+")


@dataclass(frozen=True)
class Key:
    """What tells one case from all others, as the page names it."""

    subject: str
    """The class that the verdict is on: that of the estimator, or of a step inside it."""
    settings: str
    """What differs from the defaults; empty for the defaults."""
    data: str
    """The name of the data."""


@dataclass(frozen=True)
class Case:
    """One estimator, not fitted yet, and the data that it is fitted on."""

    estimator: Any
    key: Key

    @property
    def table(self) -> Any:
        """The features."""
        return data(self.key.data)[0]

    @property
    def target(self) -> Any:
        """The target; None where there is none."""
        return data(self.key.data)[1]


def cases(name: str, *estimators: Any, subject: str = "") -> list[Case]:
    """Return a case for each estimator, on the data `name`."""
    made = []
    for each in estimators:
        judged = subject or type(each).__name__
        made.append(Case(each, Key(judged, _settings(each, judged), name)))
    return made


def _settings(estimator: Any, subject: str) -> str:
    """Return an estimator's settings as Python, without those that only make it repeatable."""
    text = " ".join(estimator.__repr__(N_CHAR_MAX=10_000).split())
    if type(estimator).__name__ == subject:
        text = text.removeprefix(f"{subject}(").removesuffix(")")
    text = re.sub(r"<(?:ufunc|function) '?(\w+)'?[^>]*>", r"\1", text)
    text = re.sub(r"<class '([\w.]+)'>", r"\1", text)
    text = re.sub(r"<[\w.]*?(\w+) object at \w+>", r"\1()", text)
    return _NOISE.sub("", text).removeprefix(", ").replace("(, ", "(")
