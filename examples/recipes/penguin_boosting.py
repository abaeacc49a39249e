"""Palmer penguins by gradient boosting, which takes categories and missing values as they are.

The same data as `export/recipes/penguins.py`, without imputers, scaler or one-hot encoder: the
trees split on sets of categories, and send what is missing or unknown to a side of its own.
"""

from palmerpenguins import load_penguins
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder

from export import Trained

NUMBERS = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"]
STRINGS = ["island", "sex"]


def train() -> Trained:
    """Number the categories, then fit trees that split on them as categories."""
    penguins = load_penguins()
    X_train, X_test, y_train, y_test = train_test_split(
        penguins[STRINGS + NUMBERS],
        penguins["species"],
        test_size=0.2,
        stratify=penguins["species"],
        random_state=42,
    )
    numbered = make_column_transformer(
        (
            OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=float("nan")),
            STRINGS,
        ),
        remainder="passthrough",
    )
    boosting = HistGradientBoostingClassifier(
        categorical_features=[0, 1], max_iter=50, random_state=42
    )
    return Trained(
        estimator=make_pipeline(numbered, boosting).fit(X_train, y_train),
        X_train=X_train,
        X_test=X_test,
        y_train=y_train,
        y_test=y_test,
        title="Palmer penguins, boosted",
        description="Predicts the species of a penguin by gradient-boosted trees.",
        target_names=["species"],
    )
