"""Texts that try a text model: the words of the corpus shuffled, and Unicode at its worst."""

import functools
import unicodedata
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_TEXTS = 400
MOST_WORDS = 60
MOST_CHARACTERS = 40
ANYTHING_SHARE = 0.2
"""How many of the texts are characters drawn from all that there are."""
NASTY = (
    "",
    " ",
    "\t\n\r\x0b\x0c\x1c\u2028\u00a0 \u3000",
    "a",
    "a b",
    "A-B_c.d,e;f:g!h?i'j\"k",
    "don't can\u2019t o'clock rock'n'roll",
    "\u00c9COLE na\u00efve Stra\u00dfe STRA\u1e9eE",
    "\u0141\u00d3D\u0179 \u0130stanbul I\u0307 DI\u015eI",
    "\u039f\u0394\u039f\u03a3 \u03a3 \u03a3\u0391\u03a3 \u0391\u03a3'",
    "\u0391\u03a3'\u0391 \u0391\u03a3\u0301 \u0391\u03a3.\u0392",
    "e\u0301cole cafe\u0301 \u1e69 s\u0323\u0307 s\u0307\u0323 \uac00 \u1100\u1161",
    "\ufb01ne \u00bd \u2460 \u01c4 \u33a1 \ufdfa \u2126 \u212b \uff21\uff22\uff23 \u1d400",
    "\u4e2d\u6587\u5206\u8bcd \u65e5\u672c\u8a9e \ud55c\uad6d\uc5b4",
    "\u0e20\u0e32\u0e29\u0e32\u0e44\u0e17\u0e22 \u0627\u0644\u0639\u0631\u0628\u064a\u0629",
    "\U0001f600 \U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f1eb\U0001f1f7",
    "\U00010400\U00010428 \U0001d49c",
    "\u0660\u0661\u0662 \u096a\u096b \u00b2\u00b3 1,000.50 1e-10 0x1F x_1 __init__",
    "zero\u200bwidth soft\u00adhyphen non\u2011breaking \ufeffbom \u202ertl\u202c",
    "http://example.org/a?b=c&d=e#f user@example.org #tag @name <b>bold</b> &amp;",
    "nul\x00char \x02start\x03end \x7f \x85 \ue000 \U000f0000 \u0378",
    "\ufdd1 \ufdd2 a\ufdd2b \ufdd3",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "double  space   triple end ",
)
_JOINTS = (" ", " ", " ", "  ", "\n", ", ", ". ", "-", "'", "")


def fuzzed(seen: Sequence[str], rng: np.random.Generator) -> NDArray[Any]:
    """Return texts made of the words of those seen, in other orders, cases and company.

    Some are not made of words but of any characters.
    """
    words = sorted({word for each in seen for word in each.split()}) or ["word"]
    pieces = [*words, *(piece for each in NASTY for piece in each.split())]
    texts = list(NASTY)
    while len(texts) < MOST_TEXTS:
        if rng.random() < ANYTHING_SHARE:
            texts.append(_anything(rng))
            continue
        count = int(rng.integers(1, MOST_WORDS))
        pool = words if rng.random() < 0.5 else pieces
        chosen = [str(rng.choice(pool)) for _ in range(count)]
        cased = [_cased(word, int(rng.integers(8))) for word in chosen]
        texts.append("".join(word + str(rng.choice(_JOINTS)) for word in cased))
    return np.array(texts, dtype=object)


def _anything(rng: np.random.Generator) -> str:
    """Return characters of all scripts, those of rare categories as often as letters."""
    categories = list(_categories().values())
    chosen = rng.integers(len(categories), size=int(rng.integers(MOST_CHARACTERS)))
    return "".join(chr(int(rng.choice(categories[category]))) for category in chosen)


@functools.cache
def _categories() -> dict[str, NDArray[np.int64]]:
    """Return all code points by their general category, but for surrogates."""
    found: dict[str, list[int]] = {}
    for code in range(0x110000):
        found.setdefault(unicodedata.category(chr(code)), []).append(code)
    return {name: np.array(codes) for name, codes in found.items() if name != "Cs"}


def _cased(word: str, choice: int) -> str:
    return {0: word.upper(), 1: word.title(), 2: word.swapcase()}.get(choice, word)
