"""What many pipelines have in common."""

from collections.abc import Callable
from typing import Any

from sklearn.compose import (
    ColumnTransformer,
)
from sklearn.ensemble import (
    RandomForestClassifier,
)
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    OneHotEncoder,
    StandardScaler,
)

from tests.export.deployed.tables import NUMBERS, STRINGS, Table

FEW = 6
"""How many trees are enough to prove what a hundred are."""


def prepared(
    numbers: Any = NUMBERS, strings: Any = STRINGS, *, dense: bool = False
) -> ColumnTransformer:
    """Return what most pipelines on a table begin with."""
    known = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    encoded = make_pipeline(
        SimpleImputer(strategy="most_frequent"),
        OneHotEncoder(handle_unknown="ignore", sparse_output=not dense),
    )
    return ColumnTransformer([("numbers", known, numbers), ("strings", encoded, strings)])


def ticket(vectorizer: Any) -> ColumnTransformer:
    """Return the same for texts beside numbers and strings."""
    return ColumnTransformer(
        [
            ("text", vectorizer, "text"),
            ("numbers", make_pipeline(SimpleImputer(), StandardScaler()), ["priority", "amount"]),
            ("source", OneHotEncoder(handle_unknown="ignore"), ["source"]),
        ]
    )


def forest() -> RandomForestClassifier:
    """Return a small forest."""
    return RandomForestClassifier(FEW, random_state=0)


Case = tuple[Any, Callable[[], Table]]
"""A pipeline to fit, and what on."""
