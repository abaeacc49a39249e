"""Palmer penguins: three species from the island, four measurements, the sex and the year.

Real rows, with missing numbers and missing strings. Data: Gorman, Williams and Fraser (2014),
"Ecological sexual dimorphism and environmental variability within a community of Antarctic
penguins (genus Pygoscelis)", as shipped in the package `palmerpenguins`; 344 rows.
"""

from palmerpenguins import load_penguins
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from export import Trained

NUMBERS = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g", "year"]
STRINGS = ["island", "sex"]


def train() -> Trained:
    """Impute, scale and one-hot encode, then fit a random forest on four fifths of the rows."""
    penguins = load_penguins()
    X_train, X_test, y_train, y_test = train_test_split(
        penguins[STRINGS + NUMBERS],
        penguins["species"],
        test_size=0.2,
        stratify=penguins["species"],
        random_state=42,
    )
    columns = ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), NUMBERS),
            (
                "strings",
                make_pipeline(
                    SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore")
                ),
                STRINGS,
            ),
        ]
    )
    forest = RandomForestClassifier(n_estimators=100, random_state=42)
    return Trained(
        estimator=make_pipeline(columns, forest).fit(X_train, y_train),
        X_train=X_train,
        X_test=X_test,
        y_train=y_train,
        y_test=y_test,
        title="Palmer penguins",
        description="Predicts the species of a penguin of the Palmer Archipelago, Antarctica.",
        target_names=["species"],
        feature_titles=[
            "island",
            "sex",
            "bill length (mm)",
            "bill depth (mm)",
            "flipper length (mm)",
            "body mass (g)",
            "year of the study",
        ],
    )
