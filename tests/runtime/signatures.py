"""Signatures of a test's own."""

from typing import Any

import msgspec

from runtime.manifest import Feature, Manifest, Tensor


def signature(manifest: Manifest, *features: dict[str, Any]) -> Manifest:
    """Return `manifest` with other features; each is given by what is special about it."""
    counts = {"numeric": 0, "string": 0}
    made = []
    for feature in features:
        into = "string" if feature.get("dtype") == "string" else "numeric"
        defaults = {"dtype": "float64", "input": into, "column": counts[into], "nullable": False}
        counts[into] += 1
        made.append(Feature(**{"title": feature["name"], **defaults, **feature}))
    inputs = tuple(
        Tensor(name=name, dtype="string" if name == "string" else "float64", columns=count)
        for name, count in counts.items()
        if count
    )
    return msgspec.structs.replace(manifest, features=tuple(made), inputs=inputs)
