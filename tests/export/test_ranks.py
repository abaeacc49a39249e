"""Constants of one number have the rank of what they meet, and graphs answer as before."""

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from export.ranks import raise_ranks

X = np.array([[0.5], [-2.0], [3.0]])


def test_lone_constants_get_the_rank_of_what_they_meet() -> None:
    """Each use for itself; bounds of `Clip` and indices stay as they are."""
    model = _model(
        helper.make_node("Add", ["one", "x"], ["above"]),
        helper.make_node("Clip", ["above", "", "one"], ["clipped"]),
        helper.make_node("Gather", ["clipped", "first"], ["column"], axis=1),
        helper.make_node("Mul", ["column", "one"], ["same"]),
        helper.make_node("Reshape", ["same", "shape"], ["cube"]),
        helper.make_node("Greater", ["cube", "half"], ["large"]),
        helper.make_node("Where", ["large", "cube", "half"], ["y"]),
    )
    before = _answer(model)
    raise_ranks(model)
    assert np.array_equal(_answer(model), before)
    shapes = {each.name: list(each.dims) for each in model.graph.initializer}
    used = [[shapes[name] for name in node.input if name in shapes] for node in model.graph.node]
    assert used == [[[1, 1]], [[]], [[]], [[1]], [[3]], [[1, 1, 1]], [[1, 1, 1]]]


def test_what_has_no_known_rank_is_left_alone() -> None:
    """As behind a shape that only the rows tell."""
    model = _model(
        helper.make_node("Identity", ["shape"], ["told"]),
        helper.make_node("Reshape", ["x", "dims"], ["any"]),
        helper.make_node("Add", ["any", "one"], ["y"]),
        inputs=[helper.make_tensor_value_info("dims", onnx.TensorProto.INT64, ["rank"])],
    )
    raise_ranks(model)
    assert list(model.graph.node[-1].input) == ["any", "one"]


def _model(
    *nodes: onnx.NodeProto, inputs: list[onnx.ValueInfoProto] | None = None
) -> onnx.ModelProto:
    double = onnx.TensorProto.DOUBLE
    constants = {"one": np.array(1.0), "half": np.array([0.5]), "first": np.array(0)}
    constants["shape"] = np.array([-1, 1, 1])
    graph = helper.make_graph(
        nodes,
        "graph",
        [helper.make_tensor_value_info("x", double, ["N", 1]), *(inputs or [])],
        [helper.make_tensor_value_info("y", double, None)],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    opsets = [helper.make_opsetid("", 21)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10)


def _answer(model: onnx.ModelProto) -> NDArray[np.float64]:
    answers = ReferenceEvaluator(model).run(None, {"x": X})
    assert isinstance(answers, list)
    return np.asarray(answers[0])
