"""Java's types of a model: those of its features, of its answer and of its labels."""

import re
from collections.abc import Mapping, Sized

from export.client.names import about, camel, category_types, pascal, quoted, unique, words
from export.client.plan import Cell, Fields, Node, Predicted, classes_of, plan
from runtime.manifest import Feature, Manifest, Target

_TYPES = {"float64": "double", "int64": "long", "bool": "boolean", "string": "String"}
BOXED = {"double": "Double", "long": "Long", "boolean": "Boolean"}
_MOST = 120
"""The fields of a record at most: the JVM hands a constructor 255 words, and a double is two."""
_RESERVED = re.findall(
    r"\w+",
    """
    abstract assert boolean break byte case catch char class const continue default do double
    else enum extends final finally float for goto if implements import instanceof int interface
    long native new package private protected public return short static strictfp super switch
    synchronized this throw throws transient try void volatile while true false null hashCode
    toString getClass notify notifyAll wait clone finalize
""",
)


def attributes(manifest: Manifest) -> list[tuple[str, Feature]]:
    """Return each feature with the component that holds it."""
    names = unique((camel(feature.name) for feature in manifest.features), _RESERVED)
    return list(zip(names, manifest.features, strict=True))


def categories(manifest: Manifest) -> str:
    """Declare each feature's categories: an enum, or constants where others are answered, too."""
    declared, types = "", category_types(manifest.features)
    for feature in manifest.features:
        if feature.categories:
            names = unique(map(_constant, feature.categories))
            pairs = list(zip(names, feature.categories, strict=True))
            declared += f"  /** {about(feature)} */\n"
            declared += (_enum if feature.closed else _constants)(types[feature.name], pairs)
    return declared


def _constant(text: str) -> str:
    name = "_".join(words(text)).upper() or "EMPTY"
    return f"X{name}" if name[0].isdigit() else name


def _enum(name: str, pairs: list[tuple[str, str]]) -> str:
    values = ",\n".join(f"    {constant}({quoted(text)})" for constant, text in pairs)
    return (
        f"  public enum {name} {{\n{values};\n\n    private final String text;\n\n"
        f"    {name}(String text) {{\n      this.text = text;\n    }}\n\n"
        "    @JsonValue\n    public String text() {\n      return text;\n    }\n  }\n\n"
    )


def _constants(name: str, pairs: list[tuple[str, str]]) -> str:
    values = "".join(
        f"    public static final String {constant} = {quoted(text)};\n" for constant, text in pairs
    )
    return f"  public static final class {name} {{\n{values}\n    private {name}() {{}}\n  }}\n\n"


def is_wide(fields: Sized) -> bool:
    """Tell whether there are more fields than a record may have."""
    return len(fields) > _MOST


def is_map(node: Fields) -> bool:
    """Tell whether a part of an answer is a map: no record has so many fields, or one named ""."""
    return is_wide(node.fields) or any(not key for key, _ in node.fields)


def question(manifest: Manifest) -> str:
    """Declare what the model is asked: a record, or a class of fields where they are too many."""
    types, pairs = category_types(manifest.features), attributes(manifest)
    boxed = is_wide(pairs)
    lines = [
        f"@JsonProperty({quoted(feature.name)}) {_type(feature, types, boxed)} {attribute}"
        for attribute, feature in pairs
    ]
    if boxed:
        fields = "".join(
            f"    /** {about(feature)} */\n    {line.replace(') ', ') public ', 1)};\n\n"
            for line, (_, feature) in zip(lines, pairs, strict=True)
        )
        return (
            "  /** What the model is asked. A feature that may be missing may be null. */\n"
            f"  public static final class Question {{\n{fields}  }}\n\n"
        )
    parameters = "".join(f"   * @param {name} {about(feature)}\n" for name, feature in pairs)
    components = ",\n".join(f"      {line}" for line in lines)
    return (
        "  /**\n   * What the model is asked. A feature that may be missing may be null.\n   *\n"
        f"{parameters}   */\n  public record Question(\n{components}) {{}}\n\n"
    )


def _type(feature: Feature, types: Mapping[str, str], boxed: bool) -> str:
    if feature.categories and feature.closed:
        return types[feature.name]
    name = _TYPES[feature.dtype]
    return BOXED.get(name, name) if feature.nullable or boxed else name


def answer(manifest: Manifest) -> str:
    """Declare what the model answers."""
    shapes: list[str] = []
    _shape(manifest, plan(manifest), "Answer", shapes)
    return "".join(reversed(shapes))


def _shape(manifest: Manifest, node: Node, name: str, shapes: list[str]) -> str:
    """Return the type of a part of the answer; declare the objects in it as records."""
    if isinstance(node, Fields) and is_map(node):
        keys = ",\n".join(f"          {quoted(key)}" for key, _ in node.fields)
        constant = f"  static final List<String> {keys_of(name)} ="
        shapes.append(f"{constant}\n      List.of(\n{keys});\n\n")
        kinds = {_shape(manifest, part, name, shapes) for _, part in node.fields}
        kind = kinds.pop() if len(kinds) == 1 else "Object"
        return f"Map<String, {BOXED.get(kind, kind)}>"
    if isinstance(node, Fields):
        names = unique((camel(key) for key, _ in node.fields), _RESERVED)
        parts = zip(names, inner_names(node, name), node.fields, strict=True)
        components = ",\n".join(
            f"      @JsonProperty({quoted(key)}) "
            f"{_shape(manifest, part, inner, shapes)} {component}"
            for component, inner, (key, part) in parts
        )
        about_it = "What the model answers." if name == "Answer" else "A part of the answer."
        shapes.append(f"  /** {about_it} */\n  public record {name}(\n{components}) {{}}\n\n")
        return name
    if isinstance(node, Predicted):
        return label_type(manifest.targets[node.target])
    if isinstance(node, Cell) and node.kind != "number":
        return "long" if node.kind == "integer" else "String"
    return "Double"


def keys_of(name: str) -> str:
    """Return the constant that holds the keys of an answer's part that is a map."""
    return "_".join(words(name)).upper()


def inner_names(node: Fields, name: str) -> list[str]:
    """Return what the objects among an object's fields are called."""
    return unique(name + pascal(key) for key, _ in node.fields)


def label_type(target: Target) -> str:
    """Return the type of a target's labels."""
    kinds = {type(each.label) for each in classes_of(target)}
    if len(kinds) > 1:
        return "double"
    return {bool: "boolean", int: "long", float: "double", str: "String"}[kinds.pop()]
