"""Classifiers of several classes or labels that are made of classifiers of two."""

from typing import Any

import numpy as np
from sklearn.multiclass import (
    OneVsOneClassifier,
    OneVsRestClassifier,
    OutputCodeClassifier,
    _ConstantPredictor,
    _threshold_for_binary_predict,
)

from export.converters.arithmetic import (
    first_greatest,
    flag,
    in_order_in_single,
    repeated,
    row_sum,
)
from export.converters.distances import squared_distances
from export.converters.graph import Graph
from export.converters.registry import classify, convert, converts
from export.converters.responses import SCORES_FIRST, binary_score, positive_response
from export.converters.values import Answer, Classified, Frame, MultiLabelled, TensorName


@converts(_ConstantPredictor, exact=True)
def constant_predictor(graph: Graph, model: _ConstantPredictor, frame: Frame) -> Classified:
    """Answer the only class that was seen: 1 or 0."""
    seen = int(model.y_[0])
    index = graph.reshape(repeated(graph, np.array([[seen]]), frame), -1)
    probabilities = repeated(graph, np.array([[1.0 - seen, seen]]), frame)
    return Classified(index, probabilities, graph.cast(index, np.float64))


@converts(OneVsRestClassifier, exact=False)
def one_vs_rest(
    graph: Graph, model: OneVsRestClassifier, frame: Frame
) -> Classified | MultiLabelled:
    """Answer the class that most speaks for; or each label whose score is over the threshold."""
    answers = _answers(graph, model, frame)
    scores = _scores(graph, answers)
    answered = scores if hasattr(model, "decision_function") else None
    probabilities = None
    if hasattr(model, "predict_proba"):
        probabilities = _probabilities(graph, model, answers)
    if model.label_binarizer_.y_type_ == "multiclass":
        return Classified(first_greatest(graph, scores), probabilities, answered)
    threshold = _threshold_for_binary_predict(model.estimators_[0])
    applies = graph.op("Greater", scores, threshold)
    if model.multilabel_:
        return MultiLabelled(graph.cast(applies, np.int64), probabilities, answered)
    score = None if answered is None else graph.reshape(answered, -1)
    return Classified(flag(graph, applies), probabilities, score)


@converts(OneVsOneClassifier, exact=False)
def one_vs_one(graph: Graph, model: OneVsOneClassifier, frame: Frame) -> Classified:
    """Answer the class of the most votes; the sums of the scores decide between equals."""
    if model.pairwise_indices_ is not None:
        raise graph.refuse(model, "its classifiers take precomputed kernels; fit it on features.")
    count = len(model.classes_)
    votes, scores = [], []
    for number, estimator in enumerate(model.estimators_):
        with graph.step(f"estimators_[{number}]"):
            answer = classify(graph, estimator, frame)
            votes.append(graph.reshape(graph.cast(answer.index, np.float64), -1, 1))
            score, _ = positive_response(graph, estimator, answer, SCORES_FIRST)
            scores.append(score)
    values = vote_scores(graph, graph.concat(votes), graph.concat(scores), count)
    if count > 2:
        return Classified(first_greatest(graph, values), scores=values)
    score = graph.column(values, 1)
    threshold = _threshold_for_binary_predict(model.estimators_[0])
    index = flag(graph, graph.op("Greater", score, threshold))
    return Classified(index, scores=graph.reshape(score, -1))


@converts(OutputCodeClassifier, exact=False)
def output_code(graph: Graph, model: OutputCodeClassifier, frame: Frame) -> Classified:
    """Answer the class whose code is nearest to the scores, the first of equals."""
    scores = _scores(graph, _answers(graph, model, frame))
    distances = squared_distances(graph, scores, model.code_book_)
    return Classified(graph.op("ArgMin", distances, axis=1, keepdims=0))


def vote_scores(graph: Graph, votes: TensorName, scores: TensorName, classes: int) -> TensorName:
    """Return each class's votes, plus its summed scores squeezed to less than a third of a vote.

    `votes` tells of each pair of classes whether the second won, float64 [N, pairs] of 0 and 1;
    `scores` how much speaks for the second. Pairs are in the order (0, 1), (0, 2), ..., (1, 2).
    """
    first, second = np.triu_indices(classes, 1)
    for_first, for_second = np.eye(classes)[first], np.eye(classes)[second]
    won = graph.op("MatMul", votes, for_second - for_first)
    counted = graph.op("Add", won, for_first.sum(axis=0))
    confidence = graph.op("MatMul", scores, for_second - for_first)
    size = graph.op("Mul", graph.op("Add", graph.op("Abs", confidence), 1.0), 3.0)
    return graph.op("Add", counted, graph.op("Div", confidence, size))


def _answers(graph: Graph, model: Any, frame: Frame) -> list[tuple[Any, Answer]]:
    """Convert every estimator of the model, and return each with its answer."""
    answers = []
    for number, estimator in enumerate(model.estimators_):
        with graph.step(f"estimators_[{number}]"):
            answers.append((estimator, convert(graph, estimator, frame)))
    return answers


def _scores(graph: Graph, answers: list[tuple[Any, Answer]]) -> TensorName:
    return graph.concat([binary_score(graph, *each) for each in answers])


def _probabilities(
    graph: Graph, model: OneVsRestClassifier, answers: list[tuple[Any, Answer]]
) -> TensorName:
    """Return the probabilities of the classes, made to sum to 1; of labels, as they are."""
    each = graph.concat(
        [
            positive_response(graph, estimator, answer, ("predict_proba",))[0]
            for estimator, answer in answers
            if isinstance(answer, Classified)
        ]
    )
    in_single = each in graph.singles
    operation = graph.single_op if in_single else graph.op
    if len(answers) == 1:
        each = graph.concat([operation("Sub", 1.0, each), each])
    if model.multilabel_:
        return each
    if in_single:
        total = in_order_in_single(
            graph, [graph.column(each, i) for i in range(len(model.classes_))]
        )
    else:
        total = row_sum(graph, each)
    return graph.op("Where", graph.op("Equal", total, 0.0), each, operation("Div", each, total))
