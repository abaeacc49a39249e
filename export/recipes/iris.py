"""Iris: three species of iris from four measurements of the flower. Copy it for your own.

Data: Fisher (1936), "The use of multiple measurements in taxonomic problems", as shipped
with scikit-learn; 150 rows.
"""

from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from export import Trained


def train() -> Trained:
    """Fit a scaler and a logistic regression on four fifths of the rows."""
    iris = load_iris()
    X_train, X_test, y_train, y_test = train_test_split(
        iris.data, iris.target, test_size=0.2, stratify=iris.target, random_state=42
    )
    return Trained(
        estimator=make_pipeline(StandardScaler(), LogisticRegression()).fit(X_train, y_train),
        X_train=X_train,
        X_test=X_test,
        y_train=y_train,
        y_test=y_test,
        title="Iris species",
        description="Predicts the species of an iris from four measurements of its flower.",
        target_names=["species"],
        feature_titles=iris.feature_names,
        class_names=iris.target_names,
        example={"feature1": 5.1, "feature2": 3.5, "feature3": 1.4, "feature4": 0.2},
    )
