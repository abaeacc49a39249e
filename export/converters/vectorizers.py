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

from export.converters import letters, tokens
from export.converters.graph import Graph
from export.converters.registry import converts
from export.converters.scattered import added, scattered, weights_of
from export.converters.values import Frame, TensorName

_CUT_BYTES, _RUN_BYTES = 256, 64
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
    terms = _producible(step, step.vocabulary_)
    sigmas = any(letters.SIGMAS & set(term) for term in terms)
    width = len(step.vocabulary_)
    found = [
        graph.op("Flatten", _places(graph, runs, chosen, width), axis=1)
        for runs, chosen in runs_of(graph, step, frame, terms, sigmas=sigmas)
    ]
    block = added(graph, graph.concat(found), None, width, held=len(found))
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


def runs_of(
    graph: Graph, step: Any, frame: Frame, terms: Mapping[str, int] | None, *, sigmas: bool
) -> list[tuple[TensorName, dict[str, int]]]:
    """Return the runs of tokens that are terms, and the terms that runs of that length can be."""
    found = _runs_of(graph, step, frame, terms, sigmas=sigmas)
    graph.takes(character=_CUT_BYTES + len(found) * _RUN_BYTES)
    return found


def _runs_of(
    graph: Graph, step: Any, frame: Frame, terms: Mapping[str, int] | None, *, sigmas: bool
) -> list[tuple[TensorName, dict[str, int]]]:
    shortest, longest = step.ngram_range
    texts = graph.reshape(graph.string(frame, step), -1)
    texts = letters.preprocess(graph, step, texts, sigmas=sigmas)
    known = dict(terms or {})
    if step.analyzer == "word":
        runs = tokens.grams(graph, tokens.words(graph, step, texts), longest, " ")
        return [(run, known) for run in runs[shortest - 1 :]]
    if step.analyzer == "char":
        runs = tokens.grams(graph, tokens.spaced_characters(graph, texts), longest)
        return [(run, _of_length(known, n)) for n, run in enumerate(runs, 1) if n >= shortest]
    within = _within_words(graph, tokens.spaced_words(graph, texts), shortest, longest)
    return [(run, _of_length(known, n)) for n, run in within]


def _within_words(
    graph: Graph, letters: TensorName, shortest: int, longest: int
) -> Iterator[tuple[int, TensorName]]:
    """Yield the runs within words, the spaces around each included, with their lengths.

    A word that is shorter than the shortest run is one by itself.
    """
    spaces = tokens.is_space(graph, letters)
    for n, run in enumerate(tokens.grams(graph, letters, longest, ends=spaces), 1):
        if n == 1 == shortest:  # The space between two words ends one, and begins another.
            first, second = tokens.part(graph, letters, 0, -1), tokens.part(graph, letters, 1)
            word = graph.op("Not", tokens.is_empty(graph, second))
            begins = graph.op("And", tokens.is_space(graph, first), word)
            yield n, second
            yield n, graph.op("Where", begins, tokens.text(" "), tokens.text(""))
        elif n >= shortest:
            yield n, run
        elif n >= _SHORTEST_WORD:
            first, last = tokens.part(graph, spaces, 0, 1 - n), tokens.part(graph, spaces, n - 1)
            whole = graph.op("And", first, last)
            yield n, graph.op("Where", whole, run, tokens.text(""))


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


def _of_length(terms: Mapping[str, int], length: int) -> dict[str, int]:
    return {term: column for term, column in terms.items() if len(term) == length}


def _places(graph: Graph, runs: TensorName, terms: Mapping[str, int], default: int) -> TensorName:
    """Return the column of each run, `default` for those that are no terms."""
    return graph.op(
        "LabelEncoder",
        runs,
        domain="ai.onnx.ml",
        keys_strings=list(terms) or [""],
        values_int64s=list(terms.values()) or [default],
        default_int64=default,
    )


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
