"""Trees, ensembles, neighbours, clusters, mixtures and outlier detectors."""

import numpy as np
from sklearn import cluster, ensemble, neighbors, tree
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.mixture import BayesianGaussianMixture, GaussianMixture
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.semi_supervised import LabelPropagation, LabelSpreading, SelfTrainingClassifier
from sklearn.svm import SVC

from tests.verdicts.cases import cases

TREES = [
    *cases(
        "iris",
        tree.DecisionTreeClassifier(random_state=0),
        tree.DecisionTreeClassifier(criterion="entropy", max_depth=3, random_state=0),
        tree.ExtraTreeClassifier(random_state=0),
        ensemble.ExtraTreesClassifier(10, random_state=0),
        ensemble.ExtraTreesClassifier(10, min_samples_leaf=3, bootstrap=True, random_state=0),
        ensemble.RandomForestClassifier(10, random_state=0),
        ensemble.RandomForestClassifier(10, min_samples_leaf=3, random_state=0),
    ),
    *cases(
        "missing in iris",
        tree.DecisionTreeClassifier(random_state=0),
        tree.ExtraTreeClassifier(random_state=0),
        ensemble.ExtraTreesClassifier(10, random_state=0),
        ensemble.RandomForestClassifier(10, random_state=0),
    ),
    *cases(
        "several targets",
        tree.DecisionTreeClassifier(random_state=0),
        tree.ExtraTreeClassifier(random_state=0),
        ensemble.ExtraTreesClassifier(10, random_state=0),
        ensemble.RandomForestClassifier(10, random_state=0),
    ),
    *cases(
        "diabetes",
        tree.DecisionTreeRegressor(random_state=0),
        tree.DecisionTreeRegressor(criterion="absolute_error", max_depth=4, random_state=0),
        tree.ExtraTreeRegressor(random_state=0),
        ensemble.ExtraTreesRegressor(10, random_state=0),
        ensemble.RandomForestRegressor(10, random_state=0),
        ensemble.RandomForestRegressor(10, criterion="poisson", max_depth=5, random_state=0),
    ),
    *cases(
        "missing numbers",
        tree.DecisionTreeRegressor(random_state=0),
        tree.ExtraTreeRegressor(random_state=0),
        ensemble.ExtraTreesRegressor(10, random_state=0),
        ensemble.RandomForestRegressor(10, random_state=0),
    ),
    *cases(
        "diabetes, two numbers",
        tree.DecisionTreeRegressor(random_state=0),
        tree.ExtraTreeRegressor(random_state=0),
        ensemble.ExtraTreesRegressor(10, random_state=0),
        ensemble.RandomForestRegressor(10, random_state=0),
    ),
]
BOOSTING = [
    *cases(
        "iris",
        ensemble.AdaBoostClassifier(n_estimators=10, random_state=0),
        ensemble.AdaBoostClassifier(GaussianNB(), n_estimators=5, random_state=0),
        ensemble.GradientBoostingClassifier(n_estimators=10, random_state=0),
        ensemble.GradientBoostingClassifier(n_estimators=10, init="zero", random_state=0),
        ensemble.HistGradientBoostingClassifier(max_iter=10),
    ),
    *cases(
        "two species",
        ensemble.AdaBoostClassifier(n_estimators=10, random_state=0),
        ensemble.GradientBoostingClassifier(n_estimators=10, random_state=0),
        ensemble.GradientBoostingClassifier(n_estimators=10, loss="exponential", random_state=0),
        ensemble.GradientBoostingClassifier(
            n_estimators=10, init=LogisticRegression(), random_state=0
        ),
        ensemble.HistGradientBoostingClassifier(max_iter=10),
    ),
    *cases("missing in iris", ensemble.HistGradientBoostingClassifier(max_iter=10)),
    *cases("categories", ensemble.HistGradientBoostingClassifier(max_iter=10)),
    *cases(
        "diabetes",
        ensemble.AdaBoostRegressor(n_estimators=10, random_state=0),
        ensemble.AdaBoostRegressor(Ridge(), loss="square", n_estimators=5, random_state=0),
        ensemble.GradientBoostingRegressor(n_estimators=20, random_state=0),
        ensemble.GradientBoostingRegressor(loss="huber", n_estimators=20, random_state=0),
        ensemble.GradientBoostingRegressor(loss="quantile", n_estimators=20, random_state=0),
        ensemble.HistGradientBoostingRegressor(max_iter=20),
        ensemble.HistGradientBoostingRegressor(max_iter=20, loss="absolute_error"),
        ensemble.HistGradientBoostingRegressor(max_iter=20, loss="gamma"),
        ensemble.HistGradientBoostingRegressor(max_iter=20, loss="poisson"),
        ensemble.HistGradientBoostingRegressor(max_iter=20, loss="quantile", quantile=0.8),
    ),
    *cases("missing numbers", ensemble.HistGradientBoostingRegressor(max_iter=20)),
]
VOTERS = [("bayes", GaussianNB()), ("tree", tree.DecisionTreeClassifier(random_state=0))]
MEANS = [("ridge", Ridge()), ("tree", tree.DecisionTreeRegressor(random_state=0))]
ENSEMBLES = [
    *cases(
        "iris",
        ensemble.BaggingClassifier(n_estimators=5, random_state=0),
        ensemble.BaggingClassifier(GaussianNB(), 5, max_features=0.5, random_state=0),
        ensemble.BaggingClassifier(SVC(), 3, random_state=0),
        ensemble.StackingClassifier(VOTERS, cv=2),
        ensemble.StackingClassifier(VOTERS, cv=2, passthrough=True, stack_method="predict_proba"),
        ensemble.VotingClassifier(VOTERS),
        ensemble.VotingClassifier(VOTERS, voting="soft", weights=[2, 1]),
        ensemble.RandomTreesEmbedding(5, random_state=0),
        ensemble.RandomTreesEmbedding(5, sparse_output=False, random_state=0),
    ),
    *cases("two species", ensemble.BaggingClassifier(n_estimators=5, random_state=0)),
    *cases("two species", ensemble.StackingClassifier(VOTERS, cv=2)),
    *cases("two species", ensemble.VotingClassifier(VOTERS)),
    *cases(
        "diabetes",
        ensemble.BaggingRegressor(n_estimators=5, random_state=0),
        ensemble.BaggingRegressor(LinearRegression(), 5, max_features=0.5, random_state=0),
        ensemble.StackingRegressor(MEANS, cv=2),
        ensemble.StackingRegressor(MEANS, cv=2, passthrough=True),
        ensemble.VotingRegressor(MEANS),
        ensemble.VotingRegressor(MEANS, weights=[1, 3]),
    ),
]
SETS = ["dice", "hamming", "jaccard", "rogerstanimoto", "russellrao", "sokalsneath"]
NEIGHBORS = [
    *cases(
        "iris",
        neighbors.KNeighborsClassifier(),
        neighbors.KNeighborsClassifier(weights="distance", algorithm="brute"),
        neighbors.KNeighborsClassifier(metric="manhattan"),
        neighbors.KNeighborsClassifier(metric="cosine"),
        neighbors.KNeighborsClassifier(metric="canberra"),
        neighbors.KNeighborsClassifier(metric="braycurtis"),
        neighbors.KNeighborsClassifier(metric="braycurtis", algorithm="brute"),
        neighbors.KNeighborsClassifier(
            metric="mahalanobis", metric_params={"V": np.diag([1.0, 2.0, 3.0, 4.0])}
        ),
        neighbors.RadiusNeighborsClassifier(outlier_label="most_frequent"),
        neighbors.RadiusNeighborsClassifier(weights="distance", outlier_label="setosa"),
        neighbors.RadiusNeighborsClassifier(),
        neighbors.NearestCentroid(),
        neighbors.NearestCentroid(metric="manhattan"),
        neighbors.NearestCentroid(shrink_threshold=0.2),
        neighbors.NeighborhoodComponentsAnalysis(2, max_iter=5, random_state=0),
        neighbors.KNeighborsTransformer(n_neighbors=3),
        neighbors.KNeighborsTransformer(n_neighbors=3, mode="connectivity"),
        neighbors.RadiusNeighborsTransformer(radius=1.0),
        neighbors.LocalOutlierFactor(novelty=True),
        neighbors.LocalOutlierFactor(novelty=True, n_neighbors=5, contamination=0.1),
        LabelPropagation(),
        LabelPropagation(kernel="knn"),
        LabelSpreading(),
        LabelSpreading(kernel="knn", alpha=0.5),
        SelfTrainingClassifier(GaussianNB()),
    ),
    *cases("several targets", neighbors.KNeighborsClassifier()),
    *cases("digits", *[neighbors.KNeighborsClassifier(metric=each) for each in SETS]),
    *cases("places", neighbors.KNeighborsClassifier(metric="haversine")),
    *cases(
        "texts",
        make_pipeline(TfidfVectorizer(), neighbors.KNeighborsClassifier()),
        subject="KNeighborsClassifier",
    ),
    *cases("two species", neighbors.NearestCentroid()),
    *cases("scaled wine", neighbors.NearestCentroid()),
    *cases("cancer", neighbors.NearestCentroid()),
    *cases(
        "diabetes",
        neighbors.KNeighborsRegressor(),
        neighbors.KNeighborsRegressor(weights="distance"),
        neighbors.KNeighborsRegressor(metric="seuclidean", metric_params={"V": [0.1] * 10}),
        neighbors.RadiusNeighborsRegressor(radius=0.1),
        neighbors.RadiusNeighborsRegressor(radius=0.2, weights="distance"),
    ),
    *cases("diabetes, two numbers", neighbors.KNeighborsRegressor()),
]
CLUSTERS = [
    *cases(
        "iris",
        cluster.AffinityPropagation(random_state=0),
        cluster.Birch(n_clusters=3),
        cluster.BisectingKMeans(3, random_state=0),
        cluster.BisectingKMeans(5, bisecting_strategy="largest_cluster", random_state=0),
        cluster.KMeans(3, n_init=1, random_state=0),
        cluster.KMeans(8, init="random", n_init=1, random_state=0),
        cluster.MeanShift(),
        cluster.MiniBatchKMeans(3, n_init=1, random_state=0),
        BayesianGaussianMixture(n_components=3, random_state=0),
        GaussianMixture(n_components=3, random_state=0),
        GaussianMixture(n_components=3, covariance_type="tied", random_state=0),
        GaussianMixture(n_components=3, covariance_type="diag", random_state=0),
        GaussianMixture(n_components=3, covariance_type="spherical", random_state=0),
        ensemble.IsolationForest(n_estimators=10, random_state=0),
        ensemble.IsolationForest(n_estimators=10, contamination=0.1, random_state=0),
    ),
    *cases("iris", cluster.Birch(n_clusters=None, threshold=0.8)),
    *cases(
        "iris",
        make_pipeline(cluster.KMeans(5, n_init=1, random_state=0), LogisticRegression()),
        subject="KMeans",
    ),
    *cases("wine", cluster.FeatureAgglomeration(3)),
]
CASES = [*TREES, *BOOSTING, *ENSEMBLES, *NEIGHBORS, *CLUSTERS]
