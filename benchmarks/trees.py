"""Times ensembles of trees against scikit-learn and boosters: `python -m benchmarks.trees 1`."""

import sys
from collections.abc import Iterator
from typing import Any

from catboost import CatBoostClassifier
from lightgbm import LGBMClassifier
from sklearn.datasets import make_classification, make_regression
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    RandomForestRegressor,
)
from threadpoolctl import threadpool_limits
from xgboost import XGBClassifier

from benchmarks.inprocess import Case, print_table


def cases(threads: int) -> Iterator[Case]:
    """Yield ensembles of 100 trees, each to answer with so many threads if it can."""
    for classes in (2, 5, 10):
        data = make_classification(5000, 20, n_informative=10, n_classes=classes, random_state=0)
        for name, estimator in _classifiers(threads).items():
            yield Case(name, str(classes), estimator, *data)
    data = make_regression(5000, 20, noise=1.0, random_state=0)
    forest = RandomForestRegressor(random_state=0, n_jobs=threads)
    yield Case("forest regressor", "", forest, *data)


def _classifiers(threads: int) -> dict[str, Any]:
    return {
        "forest": RandomForestClassifier(random_state=0, n_jobs=threads),
        "forest, 3 rows or more in each leaf": RandomForestClassifier(
            min_samples_leaf=3, random_state=0, n_jobs=threads
        ),
        "forest of depth 8": RandomForestClassifier(max_depth=8, random_state=0, n_jobs=threads),
        "gradient boosting": GradientBoostingClassifier(random_state=0),
        "histogram gradient boosting": HistGradientBoostingClassifier(random_state=0),
        "LightGBM": LGBMClassifier(n_jobs=threads, verbose=-1),
        "XGBoost": XGBClassifier(n_jobs=threads),
        "CatBoost": CatBoostClassifier(
            iterations=100, thread_count=threads, verbose=False, allow_writing_files=False
        ),
    }


if __name__ == "__main__":
    count = int(sys.argv[1])
    with threadpool_limits(count):
        print_table("classes", cases(count), count)
