"""Words that are hashed into a million columns, of which a text has but a few."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from export.errors import ConversionError
from runtime.model import Model
from tests.export.conftest import Prove
from tests.export.converters.corpus import SPAM, TEXTS

SMALL = 200_000
"""Bytes of a graph that stores what was learned of the words seen, and not a million numbers."""

STEPS: dict[str, list[Any]] = {
    "as it comes": [HashingVectorizer(), SGDClassifier(random_state=0)],
    "words weighted": [
        HashingVectorizer(norm=None, alternate_sign=False),
        TfidfTransformer(sublinear_tf=True),
        LogisticRegression(),
    ],
    "hits": [
        HashingVectorizer(binary=True, norm="l1", ngram_range=(1, 2)),
        LogisticRegression(),
    ],
    "naive": [HashingVectorizer(alternate_sign=False), MultinomialNB()],
    "latent semantics": [
        HashingVectorizer(),
        TruncatedSVD(3, random_state=0),
        LogisticRegression(),
    ],
}


@pytest.mark.parametrize("steps", STEPS.values(), ids=STEPS)
def test_a_million_columns_cost_what_the_words_seen_cost(steps: Any, prove: Prove) -> None:
    """Only the columns of a request's own words are made, and few weights are stored."""
    exported = prove(make_pipeline(*steps), TEXTS, SPAM)
    assert exported.manifest.parity.label_mismatches == 0
    assert exported.size < SMALL


def test_a_table_of_all_columns_holds_every_bit(prove: Prove) -> None:
    """A tree may ask for any column; where there are not too many, all are made."""
    model = make_pipeline(HashingVectorizer(n_features=2**15), DecisionTreeClassifier())
    assert prove(model, TEXTS, SPAM).manifest.parity.tolerance == 0


def test_a_table_of_a_million_columns_is_refused(prove: Prove) -> None:
    """The message names the step that needs the table, its size, and what to do."""
    with pytest.raises(ConversionError) as refused:
        prove(make_pipeline(HashingVectorizer(), DecisionTreeClassifier()), TEXTS, SPAM)
    assert str(refused.value) == (
        "step `decisiontreeclassifier`: DecisionTreeClassifier cannot be converted: it needs "
        "1,048,576 columns as a table, 8.4 MB a row; set the n_features of what hashes to 2**18 "
        "at most, or let a linear model, a naive Bayes classifier or TruncatedSVD follow it."
    )


def test_hashed_columns_stand_beside_others(prove: Prove) -> None:
    """Two texts and a number, each with its own part of the weights."""
    frame = pd.DataFrame({"title": TEXTS, "body": TEXTS[::-1], "size": np.arange(len(TEXTS)) % 5.5})
    columns = make_column_transformer(
        (HashingVectorizer(), "title"),
        (StandardScaler(), ["size"]),
        (HashingVectorizer(ngram_range=(1, 2)), "body"),
    )
    exported = prove(make_pipeline(columns, LogisticRegression()), frame, SPAM)
    assert exported.manifest.parity.label_mismatches == 0


def test_texts_without_a_word_are_answered(prove: Prove) -> None:
    """Where no text of a request has a word, the intercept alone answers."""
    model = make_pipeline(HashingVectorizer(), LogisticRegression())
    path = prove(model, TEXTS, SPAM).path / "model.onnx"
    texts = np.array(["", "!"], dtype=object)
    answer = Model.load(path).run({"string": texts.reshape(-1, 1)})
    assert answer["probabilities"] == pytest.approx(model.predict_proba(texts), rel=1e-12)
