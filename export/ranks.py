"""Lone constants get the rank of what they meet.

ONNX Runtime broadcasts `[]` and `[1]` against `[N, 1]` one number at a time, which takes forty
times as long as the same with `[1, 1]`. Nothing else about a graph changes.
"""

import onnx
from onnx import numpy_helper, shape_inference

_ELEMENTWISE = {
    *("Add", "Sub", "Mul", "Div", "Mod", "Pow", "Max", "Min", "And", "Or", "Xor", "Where"),
    *("Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual"),
}


def raise_ranks(model: onnx.ModelProto) -> None:
    """Raise the rank of constants of one number in the graph, where that of others is known."""
    graph = model.graph
    ranks = _ranks(model)
    lone = {each.name: each for each in graph.initializer if all(dim == 1 for dim in each.dims)}
    raised: dict[str, onnx.TensorProto] = {}
    for node in graph.node:
        others = [ranks.get(name) for name in node.input if name not in lone]
        if node.op_type not in _ELEMENTWISE or None in others:
            continue
        rank = max((other for other in others if other is not None), default=0)
        for place, name in enumerate(node.input):
            if name in lone and len(lone[name].dims) < rank:
                value = numpy_helper.to_array(lone[name]).reshape((1,) * rank)
                node.input[place] = f"{name}_{rank}"
                raised[node.input[place]] = numpy_helper.from_array(value, node.input[place])
    graph.initializer.extend(raised.values())


def _ranks(model: onnx.ModelProto) -> dict[str, int]:
    """Return how many dimensions each tensor has, where that can be told."""
    graph = shape_inference.infer_shapes(model).graph
    ranks = {each.name: len(each.dims) for each in graph.initializer}
    for each in (*graph.input, *graph.value_info):
        if each.type.tensor_type.HasField("shape"):
            ranks[each.name] = len(each.type.tensor_type.shape.dim)
    return ranks
