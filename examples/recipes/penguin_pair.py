"""Palmer penguins: the species and the sex at once. A model of two outputs."""

from palmerpenguins import load_penguins
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split

from export import Trained

NUMBERS = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"]
TARGETS = ["species", "sex"]


def train() -> Trained:
    """Fit one forest for both targets, on the penguins whose sex is known."""
    penguins = load_penguins().dropna()
    X_train, X_test, y_train, y_test = train_test_split(
        penguins[NUMBERS], penguins[TARGETS], test_size=0.2, random_state=42
    )
    return Trained(
        estimator=RandomForestClassifier(n_estimators=50, random_state=42).fit(X_train, y_train),
        X_train=X_train,
        X_test=X_test,
        y_train=y_train,
        y_test=y_test,
        title="Palmer penguins, species and sex",
        description="Predicts the species and the sex of a penguin from four measurements.",
        target_names=TARGETS,
    )
