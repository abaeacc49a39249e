"""The data that verdicts are measured on: scikit-learn's bundled sets and the penguins' table.

Small and real. Each is a table of features and its target, None where there is none.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from palmerpenguins import load_penguins
from sklearn import datasets

Data = tuple[Any, Any]
LINES = 24
"""How many lines of each description are texts."""
SETS: dict[str, Callable[[], Data]] = {}


def data(name: str) -> Data:
    """Return the features and the target of a data set, by its name."""
    return _made(name)


@cache
def _made(name: str) -> Data:
    return SETS[name]()


def named(name: str) -> Callable[[Callable[[], Data]], Callable[[], Data]]:
    """Register the decorated function as the data set `name`."""

    def register(function: Callable[[], Data]) -> Callable[[], Data]:
        SETS[name] = function
        return function

    return register


@named("iris")
def iris() -> Data:
    """Three species by name."""
    X, y = datasets.load_iris(return_X_y=True)
    return X, np.array(["setosa", "versicolor", "virginica"], dtype=object)[y]


@named("iris by number")
def iris_by_number() -> Data:
    """Three species as integers that do not start at 0."""
    X, y = datasets.load_iris(return_X_y=True)
    return X, y * 10 + 10


@named("two species")
def two_species() -> Data:
    """Is it virginica: a boolean."""
    X, y = datasets.load_iris(return_X_y=True)
    return X, y == 2


@named("scaled wine")
def scaled_wine() -> Data:
    """Thirteen features of one scale, three cultivars."""
    X, y = datasets.load_wine(return_X_y=True)
    return (X - X.mean(axis=0)) / X.std(axis=0), y


@named("wine")
def wine() -> Data:
    """Thirteen features of very different scales, all greater than 0."""
    return datasets.load_wine(return_X_y=True)  # type: ignore[no-any-return]


@named("shares")
def shares() -> Data:
    """Wine, each row divided by its sum: numbers between 0 and 1."""
    X, y = wine()
    return X / X.sum(axis=1, keepdims=True), y


@named("cancer")
def cancer() -> Data:
    """Thirty features, two classes."""
    X, y = datasets.load_breast_cancer(return_X_y=True)
    return X[:300], y[:300]


@named("several labels")
def several_labels() -> Data:
    """Whether each flower's petal is long, and whether its sepal is wide: 0 or 1."""
    X, _ = datasets.load_iris(return_X_y=True)
    return X, (X[:, 1:3] > np.array([3.0, 4.5])).astype(int)


@named("several targets")
def several_targets() -> Data:
    """The species and whether the sepal is long, as integers."""
    X, y = datasets.load_iris(return_X_y=True)
    return X, np.column_stack([y, X[:, 0] > 5.8]).astype(int)


@named("diabetes")
def diabetes() -> Data:
    """Ten scaled features, the progress of a disease."""
    X, y = datasets.load_diabetes(return_X_y=True)
    return X[:240], y[:240]


@named("diabetes, two numbers")
def diabetes_twice() -> Data:
    """Two numbers to predict."""
    X, y = diabetes()
    return X, np.column_stack([y, np.sqrt(y)])


@named("diabetes, one column")
def one_column() -> Data:
    """The body mass index alone."""
    X, y = diabetes()
    return X[:, 2:3], y


@named("missing numbers")
def missing_numbers() -> Data:
    """Diabetes, where a tenth of the numbers is missing."""
    X, y = diabetes()
    gone = np.random.default_rng(0).random(X.shape) < 0.1
    return np.where(gone, np.nan, X), y


@named("missing in iris")
def missing_in_iris() -> Data:
    """Iris, where a tenth of the numbers is missing."""
    X, y = iris()
    gone = np.random.default_rng(0).random(X.shape) < 0.1
    return np.where(gone, np.nan, X), y


@named("places")
def places() -> Data:
    """Two columns as latitude and longitude in radians, and three species."""
    X, y = iris()
    return (X[:, :2] - X[:, :2].mean(axis=0)) / 4, y


@named("digits")
def digits() -> Data:
    """Counts from 0 to 16 in 64 pixels, ten digits."""
    X, y = datasets.load_digits(return_X_y=True)
    return X[:240], y[:240]


@named("penguins")
def penguins() -> Data:
    """Numbers and strings, some of them missing; three species."""
    table = load_penguins()
    return table.drop(columns="species"), table["species"].to_numpy(dtype=object)


@named("categories")
def categories() -> Data:
    """Numbers and columns of categories, some of them missing; three species."""
    X, y = penguins()
    return X.astype({"island": "category", "sex": "category"}), y


@named("islands")
def islands() -> Data:
    """Strings, some of them missing; three species."""
    table = load_penguins()
    return table[["island", "sex"]], table["species"].to_numpy(dtype=object)


@named("marks")
def marks() -> Data:
    """An array of strings, none of them missing; three species."""
    table = load_penguins().dropna()
    return table[["island", "sex"]].to_numpy(dtype=object), table["species"].to_numpy(dtype=object)


@named("measured penguins")
def measured_penguins() -> Data:
    """The penguins' numbers, none of them missing, and two sexes by name."""
    table = load_penguins().dropna()
    return table.drop(columns=["species", "island", "sex"]), table["sex"].to_numpy(dtype=object)


@named("texts")
def texts() -> Data:
    """Lines of the descriptions of five bundled data sets, and which they describe."""
    names = ["iris", "wine", "breast_cancer", "diabetes", "linnerud"]
    lines, subjects = [], []
    for name in names:
        text = str(getattr(datasets, f"load_{name}")().DESCR)
        some = [line.strip() for line in text.splitlines() if line.strip()][:LINES]
        lines += some
        subjects += [name] * len(some)
    return np.array(lines, dtype=object), np.array(subjects, dtype=object)


@named("kernel")
def kernel() -> Data:
    """The products of the rows of Iris with forty of them."""
    X, _ = datasets.load_iris(return_X_y=True)
    return X @ X[:40].T, None
