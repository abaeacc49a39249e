"""Regressors whose target was transformed: their answers are transformed back."""

from sklearn.compose import TransformedTargetRegressor

from export.converters.graph import Graph
from export.converters.inverses import inverse
from export.converters.registry import converts, regress
from export.converters.values import Frame, Regressed


@converts(TransformedTargetRegressor, exact=True)
def transformed_target(graph: Graph, model: TransformedTargetRegressor, frame: Frame) -> Regressed:
    """Answer what the transformer makes, in reverse, of the regressor's answer."""
    with graph.step("regressor_"):
        values = regress(graph, model.regressor_, frame)
    width = getattr(model.transformer_, "n_features_in_", 1)
    with graph.step("transformer_"):
        columns = Frame.of(graph.reshape(values, -1, width), width)
        answer = graph.numeric(inverse(graph, model.transformer_, columns), model)
    if values in graph.singles and answer not in graph.singles:
        graph.single = True
        answer = graph.as_float32(answer)
    return Regressed(graph.reshape(answer, -1) if model._training_dim == 1 else answer)
