"""Feature selection: some of the columns, and for those that predict, the estimator behind."""

from typing import Any

from sklearn.feature_selection import (
    RFE,
    RFECV,
    GenericUnivariateSelect,
    SelectFdr,
    SelectFpr,
    SelectFromModel,
    SelectFwe,
    SelectKBest,
    SelectPercentile,
    SequentialFeatureSelector,
    VarianceThreshold,
)

from export.converters.graph import Graph
from export.converters.registry import convert, converts, transforms
from export.converters.values import Answer, Frame


@converts(
    GenericUnivariateSelect,
    SelectFdr,
    SelectFpr,
    SelectFromModel,
    SelectFwe,
    SelectKBest,
    SelectPercentile,
    SequentialFeatureSelector,
    VarianceThreshold,
    exact=True,
)
@transforms(RFE, RFECV, exact=True)
def selected(_: Graph, selector: Any, frame: Frame) -> Frame:
    """Keep the selected columns."""
    return frame.select([int(index) for index in selector.get_support(indices=True)])


@converts(RFE, RFECV, exact=True)
def eliminated(graph: Graph, selector: Any, frame: Frame) -> Answer:
    """Predict from the selected columns, as the estimator inside does; or answer the columns."""
    chosen = selected(graph, selector, frame)
    with graph.step("estimator_"):
        return convert(graph, selector.estimator_, chosen)
