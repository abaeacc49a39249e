"""CatBoost: features of single precision, leaves of double, sums in the order of the trees.

Raw scores are bit for bit, and labels, which they decide. Probabilities and the predictions of
counts and amounts are exponentials, which libraries round differently: the one agree to 4 ulp
of 1, the others within 1e-12.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from export.converters.arithmetic import (
    first_greatest,
    flag,
    row_max,
    row_sum_in_order,
    sigmoid,
    sigmoid_of_column,
    with_complement,
)
from export.converters.catb_model import (
    CLASSIFIERS,
    REGRESSORS,
    CatbModel,
    Codes,
    features_asked_for,
    hashes_asked_for,
    hashes_of,
    refusal,
    saved_model,
)
from export.converters.coded import coded_first, codes_of
from export.converters.ensembles import Rows, sum_of_stages, sum_of_trees
from export.converters.graph import Graph
from export.converters.registry import converts
from export.converters.values import Classified, Frame, MultiLabelled, Regressed, TensorName
from export.signature import MOST_CATEGORIES

_SEVERAL_LABELS = ("MultiLogloss", "MultiCrossEntropy")


@converts(*CLASSIFIERS, exact=True)
def catb_classifier(graph: Graph, model: Any, frame: Frame) -> Classified | MultiLabelled:
    """Answer by the scores: of two classes the second above 0, else the first of the greatest."""
    learned, scores = _scores(graph, model, frame)
    if model.get_probability_threshold() not in (None, 0.5):
        raise graph.refuse(
            model,
            "it has a probability threshold of its own; "
            "leave it at 0.5 and use scikit-learn's FixedThresholdClassifier.",
        )
    graph.exponential = True
    positive = graph.op("Greater", scores, 0.0)
    if learned.loss in _SEVERAL_LABELS:
        return MultiLabelled(graph.cast(positive, np.int64), sigmoid(graph, scores))
    if len(learned.bias) == 1:
        return Classified(
            flag(graph, positive), with_complement(graph, sigmoid_of_column(graph, scores))
        )
    if learned.loss == "MultiClassOneVsAll":
        return Classified(first_greatest(graph, scores), sigmoid(graph, scores))
    exponents = graph.op("Exp", graph.op("Sub", scores, row_max(graph, scores)))
    probabilities = graph.op("Div", exponents, row_sum_in_order(graph, exponents))
    return Classified(first_greatest(graph, scores), probabilities)


@converts(*REGRESSORS, exact=True)
def catb_regressor(graph: Graph, model: Any, frame: Frame) -> Regressed:
    """Answer the sum of the leaves, or what the loss makes of it."""
    learned, scores = _scores(graph, model, frame)
    kind = model._get_default_prediction_type()
    # CatBoost's own quick exponential is up to 9 ulp from the nearest double.
    graph.exact = graph.exact and kind == "RawFormulaVal"
    if kind == "Exponent":
        scores = graph.op("Exp", scores)
    elif kind == "RMSEWithUncertainty":
        variance = graph.op("Exp", graph.op("Mul", graph.column(scores, 1), 2.0))
        scores = graph.concat([graph.column(scores, 0), variance])
    return Regressed(graph.reshape(scores, -1) if len(learned.bias) == 1 else scores)


def _scores(graph: Graph, model: Any, frame: Frame) -> tuple[CatbModel, TensorName]:
    """Return what was learned, and the raw scores, float64 [N, columns]."""
    saved = saved_model(model)
    reason = refusal(saved)
    if reason is not None:
        raise graph.refuse(model, reason)
    known = {feature: _known(graph, model, frame, feature) for feature in hashes_asked_for(saved)}
    learned = CatbModel.of(saved, _codes(graph, model, saved, known))
    columns, places = _columns(graph, model, features_asked_for(saved), known, frame)
    trees = [tree.looking_at(places) for tree in learned.trees]
    rows = Rows.of(graph, columns, model, np.float32)
    if len(learned.bias) == 1:
        values = [leaf.ravel() for leaf in learned.leaves]
        scores = sum_of_stages(graph, trees, rows, values, np.zeros(1), columns=1)
    else:
        scores = sum_of_trees(graph, trees, rows, np.concatenate(learned.leaves))
    if learned.scale != 1.0:
        scores = graph.op("Mul", scores, learned.scale)
    if learned.bias.any():
        scores = graph.op("Add", scores, learned.bias)
    return learned, scores


def _columns(
    graph: Graph,
    model: Any,
    asked: list[int],
    known: Mapping[int, Sequence[str]],
    frame: Frame,
) -> tuple[Frame, NDArray[np.int64]]:
    """Return the columns that nodes ask about, categories as numbers, and each feature's place."""
    if not asked:
        raise graph.refuse(model, "its trees ask about no feature: it answers a constant.")
    places = np.zeros(frame.width, np.int64)
    if not known:
        places[asked] = np.arange(len(asked))
        return frame.select(asked), places
    tables = [[0, *range(1, len(each) + 1), 0] for each in known.values()]
    codes = codes_of(graph, model, frame.select(list(known)), list(known.values()), tables)
    chosen = [asked.index(feature) for feature in known]
    columns, places[asked] = coded_first(frame.select(asked), chosen, codes)
    return columns, places


def _known(graph: Graph, model: Any, frame: Frame, feature: int) -> tuple[str, ...]:
    """Return the categories that a feature had in training."""
    known = frame.known[feature]
    if known is None:
        raise graph.refuse(
            model,
            f"it keeps no more than hashes of the categories of its feature {feature}; they can "
            f"be told only of {MOST_CATEGORIES} strings or fewer, as the client sends them.",
        )
    return known


def _codes(graph: Graph, model: Any, saved: Any, known: Mapping[int, Sequence[str]]) -> Codes:
    """Return the number of the category for every hash that nodes ask for."""
    codes: dict[int, dict[int, int]] = {}
    for feature, asked in hashes_asked_for(saved).items():
        numbers = {code: i + 1 for i, code in enumerate(hashes_of(model, known[feature]))}
        if not numbers.keys() >= set(asked):
            raise graph.refuse(
                model, f"it asks for a category of its feature {feature} that no training row has."
            )
        codes[feature] = numbers
    return codes
