"""Texts are cut, counted and weighted as scikit-learn does it, whatever they are written in."""

from typing import Any

import numpy as np
import onnx
import pandas as pd
import pytest
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction import FeatureHasher
from sklearn.feature_extraction.text import (
    CountVectorizer,
    HashingVectorizer,
    TfidfTransformer,
    TfidfVectorizer,
)
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from export.converters import hashing, vectorizers
from export.converters.graph import Graph
from export.converters.registry import convert
from export.converters.values import Frame, TensorName
from export.errors import ConversionError
from export.pipeline import Exported
from runtime.model import Model, _session
from tests.export.conftest import Prove
from tests.export.converters.corpus import SPAM, TEXTS

SETTINGS: dict[str, Any] = {
    "default": CountVectorizer(),
    "hashed": HashingVectorizer(n_features=64),
    "weighted": TfidfVectorizer(),
    "cases kept": TfidfVectorizer(lowercase=False, ngram_range=(1, 2)),
    "stop words": TfidfVectorizer(stop_words="english", ngram_range=(1, 3)),
    "stop words of one's own": CountVectorizer(stop_words=["fox", "москва", "οδος"]),
    "frequencies": CountVectorizer(min_df=2, max_df=0.5, max_features=20),
    "accents stripped": TfidfVectorizer(strip_accents="unicode"),
    "ASCII alone": CountVectorizer(strip_accents="ascii", lowercase=False),
    "letters": CountVectorizer(analyzer="char", ngram_range=(1, 2)),
    "letters within words": TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4)),
    "spaces around words": CountVectorizer(analyzer="char_wb", ngram_range=(1, 1)),
    "pairs within words": TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 3)),
    "words shorter than runs": TfidfVectorizer(analyzer="char_wb", ngram_range=(4, 5)),
    "many words shorter than runs": CountVectorizer(analyzer="char_wb", ngram_range=(6, 7)),
    "words of letters, hashed": HashingVectorizer(
        analyzer="char_wb", ngram_range=(1, 5), n_features=64, norm=None
    ),
    "short words of letters, hashed": HashingVectorizer(
        analyzer="char_wb", ngram_range=(5, 6), n_features=64, norm=None
    ),
    "one-letter words": CountVectorizer(token_pattern=r"(?u)\b\w+\b"),
    "short words": CountVectorizer(token_pattern=r"\b[^\W\d_]{2,5}\b"),
    "anything but spaces": CountVectorizer(token_pattern=r"\S+", binary=True),
    "spaces for words": CountVectorizer(token_pattern=r"\s+|\w", ngram_range=(1, 3)),
    "spaces within words": TfidfVectorizer(token_pattern=r"[\w ]+", ngram_range=(1, 2)),
    "words with hyphens": CountVectorizer(token_pattern=r"(?i)[a-z]+(?:[-'][a-z]+)*"),
    "a vocabulary": TfidfVectorizer(
        vocabulary=["fox", "quick brown", "οδός", "", "of"],
        ngram_range=(1, 2),
        stop_words="english",
    ),
    "a vocabulary of either case": CountVectorizer(
        vocabulary={"fox": 2, "Fox": 0, "ΟΔΟΣ": 1}, lowercase=False
    ),
    "sums": TfidfVectorizer(norm="l1", smooth_idf=False),
    "counts as they are": TfidfVectorizer(norm=None, use_idf=False, binary=True),
    "signs": HashingVectorizer(n_features=8, norm="l1", ngram_range=(1, 2)),
    "hits": HashingVectorizer(n_features=8, norm=None, binary=True),
    "without signs": HashingVectorizer(n_features=8, alternate_sign=False),
}


@pytest.mark.parametrize("vectorizer", SETTINGS.values(), ids=SETTINGS)
def test_every_setting_is_exact(vectorizer: Any, prove: Prove) -> None:
    """Real text, nasty text and any characters at all give the same terms and weights."""
    assert prove(vectorizer, TEXTS).manifest.parity.tolerance == 0


FEW: dict[str, Any] = {
    "weighted": TfidfVectorizer(ngram_range=(1, 2)),
    "sums": TfidfVectorizer(norm="l1", smooth_idf=False),
    "counts": CountVectorizer(analyzer="char_wb", ngram_range=(1, 3)),
    "hits": CountVectorizer(binary=True),
    "signs": HashingVectorizer(n_features=16, norm="l1", ngram_range=(1, 2)),
    "hashed hits": HashingVectorizer(n_features=16, binary=True),
}


@pytest.mark.parametrize("vectorizer", FEW.values(), ids=FEW)
def test_rows_that_hold_few_of_many_columns_are_exact(
    vectorizer: Any, prove: Prove, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tables of which a row holds but its own columns have the same bits as whole ones."""
    for module in (vectorizers, hashing):
        monkeypatch.setattr(module, "full_of", lambda _step: 0)
    assert prove(vectorizer, TEXTS).manifest.parity.tolerance == 0


def test_many_columns_are_weighted_for_several_classes(prove: Prove) -> None:
    """Each class has its own weights of the columns that a row holds."""
    model = make_pipeline(HashingVectorizer(ngram_range=(1, 2)), LogisticRegression())
    exported = prove(model, TEXTS, np.arange(len(TEXTS)) % 4)
    assert exported.manifest.parity.label_mismatches == 0


def test_a_long_text_is_read_to_its_end(prove: Prove) -> None:
    """A text of a hundred thousand words, beside empty ones."""
    exported = prove(CountVectorizer(), TEXTS)
    texts = np.array(["", "quick ΟΔΟΣ " * 50_000 + "fox", "fox"], object)
    assert transformed(exported, texts).sum(axis=1).tolist() == [0, 100_001, 1]


@pytest.mark.parametrize(
    "vectorizer",
    [
        TfidfVectorizer(ngram_range=(1, 4), max_features=20),
        CountVectorizer(analyzer="char", ngram_range=(1, 4), max_features=20),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), max_features=20),
        CountVectorizer(analyzer="char_wb", ngram_range=(5, 6), max_features=20),
        HashingVectorizer(analyzer="char_wb", ngram_range=(1, 5), n_features=64),
        HashingVectorizer(ngram_range=(1, 2)),
    ],
    ids=["words", "letters", "within words", "short words", "hashed", "hashed into many"],
)
def test_no_table_is_wider_than_its_text(vectorizer: Any, prove: Prove) -> None:
    """Many words: every table has its part of what the manifest says."""
    exported = prove(make_pipeline(vectorizer, LogisticRegression()), TEXTS, SPAM)
    memory = exported.manifest.memory
    assert memory is not None
    assert exported.manifest.features[0].longest == memory.longest()
    texts = np.array([["Ab É " * 400], ["fox"]], object)
    longest = len(texts[0, 0])
    model = onnx.load(exported.path / "model.onnx")
    names = [name for node in model.graph.node for name in node.output if name]
    del model.graph.output[:]
    model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
    tables = _session(model.SerializeToString(), exported.path, 1).run(names, {"string": texts})
    sizes = [32 * each.size if each.dtype == object else each.nbytes for each in tables]
    # There is a word of 32 bytes for five characters.
    assert 2 * 32 * longest / 5 <= max(sizes) < memory.needed(2, longest) / 2


def test_empty_texts_alone_are_answered(prove: Prove) -> None:
    """Where no text of a request has a word, all counts are zero."""
    for analyzer in ("word", "char", "char_wb"):
        exported = prove(CountVectorizer(analyzer=analyzer, strip_accents="unicode"), TEXTS)
        assert not transformed(exported, np.array(["", ""], object)).any()


def test_texts_too_short_for_any_term_alone_are_answered(prove: Prove) -> None:
    """Also where only the columns are made of terms that there are."""
    vectorizer = HashingVectorizer(analyzer="char", ngram_range=(3, 4))
    exported = prove(make_pipeline(vectorizer, LogisticRegression()), TEXTS, SPAM)
    assert exported.manifest.parity.label_mismatches == 0


@pytest.mark.parametrize(
    "steps",
    [
        [TfidfVectorizer(sublinear_tf=True), LogisticRegression()],
        [CountVectorizer(), TfidfTransformer(), MultinomialNB()],
        [HashingVectorizer(n_features=4096), LogisticRegression()],
        [TfidfVectorizer(), TruncatedSVD(3, random_state=0), LogisticRegression()],
    ],
    ids=["sublinear", "counted, then weighted", "hashed", "latent semantics"],
)
def test_text_models_agree(steps: Any, prove: Prove) -> None:
    """What people do with terms agrees within rounding."""
    assert prove(make_pipeline(*steps), TEXTS, SPAM).manifest.parity.label_mismatches == 0


def test_texts_beside_other_columns_agree(prove: Prove) -> None:
    """A data frame may hold texts, each with its own vectorizer, and columns of other kinds."""
    frame = pd.DataFrame({"title": TEXTS, "body": TEXTS[::-1], "size": np.arange(len(TEXTS)) % 5})
    columns = ColumnTransformer(
        [
            ("title", CountVectorizer(), "title"),
            ("body", TfidfVectorizer(analyzer="char_wb"), "body"),
            ("size", OneHotEncoder(), ["size"]),
        ]
    )
    exported = prove(make_pipeline(columns, LogisticRegression()), frame, SPAM)
    assert [feature.dtype for feature in exported.manifest.features] == [
        "string",
        "string",
        "int64",
    ]


REFUSED: dict[str, tuple[Any, str]] = {
    "a tokenizer": (
        CountVectorizer(tokenizer=str.split, token_pattern=None),
        "its tokenizer is a function; use its other settings, or do it beforehand.",
    ),
    "a preprocessor": (
        HashingVectorizer(n_features=100, preprocessor=str.lower),
        "its preprocessor is a function; use its other settings, or do it beforehand.",
    ),
    "an analyzer": (
        TfidfVectorizer(analyzer=str.split),
        "its analyzer is a function; use its other settings, or do it beforehand.",
    ),
    "a stripper of accents": (
        CountVectorizer(strip_accents=str.lower),
        "its strip_accents is a function; use 'unicode' or 'ascii'.",
    ),
    "single precision": (
        TfidfVectorizer(dtype=np.float32),
        "its dtype is float32; use float64, the default.",
    ),
    "small counts": (
        CountVectorizer(dtype=np.uint8),
        "its dtype is uint8; use int64, the default.",
    ),
    "a pattern": (
        CountVectorizer(token_pattern=r"(?<!\d)\w+"),
        r"its token_pattern '(?<!\\d)\\w+' has no exact form: it has assert_not.",
    ),
}


@pytest.mark.parametrize(("vectorizer", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_has_no_exact_form_is_refused(vectorizer: Any, reason: str, prove: Prove) -> None:
    """Functions of the user's own, other precisions, and patterns that RE2 cannot express."""
    with pytest.raises(ConversionError) as refused:
        prove(vectorizer, TEXTS)
    name = type(vectorizer).__name__
    assert str(refused.value) == f"{name} cannot be converted: {reason}"


NOT_A_TEXT: dict[str, tuple[Any, str]] = {
    "files": (
        CountVectorizer(input="filename"),
        "input='filename' reads files; pass it the texts themselves.",
    ),
    "two columns": (
        CountVectorizer(),
        "it takes one column of texts; it is given 2.",
    ),
    "dictionaries": (
        FeatureHasher(8),
        (
            "its input_type is 'dict', of which no table is made; "
            'use "string" with an array of strings, or a OneHotEncoder with columns.'
        ),
    ),
}


@pytest.mark.parametrize(("step", "reason"), NOT_A_TEXT.values(), ids=NOT_A_TEXT)
def test_what_is_no_column_of_texts_is_refused(step: Any, reason: str) -> None:
    """Before a node is made of it."""
    step.fixed_vocabulary_, step.vocabulary_ = True, {"a": 0}
    two_columns = Frame.of(TensorName("string"), 2, is_string=True)
    with pytest.raises(ConversionError) as refused:
        convert(Graph(None, None), step, two_columns)
    assert str(refused.value) == f"{type(step).__name__} cannot be converted: {reason}"


def transformed(exported: Exported, texts: NDArray[Any]) -> NDArray[np.float64]:
    """Return what a graph makes of texts."""
    model = Model.load(exported.path / "model.onnx")
    return np.asarray(model.run({"string": texts.reshape(-1, 1)})["transformed"])
