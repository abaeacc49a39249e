"""Converters of estimators to ONNX, one module per family; importing this registers them.

Each computes in double what scikit-learn computes, in scikit-learn's order, and rounds
exactly where scikit-learn rounds.
"""

from export.converters import (
    boosting,
    calibration,
    compose,
    cutoffs,
    delegates,
    dummies,
    encoders,
    hist_boosting,
    imputers,
    isotonic,
    linear,
    multiclass,
    multioutput,
    scalers,
    trees,
)

__all__ = [
    "boosting",
    "calibration",
    "compose",
    "cutoffs",
    "delegates",
    "dummies",
    "encoders",
    "hist_boosting",
    "imputers",
    "isotonic",
    "linear",
    "multiclass",
    "multioutput",
    "scalers",
    "trees",
]
