"""The manifest: what an artifact says of itself. The one thing that export and runtime share.

`docs/artifact.md` documents the format field by field. To change the format: change the
types here, raise `FORMAT` if a reader of the old format would answer wrongly or not at
all, document it there, and keep a golden artifact of the old format in the tests.
"""

from pathlib import Path
from typing import Literal, TypeVar

import msgspec

from runtime.errors import ArtifactError, FormatError

FORMAT = 1

MISSING_STRING = "\ufdd0"
"""What stands for a missing string in a string tensor, which cannot hold a null.

A Unicode noncharacter: valid UTF-8 in every language, reserved by the standard for a
program's own use (Unicode 16, section 23.7), so it is no text that a person wrote.
"""

_MOST_TEXT_BYTES = 4 << 30
"""Memory that a text may take by itself."""

Label = bool | int | float | str
Scalar = bool | int | float | str | None
Dtype = Literal["float64", "int64", "bool", "string"]
Task = Literal[
    "classification",
    "multilabel_classification",
    "multioutput_classification",
    "regression",
    "clustering",
    "outlier_detection",
    "transformation",
]


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """What every part of the manifest is: immutable, and built by keyword."""


class Feature(Part, frozen=True, kw_only=True):
    """One column of the training data, and where it goes in the graph's inputs."""

    name: str
    dtype: Dtype
    input: Literal["numeric", "string"]
    """The tensor that takes it."""
    column: int
    """Its column in that tensor."""
    title: str
    nullable: bool
    """Whether it may be missing: it was, in the training data."""
    minimum: float | None = None
    maximum: float | None = None
    """The range seen in training. Values outside are answered, not refused."""
    categories: tuple[str, ...] | None = None
    """The values seen in training, for string features with few of them or that are closed."""
    closed: bool = False
    """Whether strings that are not in `categories` are refused, as scikit-learn does."""
    values: tuple[float, ...] | None = None
    """The only numbers that scikit-learn answers, where there are such; others are refused."""
    lowest: float | None = None
    """The least number that scikit-learn answers, where there is one; others are refused."""
    highest: float | None = None
    """The greatest."""
    refused: tuple[float, ...] | None = None
    """Single numbers between these two that scikit-learn refuses, such as 0 under a fraction."""
    longest: int | None = None
    """Characters of the longest text that is answered: one takes many times its size."""
    example: Scalar = None


class Tensor(Part, frozen=True, kw_only=True):
    """An input or output of the graph: `[N, columns]`, or `[N]` where columns is null."""

    name: str
    dtype: Literal["float64", "int64", "string"]
    columns: int | None = None
    magnitude: float = 0.0
    """The greatest absolute value of this output on the held-out rows, for float outputs:
    relative differences are never measured against less (`runtime.comparison`)."""


class Class(Part, frozen=True, kw_only=True):
    """One class: the label that scikit-learn answers, and the name that people read."""

    label: Label
    name: str


class Target(Part, frozen=True, kw_only=True):
    """What is predicted. A model of several outputs has several targets."""

    name: str
    classes: tuple[Class, ...] | None = None
    """In the order of the probabilities; null where the target is a number."""


class Agreement(Part, frozen=True, kw_only=True):
    """How one group of rows compared: the graph against scikit-learn."""

    group: str
    rows: int
    left_out: int = 0
    """Rows that scikit-learn refuses, or answers by chance."""
    label_mismatches: int
    max_absolute: float
    max_relative: float
    max_ulp: int
    worst: dict[str, Scalar] | None = None
    """The record whose answers differ most, or null where no bit differs."""


class Thresholds(Part, frozen=True, kw_only=True):
    """How many nodes of trees were tried on both sides of their threshold, of how many."""

    tried: int
    of: int


class Parity(Part, frozen=True, kw_only=True):
    """The proof that the graph answers as scikit-learn did."""

    tolerance: float
    """The greatest relative difference allowed; 0 means bit for bit."""
    rows: int
    label_mismatches: int
    max_relative: float
    groups: tuple[Agreement, ...] = ()
    thresholds: Thresholds | None = None
    """Null where no tree compares numbers."""


class Memory(Part, frozen=True, kw_only=True):
    """What a model of text takes on its way, in bytes, at the most."""

    row: int
    """For each row."""
    character: int
    """For each row, times the characters of the longest text: tables are as wide as that."""

    def longest(self, room: int = _MOST_TEXT_BYTES) -> int | None:
        """Return the characters of a text that takes `room` bytes; None where they take nothing."""
        return room // self.character if self.character else None

    def needed(self, rows: int, longest: int) -> int:
        """Return the bytes for rows that are computed at once, their longest text being given."""
        return rows * (self.row + (longest + 1) * self.character)


class Provenance(Part, frozen=True, kw_only=True):
    """Where the artifact comes from. Nothing here depends on when or where it was made."""

    estimator: str
    """The estimator as scikit-learn prints it."""
    training_data: str
    """`sha256:` of the training data."""
    training_rows: int
    versions: dict[str, str]
    opset: dict[str, int]
    revision: str | None = None
    """Source revision of the recipe, where it is under version control."""
    created: str | None = None
    """ISO 8601 date from SOURCE_DATE_EPOCH, or null: the same inputs give the same bytes."""


class Manifest(Part, frozen=True, kw_only=True):
    """All that a runtime needs to know of a model besides its graph."""

    format: int
    name: str
    version: int
    task: Task
    title: str
    description: str
    features: tuple[Feature, ...]
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    targets: tuple[Target, ...]
    metrics: dict[str, float]
    parity: Parity
    provenance: Provenance
    width: int = 1
    """Columns of the widest table inside the graph, such as one for each row of training."""
    memory: Memory | None = None
    """For models of text. The runtime answers so few rows at once that they fit into memory."""

    @property
    def classes(self) -> tuple[Class, ...]:
        """The classes of a classifier with one target; empty for other tasks."""
        if len(self.targets) != 1:
            return ()
        return self.targets[0].classes or ()


class Vectors(Part, frozen=True, kw_only=True):
    """Golden rows: records as a client would send them, and what scikit-learn answered.

    `outputs` holds one list per output of the graph, in the order of `rows`. A missing
    value, in a record or in an output, is null.
    """

    format: int
    rows: tuple[dict[str, Scalar], ...]
    outputs: dict[str, list[object]]


_Document = TypeVar("_Document", Manifest, Vectors)


class _Versioned(msgspec.Struct):
    format: int


def encode(document: Manifest | Vectors) -> bytes:
    """Encode as indented UTF-8 JSON, ending in a newline; the same document, the same bytes."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def decode(data: bytes, kind: type[_Document], source: Path | str) -> _Document:
    """Decode a manifest or golden rows; `source` names where they come from in errors.

    Raises FormatError for another format, ArtifactError for what is not such a document.
    """
    try:
        found = msgspec.json.decode(data, type=_Versioned).format
        if found != FORMAT:
            raise FormatError(source, found, FORMAT)
        return msgspec.json.decode(data, type=kind)
    except msgspec.MsgspecError as error:
        raise ArtifactError(
            source, f"its {kind.__name__.lower()} cannot be read: {error}"
        ) from None
