"""A forest of 100 trees on 30 numbers: the breast cancer data of scikit-learn."""

from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split

from export.recipe import Trained


def train() -> Trained:
    """Fit the forest on four fifths of the rows."""
    X, y = load_breast_cancer(return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=42)
    return Trained(
        estimator=RandomForestClassifier(n_estimators=100, random_state=42).fit(X_train, y_train),
        X_train=X_train,
        X_test=X_test,
        y_train=y_train,
        y_test=y_test,
    )
