"""Sparse codes agree: which atoms are chosen, and how much of each."""

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.decomposition import DictionaryLearning, SparseCoder

from export.errors import ConversionError
from tests.export.conftest import Prove

X = load_digits().data[:200]
ATOMS = np.random.default_rng(0).normal(size=(20, 64))
ATOMS /= np.linalg.norm(ATOMS, axis=1, keepdims=True)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"transform_n_nonzero_coefs": 1},
        {"transform_n_nonzero_coefs": 4, "split_sign": True},
        {"transform_algorithm": "threshold", "transform_alpha": 0.0},
        {"transform_algorithm": "threshold", "split_sign": True, "positive_code": True},
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore:.*Orthogonal matching pursuit ended prematurely")
def test_codes_agree(settings: dict[str, Any], prove: Prove) -> None:
    """An atom at a time, or all at once."""
    prove(SparseCoder(ATOMS, **settings), X)


@pytest.mark.filterwarnings("ignore:.*Orthogonal matching pursuit ended prematurely")
def test_an_atom_that_depends_on_others_ends_the_pursuit(prove: Prove) -> None:
    """Three atoms in a plane, and rows that are one of them, or nothing."""
    atoms = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.6, 0.8, 0.0]])
    rows = np.concatenate([atoms * scale for scale in range(20)])
    prove(SparseCoder(atoms, transform_n_nonzero_coefs=3), rows)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_path_is_refused(prove: Prove) -> None:
    """What iterates until it hardly gets on has no exact form."""
    step = DictionaryLearning(3, max_iter=2, transform_algorithm="lasso_cd", random_state=0)
    with pytest.raises(ConversionError) as caught:
        prove(step, X[:, 20:30])
    assert str(caught.value) == (
        "DictionaryLearning cannot be converted: its transform_algorithm='lasso_cd' follows a "
        "path for each row until it hardly gets on; use transform_algorithm='omp' or 'threshold'."
    )
