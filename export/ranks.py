"""Lone constants get the rank of what they meet.

ONNX Runtime broadcasts `[]` and `[1]` against `[N, 1]` one number at a time, which takes forty
times as long as the same with `[1, 1]`. Nothing else about a graph changes.
"""

import onnx
from onnx import helper, numpy_helper

_ELEMENTWISE = {
    *("Add", "Sub", "Mul", "Div", "Mod", "Pow", "Max", "Min", "And", "Or", "Xor", "Where"),
    *("Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual"),
}
"""Their answers have as many dimensions as what has the most of them."""
_AS_THE_FIRST = {
    *("Abs", "Cast", "Ceil", "Clip", "Concat", "CumSum", "Exp", "Floor", "Identity", "IsInf"),
    *("IsNaN", "Log", "Neg", "Not", "Reciprocal", "Round", "Sigmoid", "Sign", "Slice", "Softmax"),
    *("Sqrt", "Tanh", "TopK", "Transpose"),
}
"""Their answers have as many as what they take first."""
_KEPT = {"ArgMax", "ArgMin", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceSum"}
"""These as well, where they keep the dimension that they reduce."""


def raise_ranks(model: onnx.ModelProto) -> None:
    """Raise the rank of constants of one number in the graph, where that of others is known.

    onnx's own inference of shapes is not asked: it crashes on some graphs of texts.
    """
    graph = model.graph
    constants = {each.name: each for each in graph.initializer}
    ranks = {name: len(each.dims) for name, each in constants.items()}
    ranks |= {each.name: len(each.type.tensor_type.shape.dim) for each in graph.input}
    raised: dict[str, onnx.TensorProto] = {}
    for node in graph.node:
        rank = _rank(node, ranks, constants)
        if rank is None:
            continue
        ranks.update(dict.fromkeys(node.output, rank))
        if node.op_type not in _ELEMENTWISE:
            continue
        for place, name in enumerate(node.input):
            constant = constants.get(name)
            if constant is not None and ranks[name] < rank and set(constant.dims) <= {1}:
                value = numpy_helper.to_array(constant).reshape((1,) * rank)
                node.input[place] = f"{name}_{rank}"
                raised[node.input[place]] = numpy_helper.from_array(value, node.input[place])
    graph.initializer.extend(raised.values())


def _rank(
    node: onnx.NodeProto, ranks: dict[str, int], constants: dict[str, onnx.TensorProto]
) -> int | None:
    """Return how many dimensions a node's answer has; None where that is not known."""
    kind, inputs = node.op_type, list(node.input)
    known = [ranks.get(name) for name in inputs]
    of = [rank for rank in known if rank is not None]
    if kind == "TreeEnsemble" or (kind == "MatMul" and known == [2, 2]):
        return 2
    if kind == "Reshape" and inputs[1] in constants:
        return int(constants[inputs[1]].dims[0])
    if kind in _ELEMENTWISE and len(of) == len(known):
        return max(of)
    if kind in _AS_THE_FIRST or (kind in _KEPT and _attribute(node, "keepdims", 1)):
        return known[0]
    return sum(of) - 1 if kind == "Gather" and len(of) == len(known) else None


def _attribute(node: onnx.NodeProto, name: str, default: int) -> int:
    return next((helper.get_attribute_value(a) for a in node.attribute if a.name == name), default)
