"""A builder of ONNX nodes: one method call a node, numpy arrays as constants.

Writes into skl2onnx's container, so that everything built here takes part in its graph.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, ValueInfoProto, helper, numpy_helper

from export.converters.lineage import Lineage
from export.converters.values import Block, Frame, TensorName
from export.errors import ConversionError
from runtime.manifest import Memory

OPSET = {"": 21, "ai.onnx.ml": 5, "com.microsoft": 1}
"""What the graphs use, which every ONNX Runtime binding loads, the JavaScript ones included."""
KNOWN_TO_SKL2ONNX = {"": 21, "ai.onnx.ml": 3, "com.microsoft": 1}
"""What skl2onnx is told: 1.20 refuses ai.onnx.ml 5, which `TreeEnsemble` needs."""

COLUMN_BYTES = 56
"""What a column of a table of terms takes in each row: seven doubles, of which several tables are
at once, and what the allocator leaves free between them. Measured (docs/exactness.md).
"""
MOST_COLUMNS = 2**18
TOO_WIDE = (
    "it needs {:,} columns as a table, {:.1f} MB a row; set the n_features of what hashes to 2**18 "
    "at most, or let a linear model, a naive Bayes classifier or TruncatedSVD follow it."
)
SINGLE = (
    "all its input columns are of single precision, in which it computes; in the steps before it "
    "set dtype=np.float64, the default."
)

Operand = TensorName | NDArray[Any] | np.generic | float | int


@dataclass(frozen=True)
class Grown:
    """One `TreeEnsemble`: what it answers, float [N, columns], and from which trees.

    The leaves of all trees, in the order of their nodes, add `weights` to column `targets`.
    """

    tensor: TensorName
    columns: int
    sources: tuple[Any, ...]
    """The library's own trees, None where they are not known."""
    targets: NDArray[Any]
    weights: NDArray[Any]


class _Body:
    """Collects the nodes of a loop's body, in place of skl2onnx's container."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.initializers: list[TensorProto] = []

    def add_node(
        self,
        op_type: str,
        inputs: Sequence[str],
        outputs: Sequence[str],
        *,
        op_domain: str,
        op_version: int,  # noqa: ARG002 - the whole model has one
        **attributes: Any,
    ) -> None:
        """Add a node, as skl2onnx's container does."""
        node = helper.make_node(op_type, inputs, outputs, domain=op_domain, **attributes)
        self.nodes.append(node)


class Graph:
    """The graph under construction, and the way to the step that is being converted."""

    def __init__(self, scope: Any, container: Any, survey: Any = None) -> None:
        self._scope = scope
        self._container = container
        self._constants: dict[tuple[str, tuple[int, ...], bytes], TensorName] = {}
        self._selected: dict[tuple[TensorName, tuple[int, ...] | None], TensorName] = {}
        self._steps: list[str] = []
        self.memory: Memory | None = None
        """What texts take on their way, where there are any."""
        self.exact = True
        """Whether every step inside the one being converted is computed bit for bit, so far."""
        self.lineage = Lineage()
        """What steps before did to the columns of tensors."""
        self.exponential = False
        """Whether an exponential made probabilities, or predictions, of exact scores.

        Libraries round it differently: these may differ by 4 ulp. A step that computes with
        them must set `exact` to False.
        """
        self.single = False
        """Whether an exponential was rounded to single precision otherwise than a library does.

        Those may differ by 4 ulp of single precision, and with them all that follows.
        """
        self.singles: set[TensorName] = set()
        """The tensors of doubles that a library answers in single precision.

        What scikit-learn computes with them alone, it computes in single precision too.
        """
        self.grown: list[Grown] = []
        """The ensembles of trees so far, for comparing each by itself."""
        self.survey = survey
        """Called around each conversion, if given: `(graph, estimator, frame, convert)`."""

    @property
    def place(self) -> tuple[str, ...]:
        """The names of the steps, outermost first, down to the one being converted."""
        return tuple(self._steps)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Name the step of the pipeline that is converted inside the block."""
        self._steps.append(name)
        try:
            yield
        finally:
            self._steps.pop()

    def refuse(self, estimator: object, reason: str) -> ConversionError:
        """Return the error that refuses `estimator` here; the caller raises it."""
        return ConversionError(self._steps, estimator, reason)

    def op(self, op_type: str, *inputs: Operand, domain: str = "", **attributes: Any) -> TensorName:
        """Add a node and return its output's name."""
        return self.ops(op_type, *inputs, outputs=1, domain=domain, **attributes)[0]

    def ops(
        self,
        op_type: str,
        *inputs: Operand,
        outputs: int,
        domain: str = "",
        **attributes: Any,
    ) -> tuple[TensorName, ...]:
        """Add a node of several outputs and return their names."""
        names = [self._scope.get_unique_variable_name("t") for _ in range(outputs)]
        self._container.add_node(
            op_type,
            [self.operand(value) for value in inputs],
            names,
            op_domain=domain,
            op_version=KNOWN_TO_SKL2ONNX[domain],
            name=self._scope.get_unique_operator_name("n"),
            **attributes,
        )
        return tuple(TensorName(name) for name in names)

    def loop(
        self,
        trips: int,
        state: Sequence[tuple[TensorName, int]],
        body: "Callable[[Graph, tuple[TensorName, ...]], tuple[TensorName, ...]]",
        kind: int = TensorProto.DOUBLE,
    ) -> tuple[TensorName, ...]:
        """Repeat `body` while it says so, `trips` times at most; return the state at the end.

        `state` are tensors of one `kind`, float64 or strings, each with its rank. `body` is given
        a graph of its own and the state, and returns whether to go on, a bool, and the next state;
        it can use nothing from around it.
        """
        inner = _Body()
        names = [self._scope.get_unique_variable_name("s") for _ in range(len(state) + 2)]
        takes = tuple(TensorName(name) for name in names[2:])
        answers = body(Graph(self._scope, inner), takes)
        kinds: list[tuple[int, int]] = [(TensorProto.INT64, 0), (TensorProto.BOOL, 0)]
        kinds += [(kind, rank) for _, rank in state]
        proto = helper.make_graph(
            inner.nodes,
            "body",
            _described(names, kinds),
            _described(answers, kinds[1:]),
            inner.initializers,
        )
        tensors = [tensor for tensor, _ in state]
        start = np.array(trips), np.array(True)
        return self.ops("Loop", *start, *tensors, outputs=len(state), body=proto)

    def choose(
        self,
        condition: TensorName,
        then: "Callable[[Graph], TensorName]",
        otherwise: "Callable[[Graph], TensorName]",
        kind: tuple[int, int],
    ) -> TensorName:
        """Return what one of two branches makes; only that one is computed.

        Each is given a graph of its own, and can use what is around it. `kind` is the type of what
        they make, and its rank.
        """
        branches = {}
        for name, branch in (("then_branch", then), ("else_branch", otherwise)):
            inner = _Body()
            made = branch(Graph(self._scope, inner))
            described = _described([made], [kind])
            branches[name] = helper.make_graph(inner.nodes, name, [], described, inner.initializers)
        return self.op("If", condition, **branches)

    def operand(self, value: Operand) -> TensorName:
        """Return the name of a tensor: of a constant, added once, where `value` is a number.

        Arrays of floats become doubles: what was learned from single precision meets the doubles
        that are asked, and numpy, too, computes with both in double.
        """
        if isinstance(value, str):
            return TensorName(value)
        array = np.asarray(value)
        if array.dtype.kind == "f" and array.ndim:
            array = array.astype(np.float64)
        if array.dtype.kind in "UO":
            proto = numpy_helper.from_array(array.astype(object))
            content = repr(array.tolist()).encode()
        else:
            proto = numpy_helper.from_array(np.asarray(array, order="C"))
            content = array.tobytes()
        key = (array.dtype.str, array.shape, content)
        if key not in self._constants:
            name = TensorName(self._scope.get_unique_variable_name("c"))
            proto.name = name
            self._container.initializers.append(proto)
            self._constants[key] = name
        return self._constants[key]

    def cast(self, value: Operand, to: type[np.generic]) -> TensorName:
        """Cast to float64, float32, int64, int32 or bool."""
        kinds = {
            np.float64: TensorProto.DOUBLE,
            np.float32: TensorProto.FLOAT,
            np.int64: TensorProto.INT64,
            np.int32: TensorProto.INT32,
            np.bool_: TensorProto.BOOL,
        }
        return self.op("Cast", value, to=kinds[to])

    def as_float32(self, value: Operand) -> TensorName:
        """Round doubles to single precision, as trees see them, and go on in double."""
        return self.cast(self.cast(value, np.float32), np.float64)

    def from_single(self, value: TensorName) -> TensorName:
        """Return float32 numbers as doubles, and remember what they are."""
        answer = self.cast(value, np.float64)
        self.singles.add(answer)
        return answer

    def single_op(self, op_type: str, *inputs: Operand) -> TensorName:
        """Add a node of doubles whose result scikit-learn has in single precision."""
        return self.from_single(self.cast(self.op(op_type, *inputs), np.float32))

    def numeric(self, frame: Frame, estimator: object) -> TensorName:
        """Return the frame as one float64 tensor `[N, width]`.

        Raises ConversionError, naming `estimator`, where a column holds strings, or where all of
        them hold single precision, in which scikit-learn goes on to compute.
        """
        if any(frame.string_columns):
            label = frame.labels[frame.string_columns.index(True)]
            column = "one of its input columns" if label is None else f"its column {label!r}"
            raise self.refuse(estimator, f"{column} holds strings; encode it first.")
        if frame.width and all(dtype == np.float32 for dtype in frame.dtypes):
            raise self.refuse(estimator, SINGLE)
        widest = max((block.width for block in frame.blocks if block.hashed), default=0)
        if widest > MOST_COLUMNS:
            raise self.refuse(estimator, TOO_WIDE.format(widest, 8 * widest / 1e6))
        return self._joined(frame)

    def string(self, frame: Frame, estimator: object) -> TensorName:
        """Return the frame as one string tensor `[N, width]`.

        Raises ConversionError, naming `estimator`, where a column holds numbers.
        """
        if not all(block.is_string for block in frame.blocks):
            raise self.refuse(estimator, "it would mix numbers and strings in one array.")
        return self._joined(frame)

    def concat(self, tensors: Sequence[TensorName], axis: int = 1) -> TensorName:
        """Concatenate tensors; one tensor alone is returned as it is."""
        if len(tensors) == 1:
            return tensors[0]
        return self._alike(self.op("Concat", *tensors, axis=axis), tensors)

    def reshape(self, tensor: TensorName, *shape: int) -> TensorName:
        """Reshape; one dimension may be -1."""
        answer = self.op("Reshape", tensor, np.array(shape, dtype=np.int64))
        return self._alike(answer, [tensor])

    def column(self, tensor: TensorName, index: int) -> TensorName:
        """Return one column of `[N, k]`, as `[N, 1]`; negative indices count from the end."""
        return self._alike(self.op("Gather", tensor, np.array([index]), axis=1), [tensor])

    def _alike(self, answer: TensorName, sources: Sequence[TensorName]) -> TensorName:
        """Remember that numbers which were moved are as precise as before."""
        if self.singles.issuperset(sources):
            self.singles.add(answer)
        return answer

    def takes(self, row: int = 0, character: int = 0) -> None:
        """Add to the memory that texts take on their way, as `manifest.Memory` counts it."""
        known = self.memory or Memory(row=0, character=0)
        self.memory = Memory(row=known.row + row, character=known.character + character)

    def _joined(self, frame: Frame) -> TensorName:
        return self.concat([self._materialized(block) for block in frame.blocks])

    def _materialized(self, block: Block) -> TensorName:
        """Return the tensor of a block, gathered once however often it is asked for."""
        if block.picks is None and block.places is None:
            return block.tensor
        key = (block.tensor, block.picks)
        if key not in self._selected:
            tensor = block.tensor if block.places is None else self._unfolded(block, block.places)
            if block.picks is not None:
                picks = np.array(block.picks, dtype=np.int64)
                tensor = self.op("Gather", tensor, picks, axis=1)
            self._selected[key] = tensor
        return self._selected[key]

    def _unfolded(self, block: Block, places: TensorName) -> TensorName:
        """Return all columns of a block that holds, of each row, but those that it has."""
        self.takes(row=COLUMN_BYTES * block.width)
        rows = self.op("Slice", self.op("Shape", block.tensor), np.array([0]), np.array([1]))
        zeros = self.op("Expand", 0.0, self.op("Concat", rows, np.array([block.width]), axis=0))
        # There are zeros beside the number of a column: they are added, too.
        return self.op("ScatterElements", zeros, places, block.tensor, axis=1, reduction="add")


def _described(names: Sequence[str], kinds: Sequence[tuple[int, int]]) -> list[ValueInfoProto]:
    """Describe a body's inputs or outputs, by type and rank."""
    return [
        helper.make_tensor_value_info(name, kind, [None] * rank)
        for name, (kind, rank) in zip(names, kinds, strict=True)
    ]
