"""LightGBM: double thresholds, sums in the order of the trees, sets of categories.

Raw scores are bit for bit, and labels with them. Probabilities and the predictions of counts
and amounts are exponentials, which libraries round differently: they agree to 4 ulp.
"""

import math
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
from export.converters.coded import coded_first, codes_of
from export.converters.ensembles import Rows, sum_of_stages
from export.converters.graph import Graph
from export.converters.lgbm_model import CLASSIFIERS, REGRESSORS, TINY, LgbmModel
from export.converters.registry import converts
from export.converters.values import Classified, Frame, Regressed, TensorName

_LOGISTIC = ("binary", "multiclassova", "cross_entropy")
_EXPONENTIAL = ("poisson", "gamma", "tweedie")
_IDENTICAL = ("regression", "regression_l1", "huber", "fair", "quantile", "mape")
_MOST_CATEGORIES = 2.0**24


@converts(*CLASSIFIERS, exact=True)
def lgbm_classifier(graph: Graph, model: Any, frame: Frame) -> Classified:
    """Answer by the probabilities, of which the first of the greatest decides."""
    learned, scores = _scores(graph, model, frame)
    if not learned.objective:
        raise graph.refuse(
            model, "its objective is a function, so that it answers scores, not labels."
        )
    name = learned.objective[0]
    graph.exponential = True
    if learned.columns == 1:
        slope = _slope(learned)
        positive = graph.op("GreaterOrEqual", scores, _turning_point(slope))
        probability = sigmoid_of_column(graph, _times(graph, scores, slope))
        index, raw = flag(graph, positive), graph.reshape(scores, -1)
        return Classified(index, with_complement(graph, probability), raw)
    if name == "multiclass":
        probabilities = _softmax(graph, scores)
    else:
        probabilities = sigmoid(graph, _times(graph, scores, _slope(learned)))
    return Classified(first_greatest(graph, probabilities), probabilities, scores)


@converts(*REGRESSORS, exact=True)
def lgbm_regressor(graph: Graph, model: Any, frame: Frame) -> Regressed:
    """Answer the sum, or what the objective makes of it."""
    learned, scores = _scores(graph, model, frame)
    return Regressed(graph.reshape(_answers(graph, model, learned, scores), -1))


def _answers(graph: Graph, model: Any, learned: LgbmModel, scores: TensorName) -> TensorName:
    name, *settings = learned.objective or ("regression",)
    if name in _IDENTICAL:
        if "sqrt" not in settings:
            return scores
        return graph.op("Mul", graph.op("Mul", graph.op("Sign", scores), scores), scores)
    graph.exponential = True
    if name in _EXPONENTIAL:
        return graph.op("Exp", scores)
    if name in _LOGISTIC:
        return sigmoid(graph, _times(graph, scores, _slope(learned)))
    if name == "cross_entropy_lambda":
        graph.exact = False
        return graph.op("Log", graph.op("Add", 1.0, graph.op("Exp", scores)))
    raise graph.refuse(model, f"its objective {name!r} is none that a converter knows.")


def _scores(graph: Graph, model: Any, frame: Frame) -> tuple[LgbmModel, TensorName]:
    """Return what was learned, and the raw scores, float64 [N, columns]."""
    learned = LgbmModel.of(model)
    if learned.linear:
        raise graph.refuse(model, "linear_tree=True has products in its leaves; leave it out.")
    if model.get_params().get("pred_early_stop"):
        raise graph.refuse(model, "pred_early_stop=True leaves out trees row by row; leave it out.")
    columns, places = _columns(graph, model, learned, frame)
    rows = Rows.of(graph, columns, model, np.float64)
    if learned.zero_is_missing:
        rows = _without_zeros(graph, rows, places[list(learned.zero_is_missing)])
    trees = [tree.looking_at(places) for tree in learned.trees]
    zero = np.zeros(learned.columns)
    scores = sum_of_stages(graph, trees, rows, learned.leaves, zero, columns=learned.columns)
    if learned.averaged:
        scores = graph.op("Div", scores, np.float64(len(trees) // learned.columns))
    return learned, scores


def _columns(
    graph: Graph, model: Any, learned: LgbmModel, frame: Frame
) -> tuple[Frame, NDArray[np.int64]]:
    """Return the columns, those of categories as numbers, and each feature's place in them.

    A data frame's ordered categories are no sets for LightGBM: their codes are numbers.
    """
    features = _of_data_frame(graph, model, learned, frame)
    tables: list[list[float]] = []
    for feature, known in zip(features, learned.categories, strict=True):
        if feature in learned.categorical:
            tables.append([0, *range(1, len(known) + 1), 0])
        else:
            tables.append([np.nan, *range(len(known)), np.nan])
    parts = []
    if features:
        chosen = frame.select(features)
        parts.append(codes_of(graph, model, chosen, learned.categories, tables))
    numbers = [i for i in learned.categorical if i not in features]
    if numbers:
        parts.append(_codes_of_numbers(graph, model, frame.select(numbers)))
    if not parts:
        return frame, np.arange(frame.width)
    return coded_first(frame, [*features, *numbers], graph.concat(parts))


def _of_data_frame(graph: Graph, model: Any, learned: LgbmModel, frame: Frame) -> list[int]:
    """Return the features that were a data frame's categories, in their order.

    The model has the categories but not the columns. Those of strings are known, and those of
    numbers if they are sets, not ordered.
    """
    if not learned.categories:
        return []
    strings = [i for i, is_string in enumerate(frame.string_columns) if is_string]
    either = sorted({*strings, *learned.categorical})
    for features in (strings, either):
        if len(features) == len(learned.categories):
            return features
    raise graph.refuse(
        model,
        "it does not say which of its columns were ordered categories of numbers; "
        "make them plain numbers.",
    )


def _codes_of_numbers(graph: Graph, model: Any, frame: Frame) -> TensorName:
    """Return the numbers of categories that are numbers: cut off, with 0 for a negative one."""
    x = graph.numeric(frame.as_doubles(), model)
    whole = graph.op("Floor", graph.op("Clip", x, 0.0, _MOST_CATEGORIES))
    known = graph.op("Greater", x, -1.0)
    return graph.op("Where", known, graph.op("Add", whole, 1.0), 0.0)


def _without_zeros(graph: Graph, rows: Rows, places: NDArray[np.int64]) -> Rows:
    """Make zeros missing values, in the columns at these places."""
    chosen = np.isin(np.arange(rows.width), places).reshape(1, -1)
    tiny = graph.op("LessOrEqual", graph.op("Abs", rows.x), TINY)
    zero = graph.op("And", tiny, chosen)
    return Rows(graph.op("Where", zero, np.nan, rows.x), rows.width, rows.number)


def _slope(learned: LgbmModel) -> float:
    """Return the factor of the logistic function's argument."""
    settings = dict(each.split(":") for each in learned.objective[1:])
    return float(settings.get("sigmoid", 1.0))


def _times(graph: Graph, scores: TensorName, slope: float) -> TensorName:
    return scores if slope == 1.0 else graph.op("Mul", scores, slope)


def _softmax(graph: Graph, scores: TensorName) -> TensorName:
    exponents = graph.op("Exp", graph.op("Sub", scores, row_max(graph, scores)))
    return graph.op("Div", exponents, row_sum_in_order(graph, exponents))


def _turning_point(slope: float) -> float:
    """Return the least score whose probability is above that of the other class.

    It is a little above 0: up to there, the probability is rounded to a half.
    """

    def is_positive(score: float) -> bool:
        probability = 1.0 / (1.0 + math.exp(-slope * score))
        return probability > 1.0 - probability

    low, high = 0, int(np.float64(1e-9 / slope).view(np.int64))
    while high - low > 1:
        middle = (low + high) // 2
        if is_positive(float(np.int64(middle).view(np.float64))):
            high = middle
        else:
            low = middle
    return float(np.int64(high).view(np.float64))
