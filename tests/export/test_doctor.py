"""The doctor says of every step whether it converts, before any training time is spent."""

import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from export.__main__ import main
from export.rehearsal import MOST_ROWS, chosen_rows, rehearsing

RECIPE = """
import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from export import Trained

class MyScaler(TransformerMixin, BaseEstimator):
    def fit(self, X, y=None):
        assert len(X) < 1000, "the doctor must not spend training time"
        return self

    def transform(self, X):
        return X

def train():
    X = pd.DataFrame(np.arange(200_000.0).reshape(-1, 2), columns=["a", "b"])
    y = np.arange(100_000) % 2
    numbers = Pipeline([("MyScaler", MyScaler()), ("scale", StandardScaler())])
    prep = ColumnTransformer([("num", numbers, ["a", "b"])])
    pipeline = Pipeline([("prep", prep), ("model", LogisticRegression())])
    return Trained(estimator=pipeline.fit(X, y), X_train=X, X_test=X, y_train=y, y_test=y)
"""


def test_a_step_of_the_users_own_is_named_with_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The steps before and behind a refused one are still judged; the exit code is 1."""
    recipe = tmp_path / "mine.py"
    recipe.write_text(RECIPE)
    assert main(["doctor", str(recipe)]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "Pipeline: refused",
        "  `prep` ColumnTransformer: refused",
        "    `num` Pipeline: refused",
        (
            "      `MyScaler` MyScaler: refused: there is no converter for it; "
            "docs/converters.md shows how to add one."
        ),
        "      `scale` StandardScaler: exact",
        "  `model` LogisticRegression: within 1e-12",
        "It cannot be exported: 1 of 6 steps refused.",
    ]


def test_a_pipeline_that_converts_is_told_what_will_be_demanded(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """For programs, the same as JSON; the exit code is 0."""
    assert main(["doctor"]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == "It can be exported; parity will be demanded within 1e-12, labels equal."
    assert main(["doctor", "penguins", "--json"]) == 0
    findings = json.loads(capsys.readouterr().out)
    assert {finding["verdict"] for finding in findings} == {"exact"}
    assert findings[0] == {
        "steps": [],
        "estimator": "Pipeline",
        "verdict": "exact",
        "reason": "",
    }


CATEGORIES = """
import numpy as np
import pandas as pd
from sklearn.preprocessing import OneHotEncoder
from export import Trained

def train():
    X = pd.DataFrame({"code": [f"code {i % 700}" for i in range(3000)]})
    encoder = OneHotEncoder(sparse_output=False).fit(X)
    return Trained(estimator=encoder, X_train=X, X_test=X[::-1])
"""


def test_a_rehearsed_encoder_need_not_know_every_category(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It has seen few rows, and refuses others; that says nothing of the recipe."""
    recipe = tmp_path / "mine.py"
    recipe.write_text(CATEGORIES)
    assert main(["doctor", str(recipe)]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "OneHotEncoder: exact"


BOOSTED = """
from {library} import {name}
from sklearn.datasets import load_iris
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from export import Trained

def train():
    X, y = load_iris(return_X_y=True)
    pipeline = Pipeline([("scale", StandardScaler()), ("model", {estimator})]).fit(X, y)
    return Trained(estimator=pipeline, X_train=X, X_test=X, y_train=y, y_test=y)
"""


@pytest.mark.parametrize(
    ("library", "estimator", "verdict"),
    [
        ("xgboost", "XGBClassifier(n_estimators=5)", "exact"),
        ("lightgbm", "LGBMClassifier(n_estimators=5, verbose=-1)", "within 4 ulp"),
        (
            "catboost",
            "CatBoostClassifier(iterations=5, verbose=False, allow_writing_files=False)",
            "within 4 ulp",
        ),
        (
            "lightgbm",
            "LGBMRegressor(n_estimators=5, linear_tree=True, verbose=-1)",
            "refused: linear_tree=True has products in its leaves; leave it out.",
        ),
    ],
)
def test_boosters_are_judged_by_their_names(
    library: str,
    estimator: str,
    verdict: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What is exact is said; what has no exact form is refused in its place in the pipeline."""
    recipe = tmp_path / "mine.py"
    name = estimator.partition("(")[0]
    recipe.write_text(BOOSTED.format(library=library, name=name, estimator=estimator))
    refused = verdict.startswith("refused")
    assert main(["doctor", str(recipe)]) == int(refused)
    overall = "refused" if refused else verdict
    assert capsys.readouterr().out.splitlines()[:3] == [
        f"Pipeline: {overall}",
        "  `scale` StandardScaler: exact",
        f"  `model` {name}: {verdict}",
    ]


def test_the_doctor_refuses_a_recipe_that_there_is_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A recipe that cannot be found is an error like that of the export."""
    assert main(["doctor", "nothing"]) == 1
    assert "neither a file nor a built-in recipe" in capsys.readouterr().err


def test_a_rehearsal_fits_on_few_rows_of_every_class_and_ends() -> None:
    """Inside, an outermost fit sees a few rows, weights among them; afterwards, all of them."""
    X = np.arange(10_000.0).reshape(-1, 1)
    y = np.zeros(10_000, dtype=int)
    y[[5, 6]] = 1
    with rehearsing():
        scaler = StandardScaler().fit(X, sample_weight=np.ones(10_000))
        classifier = LogisticRegression().fit(X, y)
    assert scaler.n_samples_seen_ == MOST_ROWS
    assert classifier.classes_.tolist() == [0, 1]
    assert StandardScaler().fit(X).n_samples_seen_ == 10_000


def test_a_rehearsal_transforms_every_row_that_it_was_given() -> None:
    """`fit_transform` learns from few rows and answers all, so that what follows fits."""
    X = np.random.default_rng(0).normal(size=(1000, 3))
    with rehearsing(rows=100):
        pca = PCA(n_components=2)
        assert pca.fit_transform(X).shape == (1000, 2)
        assert pca.n_samples_ == 100


def test_a_rehearsal_leaves_the_folds_of_a_search_alone() -> None:
    """A fit inside a fit sees what the outermost was left, and no less."""
    X = np.arange(1000.0).reshape(-1, 1)
    y = np.arange(1000) % 2
    with rehearsing(rows=100):
        search = GridSearchCV(DecisionTreeClassifier(), {"max_depth": [1, 2]}).fit(X, y)
    seen = search.best_estimator_.tree_.n_node_samples[0]
    assert seen == len(chosen_rows(X, y, 100)) < 120
