"""Pipelines of which every bit is proven."""

from collections.abc import Mapping

import numpy as np
from lightgbm import LGBMClassifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import (
    make_column_selector,
    make_column_transformer,
)
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    IsolationForest,
    RandomForestClassifier,
)
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.feature_selection import SelectFromModel
from sklearn.impute import SimpleImputer
from sklearn.model_selection import (
    KFold,
    RandomizedSearchCV,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    MinMaxScaler,
    OrdinalEncoder,
    RobustScaler,
    TargetEncoder,
)
from sklearn.tree import DecisionTreeClassifier

from tests.export.deployed import tables
from tests.export.deployed.steps import FEW, Case, forest, prepared, ticket
from tests.export.deployed.tables import NUMBERS, STRINGS, Table

EXACT: Mapping[str, Case] = {
    "imputed, scaled, encoded, forest": (
        make_pipeline(prepared(), forest()),
        tables.penguins,
    ),
    "encoded in one column, forest": (
        make_pipeline(
            make_column_transformer(
                (OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), STRINGS),
                remainder=SimpleImputer(add_indicator=True),
            ),
            ExtraTreesClassifier(FEW, random_state=0),
        ),
        tables.penguins,
    ),
    "targets encoded, forest": (
        make_pipeline(
            make_column_transformer(
                (TargetEncoder(cv=KFold(3)), STRINGS),
                (make_pipeline(SimpleImputer(), RobustScaler()), NUMBERS),
            ),
            RandomForestClassifier(FEW, max_depth=5, random_state=0),
        ),
        tables.penguins,
    ),
    "categories of pandas, boosting": (
        HistGradientBoostingClassifier(max_iter=FEW, random_state=0),
        tables.categorical_penguins,
    ),
    "categories by number, boosting": (
        make_pipeline(
            make_column_transformer(
                (
                    OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan),
                    [*STRINGS, "species"],
                ),
                remainder="passthrough",
            ),
            HistGradientBoostingRegressor(
                categorical_features=[0, 1, 2], max_iter=FEW, loss="absolute_error", random_state=0
            ),
        ),
        tables.body_mass,
    ),
    "columns by type, data frames between steps, selected by a forest": (
        make_pipeline(
            prepared(
                make_column_selector(dtype_include="number"),
                make_column_selector(dtype_exclude="number"),
                dense=True,
            ),
            SelectFromModel(ExtraTreesClassifier(FEW, random_state=0)),
            DecisionTreeClassifier(random_state=0),
        ).set_output(transform="pandas"),
        tables.penguins,
    ),
    "boosted stumps": (
        make_pipeline(prepared(), AdaBoostClassifier(n_estimators=FEW, random_state=0)),
        tables.penguins,
    ),
    "forests searched": (
        RandomizedSearchCV(
            ExtraTreesRegressor(FEW, random_state=0),
            {"max_depth": [3, 5], "max_features": [0.3, 1.0]},
            n_iter=2,
            cv=2,
            random_state=0,
        ),
        tables.diabetes,
    ),
    "two targets, a forest": (
        make_pipeline(prepared(NUMBERS, ["island"]), forest()),
        tables.species_and_sex,
    ),
    "a forest calibrated by steps": (
        CalibratedClassifierCV(forest(), method="isotonic", cv=2),
        tables.tumours,
    ),
    "trees on subsets": (
        make_pipeline(
            MinMaxScaler(),
            BaggingClassifier(n_estimators=FEW, max_features=0.7, random_state=0),
        ),
        tables.wine,
    ),
    "outliers among mixed columns": (
        make_pipeline(prepared(), IsolationForest(n_estimators=FEW, random_state=0)),
        lambda: Table(tables.penguins().X),
    ),
    "words counted, a forest": (
        make_pipeline(ticket(CountVectorizer(max_features=60, stop_words="english")), forest()),
        tables.tickets,
    ),
    "light boosting": (
        make_pipeline(
            prepared(), LGBMClassifier(n_estimators=FEW, num_leaves=7, verbose=-1, random_state=0)
        ),
        tables.penguins,
    ),
}
"""Pipelines of which every bit is proven."""
