"""Data of the kinds that people deploy models on, small enough to prove a pipeline in a second.

Nothing here knows the export.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from palmerpenguins import load_penguins
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_wine

NUMBERS = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"]
STRINGS = ["island", "sex"]


@dataclass(frozen=True)
class Table:
    """Rows to train on, and what to learn of them; None where there is nothing to learn."""

    X: Any
    y: Any = None


@cache
def penguins() -> Table:
    """Return numbers and strings, both with missing values, a year, and three species."""
    frame = load_penguins()
    return Table(frame[[*STRINGS, *NUMBERS, "year"]], frame["species"])


@cache
def categorical_penguins() -> Table:
    """Return the penguins with the dtypes that pandas has for categories and missing integers."""
    frame = penguins().X.assign(
        island=lambda f: f["island"].astype("category"),
        sex=lambda f: f["sex"].astype("category"),
        flipper_length_mm=lambda f: f["flipper_length_mm"].astype("Int64"),
        heavy=lambda f: (f["body_mass_g"] > 4_000).astype("boolean"),
    )
    return Table(frame, penguins().y == "Gentoo")


@cache
def body_mass() -> Table:
    """Return the penguins without their mass, and that."""
    known = penguins().X.assign(species=penguins().y).dropna(subset=["body_mass_g"])
    return Table(known.drop(columns="body_mass_g"), known["body_mass_g"])


@cache
def species_and_sex() -> Table:
    """Return what was measured, and two targets to tell from it."""
    known = penguins().X.assign(species=penguins().y).dropna()
    return Table(known[["island", *NUMBERS]], known[["species", "sex"]])


@cache
def wine() -> Table:
    """Return thirteen measurements of three wines, as a plain array."""
    return Table(*load_wine(return_X_y=True))


@cache
def tumours() -> Table:
    """Return ten measurements of tumours, and their names."""
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    return Table(X.iloc[:, :10], y.map({0: "malignant", 1: "benign"}))


@cache
def diabetes() -> Table:
    """Return ten numbers of patients, the sex being 1 or 2, and how the disease progressed."""
    return Table(*load_diabetes(return_X_y=True, as_frame=True, scaled=False))


@cache
def digits() -> Table:
    """Return images of digits, 64 numbers each."""
    X, y = load_digits(return_X_y=True)
    return Table(X[:300], y[:300])


@cache
def letters() -> Table:
    """Return lines of text, and whether each is long."""
    lines = " ".join(load().DESCR for load in (load_wine, load_breast_cancer, load_diabetes))
    texts = [line.strip() for line in lines.splitlines() if len(line.strip()) > 20]
    return Table(pd.Series(texts), np.array([len(text) > 70 for text in texts]))


@cache
def labelled_letters() -> Table:
    """Return the lines of text, and which of two words each has."""
    texts = letters().X
    return Table(texts, np.column_stack([texts.str.contains(w) for w in ("the", "class")]) * 1)


@cache
def tickets() -> Table:
    """Return texts beside numbers and strings, some of each missing, and who answers them."""
    rng = np.random.default_rng(0)
    texts, long = letters().X, letters().y
    rows = len(texts)
    frame = pd.DataFrame(
        {
            "text": texts,
            "priority": rng.integers(1, 5, rows),
            "amount": np.where(rng.random(rows) < 0.1, np.nan, rng.lognormal(3, 1, rows)),
            "source": pd.Series(rng.choice(["web", "mail", "app"], rows), dtype=object),
        }
    )
    frame.loc[rng.random(rows) < 0.1, "source"] = None
    return Table(frame, np.where(long ^ (frame["priority"] > 3), "desk", "expert"))
