"""Lowering the case of texts and stripping their accents, as Python does both.

Everything is done with tables made from Python's own: no locale, and no other version of Unicode.
Texts whose capitals are all ASCII are lowered by ONNX Runtime, in the locale C, which is the same
everywhere; others are cut into pieces of which each stays as it is or is one letter that changes.
"""

import functools
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from onnx import TensorProto

from export.converters.graph import Graph
from export.converters.patterns import CODE_POINTS, Members, character_class, members
from export.converters.tokens import characters, closed, lookup, matches, text
from export.converters.values import TensorName

SIGMAS = frozenset("\u03c3\u03c2")
"""The small sigma, and the one that ends a word."""
_WITH_SIGMA = "(?s).*\u03a3.*"
_WHITE = r"\s"
_AS_IT_IS = "\ufdd1"
_MISREAD = "Conversion Error"
"""The text that some versions of `StringNormalizer` take for a complaint of their own."""
_ASCII, _SIXTEEN_BITS = 0x80, 0x10000
_MOST_TURNS = 64


def preprocess(graph: Graph, step: Any, texts: TensorName, *, sigmas: bool) -> TensorName:
    """Lower the case and strip the accents of texts [N], as far as the vectorizer does.

    `sigmas` says that a final sigma is told from another: where no term has either, it need
    not be.
    """
    strip = _stripper(graph, step)
    if not step.lowercase and strip is None:
        return texts
    table = _became(step, strip)
    plain = graph.op("RegexFullMatch", texts, pattern=f"{character_class(_plain(step, table))}*")
    done = texts
    if step.lowercase:
        misread = graph.op("Equal", texts, text(_MISREAD))
        plain = graph.op("And", plain, graph.op("Not", misread))
        done = graph.op("Where", plain, texts, text(""))
        done = graph.op("StringNormalizer", done, case_change_action="LOWER", locale="C")
    sigmas = sigmas and step.lowercase and step.strip_accents != "ascii"

    def by_pieces(graph: Graph, rows: TensorName) -> TensorName:
        """Map what changes, one letter by itself; the rest in pieces as long as may be."""
        pieces = matches(graph, rows, _pieces(step, table))
        mapped = joined(graph, replaced_characters(graph, pieces, table))
        if not sigmas:
            return mapped
        greek = graph.op("RegexFullMatch", rows, pattern=_WITH_SIGMA)
        return _replaced(graph, greek, rows, mapped, by_letters)

    def by_letters(graph: Graph, rows: TensorName) -> TensorName:
        """Map each letter, those that end a word otherwise than others."""
        letters = characters(graph, rows)
        mapped = replaced_characters(graph, letters, table)
        ends = final_sigmas(graph, letters)
        return joined(graph, graph.op("Where", ends, text("\u03c2"), mapped))

    return _replaced(graph, graph.op("Not", plain), texts, done, by_pieces)


def spaced(graph: Graph, texts: TensorName, *, apart: bool) -> TensorName:
    """Return texts [N] with one space for several white characters.

    With words `apart`, also for one, and with one before the first word and behind the last:
    where there is no word, one is all there is.
    """
    white = members(_WHITE)
    one = character_class(white)
    found = f"{one}{{2,}}"
    if apart:
        texts = graph.op("StringConcat", graph.op("StringConcat", text(" "), texts), text(" "))
        other = white.copy()
        other[ord(" ")] = False
        found = f"{one}{{2,}}|{character_class(other)}"

    def narrowed(graph: Graph, rows: TensorName) -> TensorName:
        pieces = matches(graph, rows, f"{character_class(~white)}+|{one}+")
        white_ones = graph.op("RegexFullMatch", pieces, pattern=found)
        return joined(graph, graph.op("Where", white_ones, text(" "), pieces))

    several = graph.op("RegexFullMatch", texts, pattern=f"(?s).*(?:{found}).*")
    return _replaced(graph, several, texts, texts, narrowed)


def _replaced(
    graph: Graph,
    chosen: TensorName,
    texts: TensorName,
    answers: TensorName,
    make: Callable[[Graph, TensorName], TensorName],
) -> TensorName:
    """Return answers [N], those of the chosen texts being what `make` makes of these."""

    def some(graph: Graph) -> TensorName:
        rows = graph.reshape(graph.op("NonZero", chosen), -1)
        made = make(graph, graph.op("Gather", texts, rows))
        return graph.op("ScatterElements", answers, rows, made)

    any_chosen = graph.op("ReduceMax", graph.cast(chosen, np.int32), keepdims=0)
    return graph.choose(
        graph.cast(any_chosen, np.bool_),
        some,
        lambda graph: graph.op("Identity", answers),
        (TensorProto.STRING, 1),
    )


def _stripper(graph: Graph, step: Any) -> Callable[[str], str] | None:
    """Return what the vectorizer does to accents, as a function of one character."""
    if step.strip_accents is None:
        return None
    if step.strip_accents == "unicode":
        return _without_marks
    if step.strip_accents == "ascii":
        return lambda c: unicodedata.normalize("NFKD", c).encode("ascii", "ignore").decode()
    raise graph.refuse(step, "its strip_accents is a function; use 'unicode' or 'ascii'.")


def _became(step: Any, strip: Callable[[str], str] | None) -> dict[str, str]:
    """Return the characters that change, with what becomes of them: nothing, one or several."""
    table = {}
    for letter in assigned():
        became = letter.lower() if step.lowercase else letter
        became = became if strip is None else strip(became)
        if became != letter:
            table[letter] = became
    return table


def _of(letters: Iterable[str]) -> Members:
    chosen = np.zeros(CODE_POINTS, dtype=np.bool_)
    chosen[[ord(letter) for letter in letters]] = True
    return chosen


def _unchanged(step: Any, table: Mapping[str, str]) -> Members:
    """Return the characters that stay as they are; those that stand for none do, but for ASCII."""
    chosen = ~_of(table)
    if step.strip_accents == "ascii":
        chosen[_ASCII:] = False
    return chosen


def _plain(step: Any, table: Mapping[str, str]) -> Members:
    """Return the characters that only lowering ASCII changes, whatever machine does it.

    Of others, a version of Unicode other than Python's may have a small letter, or a machine not
    read them, whose characters have 16 bits.
    """
    chosen = _unchanged(step, table)
    if step.lowercase:
        chosen &= _of(assigned())
        chosen[_SIXTEEN_BITS:] = False
        chosen[:_ASCII] = True
    return chosen


def _pieces(step: Any, table: Mapping[str, str]) -> str:
    """Return the pattern that cuts texts into what stays and single letters that do not.

    What nothing becomes of is not found.
    """
    changed = _of(letter for letter, became in table.items() if became)
    return f"{character_class(_unchanged(step, table))}+|{character_class(changed)}"


def replaced_characters(graph: Graph, pieces: TensorName, table: dict[str, str]) -> TensorName:
    """Replace each piece by what it becomes, nothing or several characters, or else by itself."""
    mapped = lookup(graph, pieces, table, _AS_IT_IS)
    return graph.op("Where", graph.op("Equal", mapped, text(_AS_IT_IS)), pieces, mapped)


def joined(graph: Graph, pieces: TensorName) -> TensorName:
    """Join the strings of each row of [N, pieces], two by two until one is left: [N]."""

    def halve(graph: Graph, state: tuple[TensorName, ...]) -> tuple[TensorName, ...]:
        (row,) = state
        left, right = (
            graph.op(
                "Slice", row, np.array([side]), np.array([2**31]), np.array([1]), np.array([2])
            )
            for side in (0, 1)
        )
        missing = graph.op("Sub", graph.op("Shape", left), graph.op("Shape", right))
        rows = graph.op("Slice", graph.op("Shape", row), np.array([0]), np.array([1]))
        odd = graph.op("Slice", missing, np.array([1]), np.array([2]))
        pad = graph.op("Expand", text(""), graph.op("Concat", rows, odd, axis=0))
        count = graph.op("Gather", graph.op("Shape", row), np.array(1))
        joined = graph.op("StringConcat", left, graph.concat([right, pad]))
        return graph.op("Greater", count, 2), joined

    pieces = closed(graph, pieces)
    (whole,) = graph.loop(_MOST_TURNS, [(pieces, 2)], halve, kind=TensorProto.STRING)
    return graph.reshape(whole, -1)


def _without_marks(letters: str) -> str:
    normal = unicodedata.normalize("NFKD", letters)
    return "".join(each for each in normal if not unicodedata.combining(each))


@functools.cache
def assigned() -> tuple[str, ...]:
    """Return the characters of Python's version of Unicode; all others are left as they are."""
    every = map(chr, range(CODE_POINTS))
    return tuple(c for c in every if unicodedata.category(c) not in ("Cn", "Co", "Cs"))


@functools.cache
def _cased() -> dict[str, int]:
    """Return 1 for characters that have case, 2 for those that are passed over beside them."""
    table = {}
    for letter in assigned():
        if f"{letter}\u03a3".lower().endswith("\u03c2"):
            table[letter] = 1
        elif f"a{letter}\u03a3".lower().endswith("\u03c2"):
            table[letter] = 2
    return table


def final_sigmas(graph: Graph, letters: TensorName) -> TensorName:
    """Tell which capital sigmas [N, letters] end a word, and become final (Unicode 16, table 3-17).

    Those after a cased letter and not before one, apart from marks and points between them.
    """
    kinds = lookup(graph, letters, _cased(), 0)
    solid = graph.cast(graph.op("Not", graph.op("Equal", kinds, 2)), np.int64)
    cased = graph.cast(graph.op("Equal", kinds, 1), np.int64)
    rank = graph.op("CumSum", solid, np.array(1))
    shape = graph.op("Add", graph.op("Shape", letters), np.array([0, 2]))
    last = graph.op("Sub", graph.op("Gather", shape, np.array(1)), 1)
    place = graph.op("Where", graph.op("Equal", solid, 1), rank, last)
    row = graph.op("ScatterElements", graph.op("Expand", 0, shape), place, cased, axis=1)
    before = graph.op("GatherElements", row, graph.op("Max", graph.op("Sub", rank, 1), 0), axis=1)
    after = graph.op("GatherElements", row, graph.op("Add", rank, 1), axis=1)
    ends = graph.op("Greater", before, after)
    return graph.op("And", ends, graph.op("Equal", letters, text("\u03a3")))
