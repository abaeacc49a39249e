"""Scalers, encoders, imputers, decompositions, kernel approximations, selectors and texts."""

import numpy as np
from scipy import special
from sklearn import decomposition, impute, kernel_approximation, preprocessing
from sklearn import feature_selection as select
from sklearn.experimental import enable_iterative_imputer  # noqa: F401  (makes it importable)
from sklearn.feature_extraction import FeatureHasher, text
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.manifold import Isomap, LocallyLinearEmbedding
from sklearn.pipeline import make_pipeline
from sklearn.random_projection import GaussianRandomProjection, SparseRandomProjection
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier

from tests.verdicts.cases import cases
from tests.verdicts.data import data

SCALERS = [
    *cases(
        "wine",
        preprocessing.StandardScaler(),
        preprocessing.StandardScaler(with_mean=False),
        preprocessing.MinMaxScaler(),
        preprocessing.MinMaxScaler(feature_range=(-1, 1), clip=True),
        preprocessing.MaxAbsScaler(),
        preprocessing.MaxAbsScaler(clip=True),
        preprocessing.RobustScaler(),
        preprocessing.RobustScaler(quantile_range=(10.0, 90.0), unit_variance=True),
        preprocessing.Normalizer(),
        preprocessing.Normalizer(norm="l1"),
        preprocessing.Normalizer(norm="max"),
        preprocessing.Binarizer(threshold=2.0),
        preprocessing.KBinsDiscretizer(quantile_method="averaged_inverted_cdf"),
        preprocessing.KBinsDiscretizer(3, encode="ordinal", strategy="uniform"),
        preprocessing.KBinsDiscretizer(3, encode="onehot-dense", strategy="kmeans", random_state=0),
        preprocessing.PolynomialFeatures(),
        preprocessing.PolynomialFeatures(3, interaction_only=True, include_bias=False),
        preprocessing.PowerTransformer(),
        preprocessing.PowerTransformer(method="box-cox", standardize=False),
        preprocessing.QuantileTransformer(n_quantiles=50),
        preprocessing.QuantileTransformer(n_quantiles=50, output_distribution="normal"),
        preprocessing.SplineTransformer(),
        preprocessing.SplineTransformer(3, degree=2, knots="quantile", extrapolation="linear"),
        preprocessing.SplineTransformer(extrapolation="periodic"),
        preprocessing.SplineTransformer(extrapolation="continue", include_bias=False),
    ),
    *cases("missing numbers", preprocessing.StandardScaler(), preprocessing.MinMaxScaler()),
    *cases("missing numbers", preprocessing.RobustScaler(), preprocessing.MaxAbsScaler()),
    *cases("missing numbers", preprocessing.QuantileTransformer(n_quantiles=50)),
    *cases("missing numbers", preprocessing.PowerTransformer()),
    *cases(
        "kernel",
        FrozenEstimator(preprocessing.KernelCenterer().fit(data("kernel")[0][:40])),
        subject="KernelCenterer",
    ),
]
EXACT_FUNCTIONS = [np.abs, np.sqrt, np.square, np.sign, np.floor, np.ceil, np.rint, np.isfinite]
ROUNDED_FUNCTIONS = [
    *(np.log, np.log1p, np.log2, np.log10, np.exp, np.expm1, np.cbrt, special.expit),
    *(np.sin, np.cos, np.tan, np.arctan, np.sinh, np.cosh, np.tanh, np.arcsinh, np.arccosh),
]
FUNCTIONS_OF_SHARES = [np.arcsin, np.arccos, np.arctanh, special.logit]
FUNCTIONS = [
    *cases("wine", preprocessing.FunctionTransformer()),
    *cases("wine", *[preprocessing.FunctionTransformer(each) for each in EXACT_FUNCTIONS]),
    *cases("wine", *[preprocessing.FunctionTransformer(each) for each in ROUNDED_FUNCTIONS]),
    *cases("shares", *[preprocessing.FunctionTransformer(each) for each in FUNCTIONS_OF_SHARES]),
    *cases("wine", preprocessing.FunctionTransformer(np.spacing)),
    *cases("wine", preprocessing.FunctionTransformer(np.clip, kw_args={"a_min": 1, "a_max": 3})),
]
ENCODERS = [
    *cases(
        "islands",
        preprocessing.OneHotEncoder(),
        preprocessing.OneHotEncoder(handle_unknown="ignore", sparse_output=False, drop="if_binary"),
        preprocessing.OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=60),
        preprocessing.OrdinalEncoder(),
        preprocessing.OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1),
        preprocessing.TargetEncoder(random_state=0),
        preprocessing.TargetEncoder(smooth=5.0, cv=2, random_state=0),
    ),
    *cases("digits", preprocessing.OneHotEncoder(handle_unknown="ignore")),
    *cases("islands", preprocessing.OrdinalEncoder(encoded_missing_value=-2)),
]
IMPUTERS = [
    *cases(
        "missing numbers",
        impute.SimpleImputer(),
        impute.SimpleImputer(strategy="median", add_indicator=True),
        impute.SimpleImputer(strategy="constant", fill_value=-1.0),
        impute.SimpleImputer(strategy="most_frequent"),
        impute.MissingIndicator(),
        impute.MissingIndicator(features="all"),
        impute.KNNImputer(),
        impute.KNNImputer(n_neighbors=3, weights="distance"),
        impute.KNNImputer(add_indicator=True),
        impute.IterativeImputer(random_state=0),
        impute.IterativeImputer(max_iter=2, imputation_order="roman", random_state=0),
        impute.IterativeImputer(initial_strategy="median", add_indicator=True, random_state=0),
        impute.IterativeImputer(sample_posterior=True, random_state=0),
    ),
    *cases("missing in iris", impute.IterativeImputer(random_state=0)),
    *cases("islands", impute.SimpleImputer(strategy="most_frequent")),
    *cases("islands", impute.SimpleImputer(strategy="constant", fill_value="?")),
    *cases("islands", impute.MissingIndicator(features="all")),
]
DECOMPOSITIONS = [
    *cases(
        "scaled wine",
        decomposition.PCA(3),
        decomposition.PCA(3, whiten=True),
        decomposition.PCA(svd_solver="randomized", n_components=4, random_state=0),
        decomposition.IncrementalPCA(3),
        decomposition.KernelPCA(3),
        decomposition.KernelPCA(3, kernel="rbf"),
        decomposition.KernelPCA(3, kernel="poly", degree=2),
        decomposition.SparsePCA(3, random_state=0, max_iter=20),
        decomposition.MiniBatchSparsePCA(3, random_state=0),
        decomposition.TruncatedSVD(3, random_state=0),
        decomposition.TruncatedSVD(3, algorithm="arpack"),
        decomposition.FactorAnalysis(3),
        decomposition.FactorAnalysis(3, rotation="varimax"),
        decomposition.FastICA(3, random_state=0),
        decomposition.FastICA(3, fun="cube", random_state=0, whiten="arbitrary-variance"),
        decomposition.DictionaryLearning(5, random_state=0, max_iter=10),
        decomposition.DictionaryLearning(
            5, transform_algorithm="threshold", random_state=0, max_iter=10
        ),
        decomposition.DictionaryLearning(
            5, transform_algorithm="lasso_lars", random_state=0, max_iter=10
        ),
        decomposition.DictionaryLearning(
            5, transform_algorithm="lasso_cd", random_state=0, max_iter=10
        ),
        decomposition.DictionaryLearning(
            5, transform_algorithm="lars", random_state=0, max_iter=10
        ),
        decomposition.MiniBatchDictionaryLearning(5, random_state=0, max_iter=10),
        decomposition.SparseCoder(np.eye(2, 13)),
        Isomap(),
        Isomap(n_neighbors=8, n_components=3),
        LocallyLinearEmbedding(random_state=0),
        LocallyLinearEmbedding(n_neighbors=8, method="modified", random_state=0),
        GaussianRandomProjection(4, random_state=0),
        SparseRandomProjection(4, random_state=0),
        kernel_approximation.Nystroem(n_components=20, random_state=0),
        kernel_approximation.Nystroem(kernel="poly", degree=2, n_components=20, random_state=0),
        kernel_approximation.RBFSampler(n_components=20, random_state=0),
        kernel_approximation.PolynomialCountSketch(n_components=20, random_state=0),
    ),
    *cases(
        "digits",
        decomposition.NMF(5, random_state=0),
        decomposition.NMF(5, solver="mu", random_state=0),
        decomposition.MiniBatchNMF(5, random_state=0),
        decomposition.LatentDirichletAllocation(5, max_iter=3, random_state=0),
        kernel_approximation.AdditiveChi2Sampler(),
        kernel_approximation.AdditiveChi2Sampler(sample_steps=3),
        kernel_approximation.SkewedChi2Sampler(n_components=20, random_state=0),
    ),
]
TREE = DecisionTreeClassifier(random_state=0)
SELECTORS = [
    *cases(
        "wine",
        select.GenericUnivariateSelect(mode="k_best", param=3),
        select.RFE(TREE, n_features_to_select=3),
        select.RFECV(TREE, cv=3),
        select.SelectFdr(),
        select.SelectFpr(),
        select.SelectFromModel(TREE),
        select.SelectFwe(),
        select.SelectKBest(k=3),
        select.SelectKBest(select.chi2, k=3),
        select.SelectPercentile(),
        select.SequentialFeatureSelector(TREE, n_features_to_select=2, cv=2),
        select.VarianceThreshold(),
        select.VarianceThreshold(0.5),
    ),
]
TEXTS = [
    *cases(
        "texts",
        text.CountVectorizer(),
        text.CountVectorizer(binary=True, stop_words="english", min_df=2),
        text.CountVectorizer(analyzer="char_wb", ngram_range=(2, 3), max_features=200),
        text.CountVectorizer(strip_accents="unicode", lowercase=False),
        text.CountVectorizer(dtype=np.float32),
        text.TfidfVectorizer(),
        text.TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, max_features=300),
        text.TfidfVectorizer(token_pattern=r"(?u)\b[a-z]+\b", norm="l1"),
        text.HashingVectorizer(n_features=256),
        text.HashingVectorizer(n_features=256, ngram_range=(1, 2), lowercase=False),
        text.HashingVectorizer(n_features=256, analyzer="char", ngram_range=(2, 2)),
        text.HashingVectorizer(n_features=256, token_pattern=r"\S+"),
        text.HashingVectorizer(n_features=256, alternate_sign=False, norm=None),
    ),
    *cases(
        "marks",
        FeatureHasher(64, input_type="string"),
        FeatureHasher(16, input_type="string", alternate_sign=False),
    ),
    *cases("texts", make_pipeline(text.TfidfVectorizer(), SVC()), subject="SVC"),
    *cases("texts", make_pipeline(text.TfidfVectorizer(), LinearSVC()), subject="LinearSVC"),
    *cases(
        "texts",
        make_pipeline(text.TfidfVectorizer(), LogisticRegression()),
        subject="LogisticRegression",
    ),
    *cases("digits", text.TfidfTransformer(), text.TfidfTransformer(norm=None, smooth_idf=False)),
]
CASES = [
    *SCALERS,
    *FUNCTIONS,
    *ENCODERS,
    *IMPUTERS,
    *DECOMPOSITIONS,
    *SELECTORS,
    *TEXTS,
]
