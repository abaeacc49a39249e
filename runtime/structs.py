"""Structs whose fields have names that users gave: those of features, targets and classes.

Attributes cannot have just any name, so the fields have attributes of our own, `f0`, `f1`,
…, and their names only in JSON.
"""

import re
from collections.abc import Callable, Sequence

import msgspec

# What msgspec refuses in the name of a field.
_UNNAMEABLE = re.compile(r'["\\\x00-\x1f]')


def renaming(names: Sequence[str]) -> dict[str, str] | None:
    """Return each attribute's name in JSON, or None where msgspec cannot write one of them."""
    if any(map(_UNNAMEABLE.search, names)):
        return None
    return {f"f{index}": name for index, name in enumerate(names)}


def object_maker(names: Sequence[str]) -> Callable[..., object]:
    """Return what makes an object of values, in the order of `names`, for msgspec to encode."""
    rename = renaming(names)
    if rename is None:
        return lambda *values: dict(zip(names, values, strict=True))
    return msgspec.defstruct("Object", list(rename), rename=rename, gc=False)
