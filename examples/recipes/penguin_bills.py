"""Palmer penguins: the length and the depth of the bill. A regressor of two outputs."""

from palmerpenguins import load_penguins
from sklearn.ensemble import RandomForestRegressor
from sklearn.model_selection import train_test_split

from export import Trained

NUMBERS = ["flipper_length_mm", "body_mass_g"]
TARGETS = ["bill_length_mm", "bill_depth_mm"]


def train() -> Trained:
    """Fit one forest for both outputs, on the penguins that were measured."""
    penguins = load_penguins().dropna(subset=NUMBERS + TARGETS)
    X_train, X_test, y_train, y_test = train_test_split(
        penguins[NUMBERS], penguins[TARGETS], test_size=0.2, random_state=42
    )
    forest = RandomForestRegressor(n_estimators=50, min_samples_leaf=5, random_state=42)
    return Trained(
        estimator=forest.fit(X_train, y_train),
        X_train=X_train,
        X_test=X_test,
        y_train=y_train,
        y_test=y_test,
        title="Palmer penguins, bill",
        description="Predicts the length and the depth of a penguin's bill in millimetres.",
        target_names=TARGETS,
    )
