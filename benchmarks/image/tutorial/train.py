"""Train the model that Skiff's Iris recipe trains, and pickle it."""

import joblib
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

X, y = load_iris(return_X_y=True, as_frame=True)
X.columns = ["feature1", "feature2", "feature3", "feature4"]
X_train, _, y_train, _ = train_test_split(X, y, test_size=0.2, stratify=y, random_state=0)
joblib.dump(
    make_pipeline(StandardScaler(), LogisticRegression()).fit(X_train, y_train), "model.joblib"
)
