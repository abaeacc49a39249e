"""Texts are lowered, stripped of accents and spaced as Python does it, letter by letter."""

import json
import os
import subprocess
import sys
import unicodedata
from typing import Any

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfVectorizer

from tests.conftest import ROOT
from tests.export.conftest import Prove
from tests.export.converters.corpus import TEXTS
from tests.export.converters.test_vectorizers import transformed

CASES = {
    "ASCII": ["The QUICK fox", "Conversion Error", ""],
    "letters that change one by one": ["ÉCOLE İstanbul", "𐐀𐐨 MOSKVA Москва"],
    "sigmas": ["ΟΔΟΣ", "ΑΣ'Α ΑΣ\u0301 σς", "Σ"],
}
"""Texts whose case is lowered in one way each."""


@pytest.mark.parametrize("strip_accents", [None, "unicode", "ascii"])
def test_cases_are_lowered_alike_alone_and_together(strip_accents: Any, prove: Prove) -> None:
    """Of texts that are computed together, each is lowered in its own way, and put in its place."""
    vectorizer = HashingVectorizer(n_features=512, strip_accents=strip_accents, norm=None)
    exported = prove(vectorizer, TEXTS)
    every = [text for texts in CASES.values() for text in texts]
    for texts in (*CASES.values(), every, every[::-1], *([text] for text in every)):
        array = np.array(texts, dtype=object)
        assert np.array_equal(transformed(exported, array), vectorizer.transform(texts).toarray())


@pytest.mark.parametrize(
    "texts",
    [["a  b", "a b"], ["a\nb\tc"], ["\t a\u3000\x1cb\r\n", "c"], [" ", "\n", "\n\n", "a"]],
    ids=["two", "others", "both", "nothing else"],
)
@pytest.mark.parametrize("analyzer", ["char", "char_wb"])
def test_white_characters_become_one_space(analyzer: str, texts: list[str], prove: Prove) -> None:
    """Several do, and within words one other than the space does, too."""
    vectorizer = CountVectorizer(analyzer=analyzer, ngram_range=(1, 3))
    exported = prove(vectorizer, [*TEXTS, "a b c", "b\nc\td", "a\u3000b"])
    expected = vectorizer.transform(texts).toarray()
    assert np.array_equal(transformed(exported, np.array(texts, dtype=object)), expected)


@pytest.mark.parametrize(
    "options",
    [{}, {"strip_accents": "unicode"}, {"strip_accents": "ascii", "token_pattern": r"\S+"}],
    ids=["default", "unicode", "ascii"],
)
def test_every_character_there_is(options: Any, prove: Prove) -> None:
    """Each code point between letters, after a capital sigma and alone is cut as Python cuts.

    Of those that stand for no character of their own, one in a hundred.
    """
    vectorizer = HashingVectorizer(n_features=512, norm=None, alternate_sign=False, **options)
    exported = prove(vectorizer, TEXTS)
    letters = [
        chr(code)
        for code in range(0x110000)
        if (kind := unicodedata.category(chr(code))) not in ("Cn", "Co", "Cs")
        or (kind != "Cs" and code % 100 == 0)
    ]
    pieces = [f"a{letter}bc {letter} Α{letter}Σ{letter}" for letter in letters]
    texts = np.array(["|".join(pieces[i : i + 2048]) for i in range(0, len(pieces), 2048)], object)
    assert np.array_equal(transformed(exported, texts), vectorizer.transform(texts).toarray())


_RUN = """
import json, sys
from pathlib import Path
import numpy as np
from runtime.model import Model
model = Model.load(Path(sys.argv[1]))
texts = np.array(json.load(sys.stdin), object).reshape(-1, 1)
print(json.dumps(model.run({"string": texts})["transformed"].tolist()))
"""


def test_no_locale_is_needed(prove: Prove) -> None:
    """A graph lowers the case of any script where there is no locale but C."""
    vectorizer = TfidfVectorizer(strip_accents="unicode", ngram_range=(1, 2))
    path = prove(vectorizer, TEXTS).path / "model.onnx"
    environ = {key: os.environ[key] for key in ("PATH",)} | {"LC_ALL": "C", "PYTHONUTF8": "0"}
    done = subprocess.run(
        [sys.executable, "-c", _RUN, str(path)],
        cwd=ROOT,
        env=environ,
        input=json.dumps(TEXTS.tolist()),
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == vectorizer.transform(TEXTS).toarray().tolist()
