"""What is wrong with a body: every problem, each with its path, what is expected, what came.

Reads slowly and thoroughly what `payload` could not read at once. Every value is judged by
the msgspec type of its feature; this module adds only where it is and what to do about it.
"""

import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Annotated, Any, Literal, NamedTuple

import msgspec

from runtime.errors import PayloadError, Problem
from runtime.manifest import MISSING_STRING, Feature
from runtime.parts import PART_BYTES, Body, Cutter
from runtime.syntax import WHITESPACE, check_syntax

MOST_PROBLEMS = 100
"""How many problems are listed: a body that is all wrong is not read to its end."""

GREATEST_INTEGER = 2**53
"""Up to here a double, in which integers travel, holds every one of them."""

_LONGEST_VALUE = 60
_MOST_NAMES = 20

_TYPES: dict[str, Any] = {
    "float64": float,
    "int64": Annotated[int, msgspec.Meta(ge=-GREATEST_INTEGER, le=GREATEST_INTEGER)]
    | Annotated[float, msgspec.Meta(multiple_of=1, ge=-GREATEST_INTEGER, le=GREATEST_INTEGER)],
    "bool": bool,
    "string": str,
}
_EXPECTED = {
    "float64": "a number",
    "int64": "an integer from -2^53 to 2^53",
    "bool": "true or false",
    "string": "a string",
}
_KINDS = {
    b'"': "the string",
    b"{": "the object",
    b"[": "the array",
    b"t": "the boolean",
    b"f": "the boolean",
    b"n": "",
}

_SMALLEST = 5e-324
"""The least number above 0."""
_FAR = 1e30
"""Bounds beyond are those of single precision, or of what some step makes infinite."""

_IDENTIFIER = re.compile(r"[A-Za-z_]\w*", re.ASCII)


def field_type(feature: Feature) -> Any:
    """Return the msgspec type that a feature's JSON value must have."""
    kind = _TYPES[feature.dtype]
    if feature.closed and feature.categories:
        kind = Literal[feature.categories]
    elif feature.longest is not None:
        kind = Annotated[kind, msgspec.Meta(max_length=feature.longest)]
    elif feature.lowest is not None or feature.highest is not None:
        kind = _bounded(feature)
    return kind | None if feature.nullable else kind


def _bounded(feature: Feature) -> Any:
    if feature.dtype == "float64":
        return Annotated[float, msgspec.Meta(ge=feature.lowest, le=feature.highest)]
    low = -GREATEST_INTEGER if feature.lowest is None else int(feature.lowest)
    high = GREATEST_INTEGER if feature.highest is None else int(feature.highest)
    return (
        Annotated[int, msgspec.Meta(ge=low, le=high)]
        | Annotated[float, msgspec.Meta(multiple_of=1, ge=low, le=high)]
    )


class Records(NamedTuple):
    """Some of a body's records."""

    values: list[list[object]]
    """Of each record, in the order of the features."""
    single: bool
    """Whether the body is one record, not a list."""


class Inspector:
    """Reads records field by field, and collects the problems of all of them."""

    def __init__(self, features: Sequence[Feature], forbid_unknown: bool) -> None:
        self._features = tuple(features)
        self._names = [feature.name for feature in features]
        self._decoders = [msgspec.json.Decoder(field_type(feature)) for feature in features]
        self._forbid_unknown = forbid_unknown

    def read(self, body: Body, start: int = 0, first: int = 0) -> Iterator[Records]:
        """Yield each record's values, in the order of the features, some records at a time.

        Nothing of a part that has a problem, nor of those after it. If there are records
        before byte `start` that are known to fit, `first` of them, reading begins there.
        Raises, when all is read, MalformedError for what is not JSON, PayloadError for
        records that do not fit.
        """
        check_syntax(body)
        found = _Findings()
        cutter = Cutter.of(body, len(self._features))
        if cutter is None:
            expected = "an object or a list of objects"
            yield Records(self._values([msgspec.Raw(body)], None, found, expected), single=True)
        else:
            cutter.start = max(cutter.start, start)
            for raws in _parts(cutter):
                if not raws:
                    found.add("$", "at least one record", "an empty list", None)
                values = self._values(raws, first, found)
                first += len(raws)
                yield Records(values, single=False)
        found.raise_if_any()

    def record(self, value: bytes) -> list[object]:
        """Return the values of a single record. Raises as `read` does; a list is no record."""
        check_syntax(value)
        found = _Findings()
        values = self._values([msgspec.Raw(value)], None, found)
        found.raise_if_any()
        return values[0]

    def _values(
        self,
        raws: Sequence[msgspec.Raw],
        first: int | None,
        found: "_Findings",
        expected: str = "an object",
    ) -> list[list[object]]:
        """Return the values of records, `first` being the place of the first one in its list."""
        records = []
        for index, raw in enumerate(raws):
            path = "$" if first is None else f"$[{first + index}]"
            value = bytes(raw).strip(WHITESPACE)
            if value.startswith(b"{"):
                fields = msgspec.json.decode(value, type=dict[str, msgspec.Raw])
                records.append(self._record(fields, path, found))
            else:
                hint = f"A record has the fields {_listing(self._names)}."
                found.add(path, expected, _describe(value), hint)
        return [] if found.any else records

    def _record(
        self, fields: dict[str, msgspec.Raw], path: str, found: "_Findings"
    ) -> list[object]:
        values: list[object] = []
        for feature, decoder in zip(self._features, self._decoders, strict=True):
            raw = fields.pop(feature.name, None)
            if raw is not None:
                values.append(_value(feature, decoder, bytes(raw), path, found))
            elif feature.nullable:
                values.append(None)
            else:
                hint = f"It is required; for example {_json(feature.example)}."
                found.add(join(path, feature.name), _expected(feature), "nothing", hint)
        for name in fields if self._forbid_unknown else ():
            hint = _nearest(name, self._names)
            found.add(join(path, name), "no such field", "an unknown field", hint)
        return values


class _Findings:
    """The problems found so far."""

    def __init__(self) -> None:
        self._problems: list[Problem] = []

    def add(self, path: str, expected: str, received: str, hint: str | None) -> None:
        """Add a problem. Raises PayloadError where there are enough of them already."""
        if len(self._problems) == MOST_PROBLEMS:
            raise PayloadError(self._problems, more=True)
        self._problems.append(Problem(path, expected, received, hint))

    @property
    def any(self) -> bool:
        return bool(self._problems)

    def raise_if_any(self) -> None:
        if self._problems:
            raise PayloadError(self._problems)


def _parts(cutter: Cutter) -> Iterator[list[msgspec.Raw]]:
    """Yield the records of a valid list; where one is cut within a string, more at once."""
    size = PART_BYTES
    while cutter.more:
        part, rest = cutter.part(size)
        try:
            raws = msgspec.json.decode(part, type=list[msgspec.Raw])
        except msgspec.DecodeError:
            size *= 2
        else:
            yield raws
            cutter.start, size = rest, PART_BYTES


def _value(
    feature: Feature,
    decoder: msgspec.json.Decoder[Any],
    raw: bytes,
    path: str,
    found: _Findings,
) -> object:
    """Return the value of one field, or None after adding its problem."""
    raw = raw.strip(WHITESPACE)
    expected = _expected(feature, number=raw[:1] not in _KINDS)
    try:
        value = decoder.decode(raw)
    except msgspec.ValidationError as error:
        if str(error) == "Number out of range":
            expected = "a number that a double can hold"
        hint = _hint(feature, raw)
    else:
        if value != MISSING_STRING:
            return value
        hint = "U+FDD0 is reserved; send null for a missing string."
    found.add(join(path, feature.name), expected, _describe(raw), hint)
    return None


def _expected(feature: Feature, *, number: bool = False) -> str:
    """Say what a value must be; bounds that are far from anyone's numbers to a `number` only."""
    expected = _EXPECTED[feature.dtype]
    if feature.closed and feature.categories:
        expected = f"one of {_listing(feature.categories)}"
    elif feature.longest is not None:
        expected = f"a string of at most {feature.longest} characters"
    else:
        ends = (feature.lowest, feature.highest)
        shown = [None if end is None or (abs(end) > _FAR and not number) else end for end in ends]
        if shown != [None, None]:
            kind = "an integer" if feature.dtype == "int64" else "a number"
            expected = f"{kind} {_range(*shown)}"
    return f"{expected} or null" if feature.nullable else expected


def _range(lowest: float | None, highest: float | None) -> str:
    ends = (lowest, highest)
    low, high = (repr(end).removesuffix(".0") if end is not None else None for end in ends)
    if lowest == _SMALLEST:
        return "above 0" if high is None else f"above 0 and up to {high}"
    if low is None or high is None:
        return f"of at least {low}" if high is None else f"of at most {high}"
    return f"from {low} to {high}"


def _hint(feature: Feature, raw: bytes) -> str | None:
    """Say what to send instead, where that can be told from what came."""
    if raw == b"null":
        return "It was never missing in training."
    wants = "boolean" if feature.dtype == "bool" else "number"
    if feature.dtype == "string":
        if feature.closed and feature.categories and raw.startswith(b'"'):
            return _nearest(msgspec.json.decode(raw), feature.categories)
        if feature.longest is not None and raw.startswith(b'"'):
            return f"It has {len(msgspec.json.decode(raw))}."
        return None if raw[:1] in b'{["' else f'Put it in quotes: "{_shorten(raw)}".'
    if raw.startswith(b'"') and _fits(feature, raw[1:-1]):
        return f"Send the {wants} without the quotes: {_shorten(raw[1:-1])}."
    return None


def _fits(feature: Feature, raw: bytes) -> bool:
    try:
        msgspec.json.decode(raw, type=_TYPES[feature.dtype])
    except msgspec.DecodeError:
        return False
    return True


def _describe(raw: bytes) -> str:
    """Describe a JSON value: its kind, and as much of it as fits on a line."""
    return f"{_KINDS.get(raw[:1], 'the number')} {_shorten(raw)}".lstrip()


def _shorten(raw: bytes) -> str:
    text = raw[: 4 * _LONGEST_VALUE].decode(errors="ignore")
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def join(path: str, name: str) -> str:
    """Extend a JSONPath by a field's name."""
    if _IDENTIFIER.fullmatch(name) and len(name) <= _LONGEST_VALUE:
        return f"{path}.{name}"
    return f"{path}[{_shorten(_json(name).encode())}]"


def _nearest(name: str, names: Sequence[str]) -> str:
    """Suggest the nearest of `names`; list them if none is near."""
    near = get_close_matches(name[:_LONGEST_VALUE], names, n=1)
    return f"Did you mean {_json(near[0])}?" if near else f"There are {_listing(names)}."


def _listing(names: Sequence[str]) -> str:
    shown = ", ".join(map(_json, names[:_MOST_NAMES]))
    more = len(names) - _MOST_NAMES
    return f"{shown} and {more} more" if more > 0 else shown
