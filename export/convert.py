"""A fitted estimator to one ONNX graph, by way of skl2onnx and Skiff's own converters."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
import pandas as pd
from onnx import helper
from skl2onnx import convert_sklearn, update_registered_converter
from skl2onnx.common.data_types import DoubleTensorType, Int64TensorType, StringTensorType
from sklearn.base import BaseEstimator

import export.converters  # noqa: F401  (registers the converters)
from export.converters.graph import KNOWN_TO_SKL2ONNX, OPSET, Graph, Grown
from export.converters.registry import convert, outputs_of
from export.converters.values import Frame, TensorName
from export.errors import ConversionError
from export.ranks import raise_ranks
from export.signature import Signature
from runtime.manifest import Memory, Tensor

IR_VERSION = 10
BIT_FOR_BIT = 0.0
FOUR_ULP = 2.0**-50
"""Four units in the last place of a double, relative to it: what `exp` may differ by."""
RELATIVE = 1e-12
FOUR_ULP_SINGLE = 2.0**-21
"""The same of a number of single precision."""
_TYPES = {"float64": DoubleTensorType, "int64": Int64TensorType, "string": StringTensorType}


@dataclass(frozen=True)
class Converted:
    """A graph, and what was learned in making it."""

    model: onnx.ModelProto
    tolerance: float
    """The greatest relative difference that parity may find; 0 means bit for bit."""
    memory: Memory | None
    """What texts take on their way, where there are any."""
    grown: tuple[Grown, ...] = ()
    """The ensembles of trees in the graph."""

    @property
    def width(self) -> int:
        """The greatest number of columns that a table in the graph has, as of training rows.

        Read from the graph's constants: those of several rows, and those that pick columns, or
        rows of a table on its side.
        """
        graph = self.model.graph
        picks = {node.input[1] for node in graph.node if node.op_type == "Gather"}
        tables = (t.dims for t in graph.initializer if len(t.dims) > 1 or t.name in picks)
        return max((dims[-1] for dims in tables if dims), default=1)


class Root(BaseEstimator):  # type: ignore[misc]
    """What skl2onnx is given: the estimator with its signature and the outputs wanted."""

    def __init__(
        self, estimator: Any, signature: Signature, outputs: tuple[Tensor, ...], survey: Any
    ) -> None:
        self.estimator = estimator
        self.signature = signature
        self.outputs = outputs
        self.survey = survey
        self.tolerance = BIT_FOR_BIT
        self.memory: Memory | None = None
        self.grown: tuple[Grown, ...] = ()


def to_onnx(
    estimator: Any,
    signature: Signature,
    outputs: tuple[Tensor, ...],
    name: str,
    survey: Any = None,
) -> Converted:
    """Convert a fitted estimator.

    The graph takes `signature.inputs` and answers `outputs`. The same estimator gives the
    same bytes. `survey` is called around the conversion of each step (`export.doctor`). Raises
    ConversionError for a step that has no exact form.
    """
    root = Root(estimator, signature, outputs, survey)
    model = convert_sklearn(
        root,
        name=name,
        initial_types=[(t.name, _TYPES[t.dtype]([None, t.columns])) for t in signature.inputs],
        target_opset=KNOWN_TO_SKL2ONNX,
    )
    try:
        normalized = _normalized(model)
    except onnx.checker.ValidationError as error:
        said = str(error).strip().splitlines()[0]
        raise ConversionError((), estimator, f"a converter made what is no ONNX: {said}") from error
    return Converted(normalized, root.tolerance, root.memory, root.grown)


def _parse(scope: Any, root: Root, inputs: Any, **_: Any) -> Any:
    """Declare the graph's outputs under the names that the artifact gives them."""
    operator = scope.declare_local_operator("SkiffRoot", root)
    operator.inputs = inputs
    for tensor in root.outputs:
        shape = [None] if tensor.columns is None else [None, tensor.columns]
        kind = _TYPES[tensor.dtype](shape)
        operator.outputs.append(scope.declare_local_variable(tensor.name, kind))
    return operator.outputs


def _convert(scope: Any, operator: Any, container: Any) -> None:
    root: Root = operator.raw_operator
    graph = Graph(scope, container, root.survey)
    frame = _frame(root.signature)
    answer = convert(graph, root.estimator, frame)
    tensors = outputs_of(graph, answer, getattr(root.estimator, "classes_", None))
    for tensor, variable in zip(root.outputs, operator.outputs, strict=True):
        if tensor.name not in tensors:
            raise graph.refuse(root.estimator, f"its converter does not answer {tensor.name!r}.")
        source = tensors[tensor.name]
        container.add_node("Identity", [source], [variable.onnx_name], op_version=21)
    root.memory = graph.memory
    root.grown = tuple(graph.grown)
    root.tolerance = BIT_FOR_BIT if graph.exact else RELATIVE
    if graph.exact and graph.exponential:
        root.tolerance = FOUR_ULP
    if graph.single:
        root.tolerance = FOUR_ULP_SINGLE


def _frame(signature: Signature) -> Frame:
    """Return the training table's columns, in their order, as columns of the input tensors."""
    whole = {}
    for tensor in signature.inputs:
        features = [feature for feature in signature.features if feature.input == tensor.name]
        markers = tuple(
            marker
            for marker, feature in zip(signature.layout.missing, signature.features, strict=True)
            if feature.input == tensor.name
        )
        is_string = tensor.name == "string"
        known = tuple(feature.categories for feature in features)
        dtypes = tuple(
            _whole(source)
            for source, feature in zip(
                signature.layout.sources or (None,) * len(signature.features),
                signature.features,
                strict=True,
            )
            if feature.input == tensor.name
        )
        labels = tuple(
            label
            for label, feature in zip(signature.layout.labels, signature.features, strict=False)
            if feature.input == tensor.name
        )
        whole[tensor.name] = Frame.of(
            TensorName(tensor.name),
            tensor.columns or 0,
            is_string,
            markers,
            known,
            dtypes=dtypes,
            labels=labels,
        )
    starts: dict[str, int] = {}
    blocks: list[Frame] = []
    for name, frame in whole.items():
        starts[name] = sum(each.width for each in blocks)
        blocks.append(frame)
    order = [starts[feature.input] + feature.column for feature in signature.features]
    return Frame.concat(blocks).select(order)


def _whole(source: Any) -> Any:
    """Return numpy's dtype for a data frame's column of integers or booleans; None for others.

    Of strings that of pandas, where it is not one of any objects.
    """
    if isinstance(source, pd.StringDtype):
        return source
    dtype = getattr(source, "numpy_dtype", source)
    return dtype if isinstance(dtype, np.dtype) and dtype.kind in "biu" else None


def _normalized(model: onnx.ModelProto) -> onnx.ModelProto:
    """Make the same graph the same bytes: opsets sorted, IR version and producer fixed."""
    used = {node.domain for node in _nodes(model.graph)}
    opsets = [(domain, version) for domain, version in OPSET.items() if domain in used | {""}]
    del model.opset_import[:]
    model.opset_import.extend(helper.make_opsetid(domain, version) for domain, version in opsets)
    model.ir_version = IR_VERSION
    model.producer_name, model.producer_version, model.domain = "skiff", "", ""
    model.model_version, model.doc_string = 0, ""
    del model.metadata_props[:]
    _drop_unused(model.graph)
    raise_ranks(model)
    _drop_unused(model.graph)
    onnx.checker.check_model(model)
    return model


def _drop_unused(graph: onnx.GraphProto) -> None:
    """Remove the nodes and constants that no output needs: answers that nobody asked for."""
    needed = {output.name for output in graph.output}
    kept = []
    for node in reversed(graph.node):
        if needed.intersection(node.output):
            kept.append(node)
            needed.update(_inputs(node))
    constants = [each for each in graph.initializer if each.name in needed]
    del graph.node[:], graph.initializer[:]
    graph.node.extend(reversed(kept))
    graph.initializer.extend(constants)


def _nodes(graph: onnx.GraphProto) -> Iterator[onnx.NodeProto]:
    """Yield the nodes of a graph, with those of the loops and branches in it."""
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            yield from _nodes(attribute.g)


def _inputs(node: onnx.NodeProto) -> Iterator[str]:
    """Yield what a node takes, with what loops and branches take from around them."""
    yield from node.input
    for attribute in node.attribute:
        for inner in _nodes(attribute.g):
            yield from inner.input
        yield from (output.name for output in attribute.g.output)


def _keep_types(operator: Any) -> None:
    """Leave the outputs the types that `_parse` declared."""


update_registered_converter(Root, "SkiffRoot", _keep_types, _convert, parser=_parse)
