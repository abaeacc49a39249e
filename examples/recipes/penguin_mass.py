"""Palmer penguins: the body mass. Boosted trees with categories and missing values."""

from palmerpenguins import load_penguins
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.model_selection import train_test_split

from export import Trained

CATEGORIES = ["species", "island", "sex"]
NUMBERS = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm"]


def train() -> Trained:
    """Boost 50 trees, which split categories and missing values themselves."""
    penguins = load_penguins().dropna(subset=["body_mass_g"])
    X_train, X_test, y_train, y_test = train_test_split(
        penguins[CATEGORIES + NUMBERS], penguins["body_mass_g"], test_size=0.2, random_state=42
    )
    boosting = HistGradientBoostingRegressor(
        categorical_features=CATEGORIES, max_iter=50, random_state=42
    )
    return Trained(
        estimator=boosting.fit(X_train, y_train),
        X_train=X_train,
        X_test=X_test,
        y_train=y_train,
        y_test=y_test,
        title="Palmer penguins, body mass",
        description="Predicts the body mass of a penguin in grams.",
        target_names=["body_mass_g"],
    )
