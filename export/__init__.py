"""Skiff's build time: a fitted scikit-learn estimator to one checked ONNX artifact.

Knows scikit-learn, skl2onnx and onnx, and imports `runtime`, which never imports it.
"""

from export.errors import ConversionError, ExportError, ParityError, RecipeError
from export.pipeline import Exported, export
from export.recipe import Trained

__all__ = [
    "ConversionError",
    "ExportError",
    "Exported",
    "ParityError",
    "RecipeError",
    "Trained",
    "export",
]
