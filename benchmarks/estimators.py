"""Times the usual estimators beside scikit-learn, trees apart: `-m benchmarks.estimators 1`."""

import sys
from collections.abc import Iterator

from sklearn.cluster import KMeans
from sklearn.datasets import make_classification
from sklearn.decomposition import PCA
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, LocalOutlierFactor
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    PolynomialFeatures,
    PowerTransformer,
    QuantileTransformer,
    SplineTransformer,
    StandardScaler,
)
from sklearn.svm import SVC, SVR
from threadpoolctl import threadpool_limits

from benchmarks.inprocess import Case, print_table


def cases() -> Iterator[Case]:
    """Yield pipelines for 20 columns of 2,500 rows, and searches for 4 columns, too."""
    X, y = make_classification(2500, 20, n_informative=10, n_classes=3, random_state=0)
    logistic = LogisticRegression(max_iter=1000)
    for name, steps in {
        "logistic regression": (logistic,),
        "PCA": (PCA(10), logistic),
        "polynomials of degree 2": (PolynomialFeatures(2), logistic),
        "polynomials of degree 3": (PolynomialFeatures(3), LogisticRegression(max_iter=50)),
        "splines": (SplineTransformer(), logistic),
        "power transform": (PowerTransformer(), logistic),
        "quantile transform": (QuantileTransformer(random_state=0), logistic),
        "Gaussian naive Bayes": (GaussianNB(),),
        "neural network, 100": (MLPClassifier(random_state=0, max_iter=50),),
        "neural network, 500 and 500": (MLPClassifier((500, 500), random_state=0, max_iter=10),),
        "Nystroem, 300": (Nystroem(n_components=300, random_state=0), logistic),
        "SVC": (SVC(),),
        "SVR": (SVR(),),
        "k-means": (KMeans(8, random_state=0),),
        "k nearest neighbours": (KNeighborsClassifier(),),
    }.items():
        yield Case(name, "20", make_pipeline(StandardScaler(), *steps), X, y)
    X, y = make_classification(2500, 4, n_informative=4, n_redundant=0, random_state=0)
    for name, search in {
        "k nearest neighbours": KNeighborsClassifier(),
        "local outlier factor": LocalOutlierFactor(novelty=True),
    }.items():
        yield Case(name, "4", make_pipeline(StandardScaler(), search), X, y)


if __name__ == "__main__":
    count = int(sys.argv[1])
    with threadpool_limits(count):
        print_table("columns", cases(), count)
