"""Programs that ask models through their generated clients, with records written as literals.

Each takes the service's address, and prints by the model's name what the service answered and
what the model did, run in the same process.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from export.client import go
from export.client.go.types import attributes as go_fields
from export.client.java.types import attributes as java_components
from export.client.java.types import is_wide
from export.client.names import camel, category_types, escaped, pascal, quoted, snake
from export.client.python import attributes as python_attributes
from runtime.manifest import Feature, Manifest

Record = Mapping[str, object]


@dataclass(frozen=True)
class Asked:
    """A model, the folder of its artifact, and what it is asked."""

    manifest: Manifest
    folder: Path
    records: Sequence[Record]

    @property
    def model(self) -> str:
        """The path of the graph, as a literal."""
        return quoted(str(self.folder / "model.onnx"))


def program(language: str, asked: Sequence[Asked]) -> tuple[str, str]:
    """Return the name and the text of the program in a language."""
    return _PROGRAMS[language](asked)


def _python(asked: Sequence[Asked]) -> tuple[str, str]:
    imports, answers = "import json\nimport sys\n\n", ""
    for each in asked:
        name, module = pascal(each.manifest.name), snake(each.manifest.name)
        imports += f"from {module} import {name}Client, {name}Record\n"
        imports += f"from {module}_local import {name}Model\n"
        rows = "".join(f"    {name}Record({_python_fields(each, row)}),\n" for row in each.records)
        answers += f"records_{module} = [\n{rows}]\n"
        answers += f"answers[{quoted(each.manifest.name)}] = {{\n"
        answers += f'    "service": {name}Client(sys.argv[1]).predict_all(records_{module}),\n'
        answers += f'    "local": {name}Model({each.model}).predict_all(records_{module}),\n}}\n'
    return "driver.py", (
        f"{imports}\nanswers: dict[str, object] = {{}}\n{answers}print(json.dumps(answers))\n"
    )


def _python_fields(asked: Asked, record: Record) -> str:
    pairs = python_attributes(asked.manifest)
    return ", ".join(f"{name}={record.get(feature.name)!r}" for name, feature in pairs)


def _typescript(asked: Sequence[Asked]) -> tuple[str, str]:
    imports = 'import * as ort from "onnxruntime-node";\n'
    answers = "const answers: Record<string, unknown> = {};\n"
    for each in asked:
        name, module = pascal(each.manifest.name), camel(each.manifest.name)
        imports += f'import {{ {name}Client, type {name}Record }} from "./{module}.js";\n'
        imports += f'import {{ {name}Model }} from "./{module}_local.js";\n'
        rows = "".join(f"  {_typescript_object(record)},\n" for record in each.records)
        answers += f"const {module}Records: {name}Record[] = [\n{rows}];\n"
        answers += f"answers[{quoted(each.manifest.name)}] = {{\n"
        answers += f"  service: await new {name}Client(service).predictAll({module}Records),\n"
        answers += f"  local: await (await {name}Model.open(ort, {each.model}))"
        answers += f".predictAll({module}Records),\n}};\n"
    service = "const service = process.argv[2]!;\n"
    return "driver.ts", f"{imports}{service}{answers}console.log(JSON.stringify(answers));\n"


def _typescript_object(record: Record) -> str:
    """Return an object; a name without brackets would be no property where it is `__proto__`."""
    fields = (f"[{quoted(name)}]: {_json(value)}" for name, value in record.items())
    return f"{{ {', '.join(fields)} }}"


def _json(value: object) -> str:
    return quoted(value) if isinstance(value, str) else json.dumps(value)


def _go(asked: Sequence[Asked]) -> tuple[str, str]:
    imports, answers = "", ""
    for each in asked:
        package = go.package(each.manifest)
        imports += f'\t"skiff/{package}"\n'
        rows = "".join(f"\t\t{{{_go_fields(each, package, row)}}},\n" for row in each.records)
        answers += f"\t{package}Records := []{package}.Record{{\n{rows}\t}}\n"
        answers += f"\t{package}Model := must({package}.Open({each.model}))\n"
        answers += f"\t{package}Client := {package}.Client{{Service: os.Args[1]}}\n"
        answers += f"\tanswers[{quoted(each.manifest.name)}] = map[string]any{{\n"
        for kind in ("service", "local"):
            asked_of = f"{package}{'Client' if kind == 'service' else 'Model'}"
            answers += f'\t\t"{kind}": must({asked_of}.Predict({package}Records)),\n'
        answers += "\t}\n"
    return "driver.go", (
        f'package main\n\nimport (\n\t"encoding/json"\n\t"log"\n\t"os"\n{imports})\n\n'
        "func must[T any](value T, err error) T {\n"
        "\tif err != nil {\n\t\tlog.Fatal(err)\n\t}\n\treturn value\n}\n\n"
        f"func main() {{\n\tanswers := map[string]any{{}}\n{answers}"
        "\tif err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {\n"
        "\t\tlog.Fatal(err)\n\t}\n}\n"
    )


def _go_fields(asked: Asked, package: str, record: Record) -> str:
    types = category_types(asked.manifest.features)
    fields = []
    for name, feature in go_fields(asked.manifest):
        value = record.get(feature.name)
        if value is None:
            continue
        literal = quoted(value) if isinstance(value, str) else json.dumps(value)
        if feature.nullable:
            kind = types.get(feature.name)
            kind = f"{package}.{kind}" if kind else feature.dtype
            literal = f"{package}.Ptr[{kind}]({literal})"
        fields.append(f"{name}: {literal}")
    return ", ".join(fields)


def _java(asked: Sequence[Asked]) -> tuple[str, str]:
    methods, calls = "", ""
    for index, each in enumerate(asked):
        name = pascal(each.manifest.name)
        calls += f"    answers.put({quoted(each.manifest.name)}, ask{index}(arguments[0]));\n"
        rows = "".join(_java_question(each, record) for record in each.records)
        methods += (
            f"  static Object ask{index}(String service) throws Exception {{\n"
            f"    List<{name}Client.Question> questions = new ArrayList<>();\n{rows}"
            f"    try (var model = new {name}Model({each.model})) {{\n"
            f'      return Map.of("service", new {name}Client(service).predict(questions),\n'
            '          "local", model.predict(questions));\n    }\n  }\n\n'
        )
    text = (
        "import com.fasterxml.jackson.databind.ObjectMapper;\nimport java.util.ArrayList;\n"
        "import java.util.HashMap;\nimport java.util.List;\nimport java.util.Map;\n\n"
        f"public final class Driver {{\n{methods}"
        "  public static void main(String[] arguments) throws Exception {\n"
        f"    Map<String, Object> answers = new HashMap<>();\n{calls}"
        "    System.out.write(new ObjectMapper().writeValueAsBytes(answers));\n"
        "    System.out.flush();\n  }\n}\n"
    )
    return "Driver.java", escaped(text)


def _java_question(asked: Asked, record: Record) -> str:
    name = pascal(asked.manifest.name)
    pairs = java_components(asked.manifest)
    values = [_java_literal(asked.manifest, each, record.get(each.name)) for _, each in pairs]
    if not is_wide(pairs):
        return f"    questions.add(new {name}Client.Question({', '.join(values)}));\n"
    fields = zip(pairs, values, strict=True)
    sets = "".join(f"      question.{field} = {value};\n" for (field, _), value in fields)
    made = f"    {{\n      var question = new {name}Client.Question();\n{sets}"
    return f"{made}      questions.add(question);\n    }}\n"


def _java_literal(manifest: Manifest, feature: Feature, value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, str) and feature.categories and feature.closed:
        kind = category_types(manifest.features)[feature.name]
        index = feature.categories.index(value)
        return f"{pascal(manifest.name)}Client.{kind}.values()[{index}]"
    if feature.dtype == "int64":
        return f"{value}L"
    if feature.dtype == "float64":
        return repr(float(str(value)))
    return _json(value)


_PROGRAMS: dict[str, Callable[[Sequence[Asked]], tuple[str, str]]] = {
    "python": _python,
    "typescript": _typescript,
    "go": _go,
    "java": _java,
}
