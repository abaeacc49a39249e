"""Go's types of a model: those of its features, of its answer and of its labels."""

import re
import unicodedata
from collections.abc import Sequence

from export.client.names import about, category_types, pascal, quoted, unique
from export.client.plan import Cell, Fields, Node, Predicted, classes_of, plan
from runtime.manifest import Feature, Manifest, Target

_DECLARED = ("Record", "Answer", "Number", "Error", "Client", "Model", "Ptr", "Open")
"""What the files declare whatever the model is."""

TYPES = {"float64": "float64", "int64": "int64", "bool": "bool", "string": "string"}


def attributes(manifest: Manifest) -> list[tuple[str, Feature]]:
    """Return each feature with the field that holds it."""
    names = unique(pascal(feature.name) for feature in manifest.features)
    return list(zip(names, manifest.features, strict=True))


def aligned(rows: Sequence[tuple[str, ...]], indent: str = "\t") -> str:
    """Return lines whose columns begin below each other, as gofmt has them."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "".join(
        indent
        + " ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        + "\n"
        for row in rows
    )


def taggable(names: Sequence[str]) -> bool:
    """Tell whether encoding/json finds all of these names in the tags of a struct."""
    return all(name and name != "-" and all(map(_in_tag, name)) for name in names)


def _in_tag(character: str) -> bool:
    kind = unicodedata.category(character)
    return kind.startswith("L") or kind == "Nd" or character in "!#$%&()*+-./:;<=>?@[]^_{|}~ "


def record(manifest: Manifest) -> str:
    """Declare the record, its categories, and how it is written where tags cannot say."""
    types, pairs = category_types(manifest.features), attributes(manifest)
    tagged = taggable([feature.name for feature in manifest.features])
    fields = "".join(
        f"\t// {about(feature)}\n\t{name} {_type(feature, types)}"
        + (f" `json:{quoted(feature.name)}`\n" if tagged else "\n")
        for name, feature in pairs
    )
    declared = _categories(manifest)
    declared += (
        "// Record is what the model is asked; a feature that may be missing is a pointer.\n"
        f"type Record struct {{\n{fields}}}\n\n"
    )
    if tagged:
        return declared
    values = "".join(f"\tfields[{quoted(feature.name)}] = r.{name}\n" for name, feature in pairs)
    return (
        f"{declared}// MarshalJSON writes the record as the service takes it.\n"
        "func (r Record) MarshalJSON() ([]byte, error) {\n\tfields := map[string]any{}\n"
        f"{values}\treturn json.Marshal(fields)\n}}\n\n"
    )


def _categories(manifest: Manifest) -> str:
    """Declare each feature's categories as a type and constants, no two of the same name."""
    types = category_types(manifest.features)
    answers = re.findall(r"^type (\w+)", answer(manifest), re.MULTILINE)
    reserved = {*_DECLARED, *types.values(), *answers}
    named = [feature for feature in manifest.features if feature.categories]
    pairs = [(feature, text) for feature in named for text in feature.categories or ()]
    names = unique((pascal(feature.name) + pascal(text) for feature, text in pairs), reserved)
    declared = ""
    for feature in named:
        name = types[feature.name]
        rows = [
            (constant, name, f"= {quoted(text)}")
            for constant, (owner, text) in zip(names, pairs, strict=True)
            if owner is feature
        ]
        declared += (
            f"// {name} is a category of {about(feature)}.\n"
            f"type {name} string\n\nconst (\n{aligned(rows)})\n\n"
        )
    return declared


def _type(feature: Feature, types: dict[str, str]) -> str:
    name = types.get(feature.name, TYPES[feature.dtype])
    return f"*{name}" if feature.nullable else name


def answer(manifest: Manifest) -> str:
    """Declare the answer and its parts."""
    declared: list[str] = []
    shape(manifest, plan(manifest), "Answer", declared)
    return "".join(reversed(declared))


def shape(manifest: Manifest, node: Node, name: str, declared: list[str]) -> str:
    """Return the type of a part of the answer; declare the structs in it."""
    if isinstance(node, Predicted):
        return label_type(manifest.targets[node.target])
    if isinstance(node, Cell) and node.kind != "number":
        return "int64" if node.kind == "integer" else "string"
    if not isinstance(node, Fields):
        return "Number"
    types = [
        shape(manifest, part, inner, declared)
        for inner, (_, part) in zip(inner_names(node, name), node.fields, strict=True)
    ]
    if not is_struct(node):
        return f"map[string]{types[0] if len(set(types)) == 1 else 'any'}"
    rows = [
        (field, kind, f"`json:{quoted(key)}`")
        for field, kind, (key, _) in zip(field_names(node), types, node.fields, strict=True)
    ]
    what = "what the model answers" if name == "Answer" else "a part of the answer"
    declared.append(f"// {name} is {what}.\ntype {name} struct {{\n{aligned(rows)}}}\n\n")
    return name


def is_struct(node: Fields) -> bool:
    """Tell whether an object can be a struct: its names fit into tags."""
    return taggable([key for key, _ in node.fields])


def field_names(node: Fields) -> list[str]:
    """Return what an object's fields are called."""
    return unique(pascal(key) for key, _ in node.fields)


def inner_names(node: Fields, name: str) -> list[str]:
    """Return what the objects among an object's fields are called."""
    return unique(name + pascal(key) for key, _ in node.fields)


def label_type(target: Target) -> str:
    """Return the type of a target's labels."""
    kinds = {type(each.label) for each in classes_of(target)}
    if len(kinds) > 1:
        return "float64"
    return {bool: "bool", int: "int64", float: "float64", str: "string"}[kinds.pop()]
