"""A manifest, set out for people to read."""

from collections.abc import Iterable, Iterator, Mapping

from runtime.manifest import Feature, Manifest, Parity, Target, Tensor

_MOST_NAMES = 8


def summarize(manifest: Manifest, digest: str) -> str:
    """Return the manifest as text of several lines; `digest` is the SHA-256 of the file."""
    parity, provenance = manifest.parity, manifest.provenance
    demanded = f"within {parity.tolerance:g}" if parity.tolerance else "bit for bit"
    facts = {
        "model": f"{manifest.name}, version {manifest.version}: {manifest.title}",
        "about": manifest.description,
        "task": manifest.task.replace("_", " "),
        "inputs": "; ".join(map(_tensor, manifest.inputs)),
        "outputs": "; ".join(map(_tensor, manifest.outputs)),
        "targets": "; ".join(map(_target, manifest.targets)),
        "held out": _pairs(manifest.metrics),
        "parity": f"{parity.rows:,} rows compared, {parity.label_mismatches} label mismatches, "
        f"greatest relative difference {parity.max_relative:.2g} (demanded: {demanded})",
        "left out": left_out(parity),
        "splits": tried(parity),
        "trained": f"on {provenance.training_rows:,} rows, {provenance.training_data}",
        "made with": _pairs(provenance.versions),
        "opset": _pairs(provenance.opset),
        "sha256": digest,
    }
    lines = [f"{name:<9} {fact}" for name, fact in facts.items() if fact]
    return "\n".join([*lines, "", *_features(manifest.features)])


def left_out(parity: Parity) -> str:
    """Return how many held-out rows parity could not compare; nothing where it could all."""
    for group in parity.groups:
        if group.group == "held-out" and group.left_out:
            rows = f"{group.left_out:,} of {group.rows + group.left_out:,} held-out rows"
            return f"{rows} were not compared: scikit-learn refuses them, or answers by chance"
    return ""


def tried(parity: Parity) -> str:
    """Return how many nodes of trees parity asked; nothing where no tree compares numbers."""
    if parity.thresholds is None:
        return ""
    some = f"{parity.thresholds.tried:,} of {parity.thresholds.of:,}"
    return f"{some} nodes of trees were asked on both sides of their threshold"


def _features(features: Iterable[Feature]) -> Iterator[str]:
    """Yield the lines of a table of the features."""
    rows = [("feature", "type", "missing", "in training", "title")]
    for each in features:
        missing = "allowed" if each.nullable else "refused"
        title = each.title if each.title != each.name else ""
        rows.append((each.name, each.dtype, missing, _seen(each), title))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = zip(row, widths, strict=True)
        yield "  ".join(f"{cell:<{width}}" for cell, width in cells).rstrip()


def _seen(feature: Feature) -> str:
    if feature.categories:
        return _some(feature.categories)
    if feature.minimum is None or feature.maximum is None:
        return ""
    return f"{feature.minimum:g} to {feature.maximum:g}"


def _tensor(tensor: Tensor) -> str:
    shape = "[N]" if tensor.columns is None else f"[N, {tensor.columns}]"
    return f"{tensor.name} {tensor.dtype} {shape}"


def _target(target: Target) -> str:
    classes = _some([each.name for each in target.classes or ()])
    return f"{target.name}: {classes}" if classes else target.name


def _some(names: Iterable[str]) -> str:
    listed = list(names)
    more = len(listed) - _MOST_NAMES
    return ", ".join(listed[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


def _pairs(values: Mapping[str, float | str]) -> str:
    # The domain of ONNX's own operators is written as an empty name.
    return ", ".join(f"{name or 'ai.onnx'} {_fact(value)}" for name, value in values.items())


def _fact(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.4g}"
