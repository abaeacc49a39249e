"""Which transformers answer a sparse matrix. Knows no ONNX: a graph's tensors are dense.

It matters to whoever takes what a sparse matrix leaves out for missing, as XGBoost does.
"""

from typing import Any

from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomTreesEmbedding
from sklearn.feature_extraction import FeatureHasher
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfTransformer
from sklearn.feature_selection import SelectorMixin
from sklearn.preprocessing import (
    Binarizer,
    FunctionTransformer,
    KBinsDiscretizer,
    MaxAbsScaler,
    Normalizer,
    OneHotEncoder,
    PolynomialFeatures,
    QuantileTransformer,
    RobustScaler,
    SplineTransformer,
    StandardScaler,
)

_ALWAYS = (CountVectorizer, FeatureHasher, HashingVectorizer, TfidfTransformer)
_IF_ASKED = (OneHotEncoder, RandomTreesEmbedding, SplineTransformer)
_AS_GIVEN = (
    Binarizer,
    FunctionTransformer,
    MaxAbsScaler,
    Normalizer,
    PolynomialFeatures,
    QuantileTransformer,
    RobustScaler,
    SelectorMixin,
    StandardScaler,
)


def answers_sparse(transformer: Any, given: bool, made: bool) -> bool:
    """Tell whether a fitted transformer answers a sparse matrix.

    `given` tells whether it was given one; `made` whether what is inside it answers one, which
    decides for estimators around others.
    """
    if isinstance(transformer, ColumnTransformer):
        return bool(transformer.sparse_output_)
    if isinstance(transformer, KBinsDiscretizer):
        return bool(transformer.encode == "onehot")
    if isinstance(transformer, _IF_ASKED):
        return bool(transformer.sparse_output)
    if isinstance(transformer, _AS_GIVEN):
        return given
    return made or isinstance(transformer, _ALWAYS)
