"""Text vectorizers: how often each term is in each text, weighted and normalized."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import (
    CountVectorizer,
    TfidfTransformer,
    TfidfVectorizer,
)

from export.converters import letters, terms, tokens
from export.converters.graph import Graph
from export.converters.registry import converts
from export.converters.scattered import FULL, added, scattered, weights_of
from export.converters.values import Frame, TensorName

_CUT_BYTES, _RUN_BYTES = 256, 32
"""What cutting a text takes for each of its characters, and each of the runs found there.

Strings of 32 bytes, in several tables at once; long ones, of emoji for instance, take more. As
`graph.COLUMN_BYTES`, measured (docs/exactness.md).
"""
_SHORTEST_WORD = 3
"""Characters of a word of one letter, between two spaces."""


@converts(CountVectorizer, exact=True)
def count_vectorizer(graph: Graph, step: CountVectorizer, frame: Frame) -> Frame:
    """Count the terms of the vocabulary."""
    check(graph, step, frame)
    known = _producible(step, step.vocabulary_)
    sigmas = any(letters.SIGMAS & set(term) for term in known)
    shortest, longest = step.ngram_range
    cut = tokens_of(graph, step, frame, sigmas=sigmas)
    width = len(step.vocabulary_)
    if step.analyzer == "word":
        spaces = tokens.pattern_of(graph, step).spaces
        parted = terms.of_words(known, range(shortest, longest + 1), spaces=spaces)
        if longest == 1:  # No run goes over what is dropped, and that is no term itself.
            cut = cut._replace(dropped=None)
    else:
        parted = terms.of_characters(known)
    columns = terms.columns(graph, cut, parted, width)
    if step.analyzer == "char_wb" and " " in known:
        # The space between two words ends one, and begins another.
        columns[1] = tokens.part(graph, columns[1], 1)
        columns[0] = graph.op("Where", _begins(graph, cut.found), known[" "], width)
    found = list(columns.values())
    graph.takes(character=_CUT_BYTES + len(found) * _RUN_BYTES)
    block = added(graph, graph.concat(found), None, width, held=(0, len(found)), full=full_of(step))
    if step.binary:
        block = replace(block, tensor=graph.op("Min", block.tensor, 1.0))
    return Frame((block,))


@converts(TfidfVectorizer, exact=True)
def tfidf_vectorizer(graph: Graph, step: TfidfVectorizer, frame: Frame) -> Frame:
    """Count the terms, and weigh the counts."""
    return _weighed(graph, step._tfidf, count_vectorizer(graph, step, frame))


@converts(TfidfTransformer, exact=True)
def tfidf_transformer(graph: Graph, step: TfidfTransformer, frame: Frame) -> Frame:
    """Weigh each term by how rare it is, and divide each row by its norm.

    Other numbers than counts may be or become -0.0, which no sparse matrix holds.
    """
    (block,) = _weighed(graph, step, frame).blocks
    x = graph.op("Where", graph.op("Equal", block.tensor, 0.0), 0.0, block.tensor)
    return Frame((replace(block, tensor=x),))


def _weighed(graph: Graph, step: TfidfTransformer, frame: Frame) -> Frame:
    """Weigh and normalize counts."""
    block = scattered(frame)
    x = graph.numeric(frame, step) if block is None else block.tensor
    if step.sublinear_tf:
        graph.exact = False
        absent = graph.op("Equal", x, 0.0)
        logarithm = graph.op("Add", graph.op("Log", graph.op("Where", absent, 1.0, x)), 1.0)
        x = graph.op("Where", absent, 0.0, logarithm)
    if step.use_idf:
        weights = np.asarray(step.idf_, dtype=np.float64)
        known = weights if block is None else weights_of(graph, block, weights)
        weighed = graph.op("Mul", x, known)
        # 0 times infinity is NaN; what is not there has no weight.
        finite = np.isfinite(weights).all()
        x = weighed if finite else graph.op("Where", graph.op("Equal", x, 0.0), 0.0, weighed)
    x = normalized(graph, x, step.norm)
    return Frame.of(x, frame.width) if block is None else Frame((replace(block, tensor=x),))


def tokens_of(graph: Graph, step: Any, frame: Frame, *, sigmas: bool) -> tokens.Tokens:
    """Cut texts into what runs are made of: words, or characters, with a space around words."""
    texts = graph.reshape(graph.string(frame, step), -1)
    texts = letters.preprocess(graph, step, texts, sigmas=sigmas)
    if step.analyzer == "word":
        return tokens.words(graph, step, texts)
    texts = letters.spaced(graph, texts, apart=step.analyzer == "char_wb")
    return tokens.Tokens(tokens.characters(graph, texts))


def runs_of(graph: Graph, step: Any, frame: Frame) -> list[tokens.Run]:
    """Return the runs of tokens, joined."""
    shortest, longest = step.ngram_range
    cut = tokens_of(graph, step, frame, sigmas=True)
    if step.analyzer == "word":
        words = tokens.closed_up(graph, cut.found, cut.dropped, "")
        found = tokens.grams(graph, words, longest, " ")[shortest - 1 :]
    elif step.analyzer == "char":
        found = tokens.grams(graph, cut.found, longest)[shortest - 1 :]
    else:
        found = list(_within_words(graph, cut.found, shortest, longest))
    graph.takes(character=_CUT_BYTES + len(found) * _RUN_BYTES)
    return found


def full_of(step: Any) -> int:
    """Return up to how many columns tables are made of all columns: there are more letters."""
    return FULL if step.analyzer == "word" else 8 * FULL


def _within_words(
    graph: Graph, characters: TensorName, shortest: int, longest: int
) -> Iterator[tokens.Run]:
    """Yield the runs within words, the spaces around each included.

    A word that is shorter than the shortest run is one by itself.
    """
    spaces = tokens.is_space(graph, characters)
    for n, run in enumerate(tokens.grams(graph, characters, longest, ends=spaces), 1):
        if n == 1 == shortest:  # The space between two words ends one, and begins another.
            yield tokens.Run(*(tokens.part(graph, each, 1) for each in run))
            first = tokens.part(graph, characters, 0, -1)
            yield tokens.Run(first, _begins(graph, characters))
        elif n >= shortest:
            yield run
        elif n >= _SHORTEST_WORD:
            first, last = tokens.part(graph, spaces, 0, 1 - n), tokens.part(graph, spaces, n - 1)
            whole = graph.op("And", first, last)
            yield run._replace(there=graph.op("And", run.there, whole))


def _begins(graph: Graph, characters: TensorName) -> TensorName:
    """Tell which of the characters [N, most], but for the last, are a space that begins a word."""
    first, second = tokens.part(graph, characters, 0, -1), tokens.part(graph, characters, 1)
    word = graph.op("Not", tokens.is_empty(graph, second))
    return graph.op("And", tokens.is_space(graph, first), word)


def check(graph: Graph, step: Any, frame: Frame) -> None:
    """Refuse what the vectorizer does by functions of the user's own, or in single precision."""
    for name in ("analyzer", "tokenizer", "preprocessor"):
        if callable(getattr(step, name)):
            raise graph.refuse(
                step, f"its {name} is a function; use its other settings, or do it beforehand."
            )
    if step.input != "content":
        raise graph.refuse(step, f"input={step.input!r} reads files; pass it the texts themselves.")
    refuse_dtype(graph, step, np.int64 if type(step) is CountVectorizer else np.float64)
    if frame.width != 1:
        raise graph.refuse(step, f"it takes one column of texts; it is given {frame.width}.")


def refuse_dtype(graph: Graph, step: Any, default: type[np.generic]) -> None:
    """Refuse a step that counts, or weighs, in single precision or in small integers."""
    dtype = np.dtype(step.dtype)
    if dtype not in (np.float64, np.int64):
        name = np.dtype(default).name
        raise graph.refuse(step, f"its dtype is {dtype.name}; use {name}, the default.")


def _producible(step: Any, vocabulary: Mapping[Any, Any]) -> dict[str, int]:
    """Return the terms that the vectorizer can find at all, with their columns."""
    analyze = step.build_analyzer()
    terms = {str(term): int(column) for term, column in vocabulary.items()}
    if not step.fixed_vocabulary_:
        return terms
    return {term: column for term, column in terms.items() if term in analyze(term)}


def normalized(graph: Graph, x: TensorName, norm: str | None) -> TensorName:
    """Divide rows by their norm, summed column after column as scikit-learn sums; but for zeros."""
    if norm is None:
        return x
    sizes = graph.op("Abs", x) if norm == "l1" else graph.op("Mul", x, x)
    running = graph.op("CumSum", sizes, np.array(1))
    total = graph.op("Gather", running, np.array([-1]), axis=1)
    if norm == "l2":
        total = graph.op("Sqrt", total)
    return graph.op("Div", x, graph.op("Where", graph.op("Equal", total, 0.0), 1.0, total))
