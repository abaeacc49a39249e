"""Every estimator of scikit-learn: the cases that it is measured in, or why there are none."""

from typing import Any

from sklearn.utils import all_estimators

from tests.verdicts import linear, transformers, trees, wrappers
from tests.verdicts.cases import Case

CASES: list[Case] = [*linear.CASES, *transformers.CASES, *trees.CASES, *wrappers.CASES]

_ONLY_ITS_OWN = "it groups or places only the rows that it is fitted on"
_SCORES = "it estimates a covariance; EllipticEnvelope judges new rows by one"
_NO_TABLE = "it transforms targets, not rows of features; the export does so with class labels"
UNANSWERING: dict[str, str] = {
    **dict.fromkeys(
        [
            "AgglomerativeClustering",
            "ClassicalMDS",
            "DBSCAN",
            "HDBSCAN",
            "MDS",
            "OPTICS",
            "SpectralBiclustering",
            "SpectralClustering",
            "SpectralCoclustering",
            "SpectralEmbedding",
            "TSNE",
        ],
        _ONLY_ITS_OWN,
    ),
    **dict.fromkeys(
        [
            "EmpiricalCovariance",
            "GraphicalLasso",
            "GraphicalLassoCV",
            "LedoitWolf",
            "MinCovDet",
            "OAS",
            "ShrunkCovariance",
        ],
        _SCORES,
    ),
    "KernelDensity": "it scores how likely rows are, and neither predicts nor transforms",
    "NearestNeighbors": "it finds neighbours; KNeighborsTransformer answers them as a table",
    **dict.fromkeys(["LabelBinarizer", "LabelEncoder", "MultiLabelBinarizer"], _NO_TABLE),
    "DictVectorizer": "it reads a dictionary for each row; a OneHotEncoder reads columns",
    "PatchExtractor": "it cuts images, four-dimensional arrays, into several rows each",
}
"""The estimators that have no verdict, since there is no table of new rows that they answer."""


def installed() -> dict[str, Any]:
    """Return every estimator of the installed scikit-learn by its name, experimental ones too."""
    return dict(all_estimators())
