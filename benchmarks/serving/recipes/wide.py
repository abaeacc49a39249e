"""A scaler and a logistic regression on 300 columns, of rows that are made up."""

from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from export.recipe import Trained


def train() -> Trained:
    """Fit the pipeline on four fifths of the rows."""
    X, y = make_classification(1000, 300, n_informative=50, random_state=42)
    X_train, X_test, y_train, y_test = train_test_split(
        X.round(3), y, test_size=0.2, random_state=42
    )
    return Trained(
        estimator=make_pipeline(StandardScaler(), LogisticRegression()).fit(X_train, y_train),
        X_train=X_train,
        X_test=X_test,
        y_train=y_train,
        y_test=y_test,
    )
