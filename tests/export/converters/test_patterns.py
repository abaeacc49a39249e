"""Patterns of Python's `re` become patterns of RE2 that find the same tokens, or are refused."""

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer

from export.converters.patterns import PatternError, TokenPattern, character_class, token_pattern
from tests.export.conftest import Prove

TEXTS = np.array(
    [
        "It's the well-known e-mail of x_1, at 1,000.50 $ or 12 €!",
        "Ça dépend: l'été à Łódź, naïve cafés",
        "ΟΔΟΣ οδός Москва 中文 ٣٤ 42nd a1 1a -- _ __x__",
        "#tag @name http://example.org/a-b?c=d https://x.y",
        "",
    ]
    * 4,
    dtype=object,
)

FOUND = {
    "the default": r"(?u)\b\w\w+\b",
    "every word": r"\b\w+\b",
    "words from their beginning": r"\b\w\w+",
    "words to their end": r"\w+\b",
    "the only group": r"\b(\w\w+)\b",
    "the whole as a group": r"(\w+)",
    "long ASCII words": r"\b[a-zA-Z]{3,}\b",
    "words without digits": r"\b[^\d\W]+\b",
    "words with an ASCII letter": r"(?ui)\b\w*[a-z]+\w*\b",
    "words of ASCII": r"(?a)\b\w\w+\b",
    "as few letters as there may be": r"\b\w\w+?\b",
    "words of a length": r"\b\w{2,4}\b",
    "letters and digits in turn": r"\b(?:[a-z]\d|\d[a-z])+\b",
    "one letter": r"\b[a-z]\b",
    "anything but spaces": r"\S+",
    "all but one character": r"[^,]+",
    "any character": r".",
    "a character that is none": r"[^a]b|é",
    "parts of words": r"[a-z]+(?:'[a-z]+)?",
    "an optional part": r"(?:(?:http|https)://)?\w+",
    "one way or another": r"@\w+|#\w+|\w+",
    "spelled out": r"(?x) \w + # letters",
    "as often as that": r"[a-z]{2}|\d{1,3}",
}


@pytest.mark.parametrize("pattern", FOUND.values(), ids=FOUND)
def test_the_same_tokens_are_found(pattern: str, prove: Prove) -> None:
    """On texts of several scripts, seen and made up, every count is equal."""
    vectorizer = CountVectorizer(token_pattern=pattern, lowercase=False)
    assert prove(vectorizer, TEXTS).manifest.parity.tolerance == 0


REFUSED = {
    r"\w*": "it also matches where there is nothing",
    r"\w+|\$[\d\.]+|\S+": "it may find less than the longest match; ONNX Runtime finds that",
    r"\w+?": "it may find less than the longest match; ONNX Runtime finds that",
    r"[a-z]+(?=\s)": "it has assert",
    r"(?<!\d)\w+": "it has assert_not",
    r"(\w)\1": "it captures a part of the token",
    r"\w++": "it has possessive_repeat",
    r"(?:\w(?i:a))+": "a part of it has flags of its own",
    r"^\w+": r"it has anchors other than \b at its ends",
    r"\b\w+\b|!": r"it has anchors other than \b at its ends",
    r"\b\w\w+?": r"it has \b at one end alone, and is not of any words",
    r"\b[a-z]+": r"it has \b at one end alone, and is not of any words",
    r"\b[\w-]+\b": r"beside its \b there are characters that are not of words",
    r"\w{1001}": "it repeats more than 1,000 times",
    r"\w{20}": "it is too long for ONNX Runtime once its repeats are written out",
    r"(?>\w+)": "it has atomic_group",
}


@pytest.mark.parametrize(("pattern", "reason"), REFUSED.items(), ids=REFUSED)
def test_what_would_be_found_otherwise_is_refused(pattern: str, reason: str) -> None:
    """RE2 has no assertions, and ONNX Runtime takes the longest of several matches."""
    with pytest.raises(PatternError) as refused:
        token_pattern(pattern)
    assert str(refused.value) == reason


def test_words_of_a_length_need_no_second_look() -> None:
    """What only asks for the length of a word is one class, repeated."""
    word = np.array([chr(code).isalnum() or chr(code) == "_" for code in range(0x110000)])
    expected = TokenPattern(f"{character_class(word)}{{3,}}")
    assert token_pattern(r"\b\w\w\w+\b") == expected


def test_a_class_is_written_as_its_ranges() -> None:
    """Runs of code points; surrogates, which are no characters, are left out."""
    chosen = np.zeros(0x110000, dtype=bool)
    chosen[[0x41, 0x42, 0x43, 0xD7FF, 0xD800, 0x10FFFF]] = True
    assert character_class(chosen) == r"[\x{41}-\x{43}\x{D7FF}-\x{D7FF}\x{10FFFF}-\x{10FFFF}]"
