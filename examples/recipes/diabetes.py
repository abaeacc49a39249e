"""Diabetes: how far the disease has progressed after a year. A regressor.

442 patients, ten measurements. Data: Efron, Hastie, Johnstone and Tibshirani (2004), "Least
angle regression", as shipped in scikit-learn.
"""

from sklearn.datasets import load_diabetes
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from export import Trained


def train() -> Trained:
    """Scale, then fit a ridge regression on four fifths of the rows."""
    X, y = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=42)
    return Trained(
        estimator=make_pipeline(StandardScaler(), Ridge()).fit(X_train, y_train),
        X_train=X_train,
        X_test=X_test,
        y_train=y_train,
        y_test=y_test,
        title="Diabetes progression",
        description="Predicts how far diabetes has progressed a year after the measurements.",
        target_names=["progression"],
        feature_titles=[
            "age (years)",
            "sex (1 or 2)",
            "body mass index",
            "mean blood pressure",
            "total cholesterol",
            "low-density lipoproteins",
            "high-density lipoproteins",
            "cholesterol ratio",
            "log of triglycerides",
            "blood sugar",
        ],
    )
