"""Topics of texts agree, however many turns each text takes."""

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.decomposition import LatentDirichletAllocation

from tests.export.conftest import Prove


@pytest.mark.parametrize(
    "settings",
    [{}, {"max_doc_update_iter": 2}, {"mean_change_tol": 1e-8, "doc_topic_prior": 0.01}],
    ids=str,
)
def test_topics_agree(settings: dict[str, Any], prove: Prove) -> None:
    """Until they change little enough, or the turns run out."""
    X, _ = load_digits(return_X_y=True)
    prove(LatentDirichletAllocation(4, max_iter=2, random_state=0, **settings), X[:200:, 20:40])


def test_a_text_without_words_agrees(prove: Prove) -> None:
    """Then every topic has what it was given beforehand."""
    X = np.random.default_rng(0).poisson(0.3, (200, 8)).astype(float)
    assert (X.sum(axis=1) == 0).any()
    prove(LatentDirichletAllocation(3, max_iter=2, random_state=0), X)
