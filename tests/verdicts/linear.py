"""Linear models, discriminants, naive Bayes, neural networks, Gaussian processes and SVMs."""

import warnings
from typing import Any

import numpy as np
from sklearn import linear_model as lm
from sklearn import naive_bayes as nb
from sklearn import svm
from sklearn.covariance import EllipticEnvelope, LedoitWolf
from sklearn.cross_decomposition import CCA, PLSSVD, PLSCanonical, PLSRegression
from sklearn.discriminant_analysis import (
    LinearDiscriminantAnalysis,
    QuadraticDiscriminantAnalysis,
)
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.gaussian_process import GaussianProcessClassifier, GaussianProcessRegressor
from sklearn.gaussian_process import kernels as gpk
from sklearn.isotonic import IsotonicRegression
from sklearn.kernel_ridge import KernelRidge
from sklearn.neural_network import BernoulliRBM, MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline

from tests.verdicts.cases import cases

with warnings.catch_warnings():
    warnings.simplefilter("ignore", FutureWarning)  # deprecated, and deployed
    PASSIVE_AGGRESSIVE = lm.PassiveAggressiveClassifier(random_state=0)
    PASSIVE_AGGRESSIVE_REGRESSOR = lm.PassiveAggressiveRegressor(random_state=0)
REGRESSORS = cases(
    "diabetes",
    lm.ARDRegression(),
    lm.BayesianRidge(),
    lm.ElasticNet(),
    lm.ElasticNet(alpha=0.1, fit_intercept=False),
    lm.ElasticNetCV(),
    lm.GammaRegressor(),
    lm.HuberRegressor(),
    lm.Lars(),
    lm.LarsCV(),
    lm.Lasso(),
    lm.LassoCV(),
    lm.LassoLars(),
    lm.LassoLarsCV(),
    lm.LassoLarsIC(),
    lm.LinearRegression(),
    lm.LinearRegression(positive=True),
    lm.OrthogonalMatchingPursuit(),
    lm.OrthogonalMatchingPursuitCV(),
    PASSIVE_AGGRESSIVE_REGRESSOR,
    lm.PoissonRegressor(),
    lm.QuantileRegressor(alpha=0.01),
    lm.RANSACRegressor(random_state=0),
    lm.Ridge(),
    lm.Ridge(alpha=0.1, fit_intercept=False),
    lm.RidgeCV(),
    lm.SGDRegressor(random_state=0),
    lm.SGDRegressor(loss="huber", random_state=0),
    lm.TheilSenRegressor(random_state=0),
    lm.TweedieRegressor(),
    lm.TweedieRegressor(power=1.5),
    lm.TweedieRegressor(power=0, link="log"),
)
SEVERAL_NUMBERS = cases(
    "diabetes, two numbers",
    lm.ElasticNet(),
    lm.Lars(),
    lm.Lasso(),
    lm.LinearRegression(),
    lm.MultiTaskElasticNet(),
    lm.MultiTaskElasticNetCV(),
    lm.MultiTaskLasso(),
    lm.MultiTaskLassoCV(),
    lm.OrthogonalMatchingPursuit(),
    lm.Ridge(),
    lm.RidgeCV(),
)
CLASSIFIERS = [
    lm.LogisticRegression(max_iter=1000),
    lm.LogisticRegressionCV(Cs=3, cv=3, max_iter=1000, scoring="accuracy"),
    PASSIVE_AGGRESSIVE,
    lm.Perceptron(random_state=0),
    lm.RidgeClassifier(),
    lm.RidgeClassifierCV(),
    lm.SGDClassifier(random_state=0),
    lm.SGDClassifier(loss="log_loss", random_state=0),
    lm.SGDClassifier(loss="modified_huber", random_state=0),
    lm.SGDClassifier(loss="perceptron", random_state=0),
    svm.LinearSVC(random_state=0),
]
LINEAR_CLASSIFIERS = [
    *cases("iris", *CLASSIFIERS),
    *cases("two species", *CLASSIFIERS),
    *cases("iris", lm.LogisticRegression(C=0.01, l1_ratio=0.5, solver="saga", max_iter=1000)),
    *cases("several labels", lm.RidgeClassifier(), lm.RidgeClassifierCV()),
    *cases("cancer", make_pipeline(lm.LogisticRegression(max_iter=5000)), subject="Pipeline"),
    *cases("iris", lm.SGDOneClassSVM(random_state=0)),
]
BAYES = [
    *cases("iris", nb.GaussianNB(), nb.GaussianNB(var_smoothing=1e-3)),
    *cases(
        "digits",
        nb.BernoulliNB(binarize=7.0),
        nb.ComplementNB(),
        nb.ComplementNB(norm=True),
        nb.MultinomialNB(),
        nb.MultinomialNB(alpha=0.1, fit_prior=False),
        nb.CategoricalNB(min_categories=17),
    ),
    *cases("two species", nb.BernoulliNB(binarize=3.0), nb.ComplementNB(), nb.MultinomialNB()),
]
SETTINGS_OF_SVM: list[dict[str, Any]] = [
    {},
    {"kernel": "linear"},
    {"kernel": "poly", "degree": 2},
    {"kernel": "sigmoid"},
    {"C": 10.0, "gamma": 0.1},
]
MACHINES = [
    *cases("scaled wine", *[svm.SVC(**each) for each in SETTINGS_OF_SVM]),
    *cases("iris", svm.SVC(), svm.SVC(decision_function_shape="ovo"), svm.SVC(break_ties=True)),
    *cases("two species", svm.SVC(), svm.NuSVC()),
    *cases("iris", svm.NuSVC(), svm.NuSVC(nu=0.2), svm.NuSVC(kernel="poly")),
    *cases("scaled wine", svm.NuSVC(), svm.NuSVC(kernel="linear"), svm.NuSVC(kernel="sigmoid")),
    *cases("diabetes", svm.LinearSVR(random_state=0), svm.LinearSVR(C=10.0, random_state=0)),
    *cases("diabetes", *[svm.SVR(**each) for each in SETTINGS_OF_SVM]),
    *cases("diabetes", *[svm.NuSVR(**each) for each in SETTINGS_OF_SVM]),
    *cases("iris", svm.OneClassSVM(), svm.OneClassSVM(nu=0.1), svm.OneClassSVM(kernel="linear")),
]
DISCRIMINANTS = [
    *cases(
        "iris",
        LinearDiscriminantAnalysis(),
        LinearDiscriminantAnalysis(solver="eigen", shrinkage="auto"),
        LinearDiscriminantAnalysis(solver="lsqr", covariance_estimator=LedoitWolf()),
        QuadraticDiscriminantAnalysis(),
        QuadraticDiscriminantAnalysis(reg_param=0.1),
    ),
    *cases("two species", LinearDiscriminantAnalysis(), QuadraticDiscriminantAnalysis()),
    *cases("iris", EllipticEnvelope(random_state=0), EllipticEnvelope(contamination=0.3)),
]
PROCESSES = [
    *cases(
        "diabetes",
        GaussianProcessRegressor(alpha=1.0),
        GaussianProcessRegressor(gpk.RBF(0.1) + gpk.WhiteKernel(), normalize_y=True),
        GaussianProcessRegressor(gpk.Matern(0.1, nu=1.5) + gpk.WhiteKernel(), normalize_y=True),
        GaussianProcessRegressor(gpk.DotProduct() + gpk.WhiteKernel()),
        GaussianProcessRegressor(gpk.RationalQuadratic(0.1) + gpk.WhiteKernel()),
    ),
    *cases("iris", GaussianProcessClassifier(), GaussianProcessClassifier(1.0 * gpk.RBF(1.0))),
    *cases("two species", GaussianProcessClassifier(), GaussianProcessClassifier(gpk.Matern())),
    *cases("scaled wine", GaussianProcessClassifier()),
]
NETWORKS = [
    *cases("iris", MLPClassifier((20,), random_state=0, max_iter=100)),
    *cases("iris", MLPClassifier((9, 9), activation="tanh", random_state=0, max_iter=100)),
    *cases("two species", MLPClassifier((9,), activation="logistic", random_state=0, max_iter=50)),
    *cases("several labels", MLPClassifier((9,), random_state=0, max_iter=100)),
    *cases("diabetes", MLPRegressor(hidden_layer_sizes=(20,), random_state=0, max_iter=100)),
    *cases(
        "diabetes, two numbers", MLPRegressor(hidden_layer_sizes=(9,), random_state=0, max_iter=100)
    ),
    *cases("digits", BernoulliRBM(5, random_state=0, n_iter=3)),
]
OTHERS = [
    *cases("diabetes, one column", IsotonicRegression(out_of_bounds="clip")),
    *cases("diabetes, one column", IsotonicRegression()),
    *cases("diabetes, one column", IsotonicRegression(increasing=False, out_of_bounds="nan")),
    *cases("diabetes", KernelRidge(), KernelRidge(kernel="rbf"), KernelRidge(kernel="poly")),
    *cases("diabetes", KernelRidge(kernel="laplacian"), KernelRidge(kernel="sigmoid")),
    *cases("wine", KernelRidge(kernel="chi2", gamma=1e-4)),
    *cases("diabetes", PLSRegression(), PLSRegression(3, scale=False)),
    *cases("diabetes, two numbers", CCA(), PLSCanonical(), PLSRegression(), PLSSVD()),
    *cases("iris", DummyClassifier(), DummyClassifier(strategy="most_frequent")),
    *cases("iris", DummyClassifier(strategy="constant", constant="setosa")),
    *cases("iris", DummyClassifier(strategy="stratified"), DummyClassifier(strategy="uniform")),
    *cases("diabetes", DummyRegressor(), DummyRegressor(strategy="median")),
    *cases("diabetes", DummyRegressor(strategy="quantile", quantile=np.float64(0.9).item())),
]
CASES = [
    *REGRESSORS,
    *SEVERAL_NUMBERS,
    *LINEAR_CLASSIFIERS,
    *BAYES,
    *MACHINES,
    *DISCRIMINANTS,
    *PROCESSES,
    *NETWORKS,
    *OTHERS,
]
