"""Sparse matrices: which transformers answer them, and those that estimators keep.

Knows no ONNX: a graph's tensors are dense. Whether a matrix was sparse matters to whoever takes
what it leaves out for missing, as XGBoost does.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomTreesEmbedding
from sklearn.feature_extraction import FeatureHasher
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfTransformer
from sklearn.feature_selection import SelectorMixin
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.kernel_approximation import AdditiveChi2Sampler
from sklearn.neighbors import KNeighborsTransformer, RadiusNeighborsTransformer
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
from sklearn.random_projection import SparseRandomProjection

_ALWAYS = (
    CountVectorizer,
    FeatureHasher,
    HashingVectorizer,
    KNeighborsTransformer,
    RadiusNeighborsTransformer,
    TfidfTransformer,
)
_IF_ASKED = (OneHotEncoder, RandomTreesEmbedding, SplineTransformer)
_AS_GIVEN = (
    AdditiveChi2Sampler,
    Binarizer,
    FunctionTransformer,
    MaxAbsScaler,
    MissingIndicator,
    Normalizer,
    PolynomialFeatures,
    QuantileTransformer,
    RobustScaler,
    SelectorMixin,
    SimpleImputer,
    SparseRandomProjection,
    StandardScaler,
)


def dense(matrix: Any) -> NDArray[np.float64]:
    """Return what an estimator keeps, which is sparse where it was fitted on such, as an array."""
    return np.asarray(matrix.toarray() if hasattr(matrix, "toarray") else matrix, np.float64)


def answers_sparse(transformer: Any, given: bool, made: bool) -> bool:
    """Tell whether a fitted transformer answers a sparse matrix.

    `given` tells whether it was given one; `made` whether what is inside it answers one, which
    decides for estimators around others.
    """
    if isinstance(transformer, ColumnTransformer):
        return bool(transformer.sparse_output_)
    if isinstance(transformer, KBinsDiscretizer):
        return bool(transformer.encode == "onehot")
    if isinstance(transformer, MissingIndicator) and transformer.sparse != "auto":
        return bool(transformer.sparse)
    if isinstance(transformer, SparseRandomProjection):
        given = given and not transformer.dense_output
    if isinstance(transformer, _IF_ASKED):
        return bool(transformer.sparse_output)
    if isinstance(transformer, _AS_GIVEN):
        return given
    return made or isinstance(transformer, _ALWAYS)
