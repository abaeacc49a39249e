"""Converters of estimators to ONNX, one module per family; importing this registers them.

Each computes in double what scikit-learn computes, in scikit-learn's order, and rounds
exactly where scikit-learn rounds.
"""

from export.converters import (
    boosting,
    calibration,
    clusters,
    compose,
    cutoffs,
    delegates,
    discriminant,
    dummies,
    encoders,
    envelopes,
    hist_boosting,
    imputers,
    isotonic,
    linear,
    mixtures,
    multiclass,
    multioutput,
    naive_bayes,
    neural,
    projections,
    scalers,
    similarity,
    svm,
    trees,
)

__all__ = [
    "boosting",
    "calibration",
    "clusters",
    "compose",
    "cutoffs",
    "delegates",
    "discriminant",
    "dummies",
    "encoders",
    "envelopes",
    "hist_boosting",
    "imputers",
    "isotonic",
    "linear",
    "mixtures",
    "multiclass",
    "multioutput",
    "naive_bayes",
    "neural",
    "projections",
    "scalers",
    "similarity",
    "svm",
    "trees",
]
