"""Pipelines that go through sums or functions which libraries round differently."""

from collections.abc import Mapping

import numpy as np
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import KMeans
from sklearn.compose import (
    TransformedTargetRegressor,
    make_column_transformer,
)
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import (
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    RandomForestRegressor,
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfVectorizer
from sklearn.feature_selection import RFECV, SelectKBest, VarianceThreshold, f_classif
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.linear_model import (
    ElasticNet,
    LassoCV,
    LogisticRegression,
    PoissonRegressor,
    Ridge,
    RidgeCV,
    SGDClassifier,
)
from sklearn.mixture import GaussianMixture
from sklearn.model_selection import (
    GridSearchCV,
    TunedThresholdClassifierCV,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import ComplementNB, GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    KBinsDiscretizer,
    MinMaxScaler,
    OneHotEncoder,
    PolynomialFeatures,
    PowerTransformer,
    QuantileTransformer,
    SplineTransformer,
    StandardScaler,
)
from sklearn.svm import SVC, SVR, LinearSVC

from tests.export.converters.frames import with_missing
from tests.export.deployed import tables
from tests.export.deployed.steps import FEW, Case, forest, prepared, ticket
from tests.export.deployed.tables import NUMBERS, STRINGS, Table

ROUNDED: Mapping[str, Case] = {
    "a search over steps and settings": (
        GridSearchCV(
            Pipeline([("prepare", prepared()), ("model", LogisticRegression(max_iter=1000))]),
            {
                "prepare__numbers__simpleimputer__strategy": ["mean", "median"],
                "model": [LogisticRegression(C=0.1, max_iter=1000), SVC()],
            },
            cv=2,
        ),
        tables.penguins,
    ),
    "stacked": (
        make_pipeline(
            prepared(),
            StackingClassifier(
                [("forest", forest()), ("margin", SVC(C=3))], LogisticRegression(), cv=2
            ),
        ),
        tables.penguins,
    ),
    "voting by probability": (
        make_pipeline(
            prepared(dense=True),
            VotingClassifier(
                [("linear", LogisticRegression()), ("bayes", GaussianNB()), ("forest", forest())],
                voting="soft",
                weights=[2, 1, 1],
            ),
        ),
        tables.penguins,
    ),
    "neighbours imputed, a network": (
        make_pipeline(
            KNNImputer(n_neighbors=3),
            StandardScaler(),
            MLPClassifier(hidden_layer_sizes=(8,), solver="lbfgs", random_state=0),
        ),
        lambda: Table(with_missing(tables.wine().X), tables.wine().y),
    ),
    "products selected": (
        make_pipeline(
            prepared(dense=True),
            PolynomialFeatures(2, interaction_only=True, include_bias=False),
            VarianceThreshold(),
            SelectKBest(f_classif, k=10),
            LogisticRegression(max_iter=2000),
        ),
        tables.penguins,
    ),
    "features eliminated": (
        make_pipeline(StandardScaler(), RFECV(LogisticRegression(), cv=2), SVC()),
        tables.wine,
    ),
    "rare categories, bins, ridge": (
        make_pipeline(
            make_column_transformer(
                (OneHotEncoder(min_frequency=30, handle_unknown="infrequent_if_exist"), STRINGS),
                (
                    make_pipeline(
                        SimpleImputer(),
                        KBinsDiscretizer(4, quantile_method="averaged_inverted_cdf"),
                    ),
                    ["bill_length_mm", "bill_depth_mm"],
                ),
            ),
            RidgeCV(),
        ),
        tables.body_mass,
    ),
    "a threshold tuned": (
        TunedThresholdClassifierCV(
            make_pipeline(PowerTransformer(), LogisticRegression()),
            scoring="balanced_accuracy",
            random_state=0,
        ),
        tables.tumours,
    ),
    "margins calibrated": (
        CalibratedClassifierCV(make_pipeline(StandardScaler(), LinearSVC()), cv=2),
        tables.tumours,
    ),
    "boosting calibrated by temperature": (
        CalibratedClassifierCV(
            GradientBoostingClassifier(n_estimators=FEW, random_state=0),
            method="temperature",
            cv=2,
        ),
        tables.wine,
    ),
    "components, discriminants": (
        make_pipeline(StandardScaler(), PCA(5), LinearDiscriminantAnalysis()),
        tables.wine,
    ),
    "views side by side": (
        make_pipeline(
            FeatureUnion(
                [
                    ("components", make_pipeline(StandardScaler(), PCA(3))),
                    ("logarithms", FunctionTransformer(np.log1p, feature_names_out="one-to-one")),
                    ("best", SelectKBest(k=4)),
                ]
            ),
            HistGradientBoostingClassifier(max_iter=FEW, random_state=0),
        ),
        tables.wine,
    ),
    "normal quantiles, a margin": (
        make_pipeline(
            QuantileTransformer(n_quantiles=50, output_distribution="normal"), SVC(gamma=0.1)
        ),
        tables.tumours,
    ),
    "images, components, neighbours": (
        make_pipeline(MinMaxScaler(), PCA(8, random_state=0), KNeighborsClassifier(3)),
        tables.digits,
    ),
    "the logarithm of the target": (
        TransformedTargetRegressor(
            make_pipeline(prepared(NUMBERS[:3], [*STRINGS, "species"]), Ridge()),
            func=np.log1p,
            inverse_func=np.expm1,
        ),
        tables.body_mass,
    ),
    "quantiles of the target": (
        TransformedTargetRegressor(
            make_pipeline(StandardScaler(), ElasticNet(alpha=0.01)),
            transformer=QuantileTransformer(n_quantiles=50, output_distribution="normal"),
        ),
        tables.diabetes,
    ),
    "regressors stacked": (
        StackingRegressor(
            [
                ("linear", make_pipeline(StandardScaler(), RidgeCV())),
                (
                    "near",
                    make_pipeline(StandardScaler(), KNeighborsRegressor(7, weights="distance")),
                ),
                ("trees", RandomForestRegressor(FEW, random_state=0)),
            ],
            GradientBoostingRegressor(n_estimators=FEW, random_state=0),
            passthrough=True,
            cv=2,
        ),
        tables.diabetes,
    ),
    "splines beside categories": (
        make_pipeline(
            make_column_transformer(
                (SplineTransformer(n_knots=5), ["age", "bmi", "bp"]),
                (OneHotEncoder(), ["sex"]),
                remainder=StandardScaler(),
            ),
            LassoCV(max_iter=50_000, random_state=0),
        ),
        tables.diabetes,
    ),
    "rates": (
        make_pipeline(StandardScaler(), PoissonRegressor(max_iter=500)),
        tables.diabetes,
    ),
    "regressors voting": (
        VotingRegressor(
            [
                ("trees", GradientBoostingRegressor(n_estimators=FEW, random_state=0)),
                ("margin", make_pipeline(StandardScaler(), SVR(C=100))),
            ]
        ),
        tables.diabetes,
    ),
    "clusters of mixed columns": (
        make_pipeline(prepared(), KMeans(3, random_state=0, n_init=2)),
        lambda: Table(tables.penguins().X),
    ),
    "mixtures": (
        make_pipeline(StandardScaler(), PCA(3), GaussianMixture(3, random_state=0)),
        lambda: Table(tables.wine().X),
    ),
    "words weighted, beside numbers": (
        make_pipeline(ticket(TfidfVectorizer(ngram_range=(1, 2), min_df=2)), LogisticRegression()),
        tables.tickets,
    ),
    "topics of words, boosting": (
        make_pipeline(
            ticket(
                make_pipeline(TfidfVectorizer(sublinear_tf=True), TruncatedSVD(6, random_state=0))
            ),
            HistGradientBoostingClassifier(max_iter=FEW, random_state=0),
        ),
        tables.tickets,
    ),
    "words and letters": (
        make_pipeline(
            FeatureUnion(
                [
                    ("words", TfidfVectorizer()),
                    ("letters", TfidfVectorizer(analyzer="char", max_features=100)),
                ]
            ),
            LinearSVC(),
        ),
        tables.letters,
    ),
    "words hashed": (
        make_pipeline(HashingVectorizer(n_features=2**10), SGDClassifier(random_state=0)),
        tables.letters,
    ),
    "words counted, naive": (
        make_pipeline(CountVectorizer(ngram_range=(1, 2)), ComplementNB()),
        tables.letters,
    ),
    "several labels of a text": (
        make_pipeline(TfidfVectorizer(), OneVsRestClassifier(LogisticRegression())),
        lambda: Table(
            tables.letters().X,
            np.column_stack([tables.letters().X.str.contains(w) for w in ("the", "class")]).astype(
                int
            ),
        ),
    ),
}
"""Pipelines of which some sums are added in another order than scikit-learn's."""
