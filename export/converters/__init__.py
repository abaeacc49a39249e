"""Converters of estimators to ONNX, one module per family; importing this registers them.

Each computes in double what scikit-learn computes, in scikit-learn's order, and rounds
exactly where scikit-learn rounds.
"""

from export.converters import (
    calibration,
    clusters,
    compose,
    cutoffs,
    delegates,
    discriminant,
    dummies,
    encoders,
    envelopes,
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
    "calibration",
    "clusters",
    "compose",
    "cutoffs",
    "delegates",
    "discriminant",
    "dummies",
    "encoders",
    "envelopes",
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
