"""What is in the image, and what is not."""

import io
import json
import re
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import PurePath
from typing import NamedTuple

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from image.build import BESIDE, ROOT
from image.engine import Engine
from image.libraries import ELF
from tests.image.containers import IMAGE

LIBRARY = "opt/skiff/lib/python3."
ABSENT = ("sklearn", "scipy", "onnx", "skl2onnx", "joblib", "pandas", "pip", "setuptools")

Python = Callable[[str], str]


class File(NamedTuple):
    """A file in the image."""

    path: str
    """Without a leading slash."""
    mode: int
    size: int
    start: bytes
    """As much of it as an ELF file's header."""


@pytest.fixture(scope="module")
def files(engine: Engine) -> dict[str, File]:
    """Every file in the image by its path."""
    container = engine.ask("create", IMAGE)
    line = [*engine.command, "export", container]
    archive = subprocess.run(line, capture_output=True, check=True).stdout
    engine.ask("rm", container)
    with tarfile.open(fileobj=io.BytesIO(archive)) as content:
        return {
            each.name: File(each.name, each.mode, each.size, data.read(64))
            for each in content
            if each.isfile() and (data := content.extractfile(each)) is not None
        }


@pytest.fixture(scope="module")
def bill() -> dict[str, set[str]]:
    """Where in the image each component of the bill of materials is, by its package URL."""
    components = json.loads((BESIDE / "sbom.cdx.json").read_text())["components"]
    return {
        each["purl"]: {place["location"] for place in each["evidence"]["occurrences"]}
        for each in components
    }


@pytest.fixture
def python(engine: Engine) -> Python:
    """Run code with the image's Python, and return what it prints."""
    options = (*engine.run_options, "--entrypoint=/opt/skiff/bin/python3", IMAGE, "-I", "-S", "-c")
    return lambda code: engine.ask("run", "--rm", *options, code)


def test_packages_of_the_build_are_absent(python: Python) -> None:
    """Python in the image finds none of them, though it finds what is there."""
    names = (*ABSENT, "numpy")
    find = "import importlib.util as find; print(*filter(find.find_spec, {names}))"
    assert python(find.format(names=names)) == "numpy"


def test_tls_is_refused(python: Python) -> None:
    """There is no OpenSSL; whoever asks for it is told where TLS is spoken."""
    ask = (
        "import ssl\ntry: ssl.create_default_context()\nexcept ssl.SSLError as error: print(error)"
    )
    told = "There is no TLS in this image: let a proxy in front of it speak TLS."
    assert python(ask) == told


def test_there_is_no_program_but_python(files: dict[str, File]) -> None:
    """No shell, no package manager, no compiler: one file can be run."""
    programs = {
        path
        for path, member in files.items()
        if member.mode & 0o111 and ".so" not in path.rpartition("/")[2]
    }
    assert programs == {"opt/skiff/bin/python3"}


def test_no_binary_has_symbols_for_debuggers(files: dict[str, File]) -> None:
    """Nothing follows the segments that are loaded: headers name no section."""
    sections = {path: file.start[40:48] for path, file in files.items() if _is_elf(file)}
    assert {path for path, offset in sections.items() if any(offset)} == set()
    assert "opt/skiff/bin/python3" in sections


def test_there_is_no_source_but_skiffs(files: dict[str, File]) -> None:
    """Modules are byte code; Skiff's own are readable, too, and compiled beside it."""
    sources = {path for path in files if path.endswith(".py")}
    assert sources
    assert {path for path in sources if "/runtime/" not in path} == set()
    compiled = sum("/runtime/" in path and path.endswith(".pyc") for path in files)
    assert compiled == len(sources)


def test_there_are_no_tests_and_no_second_onnx_runtime(
    files: dict[str, File],
) -> None:
    """What pip installs and a service never loads was left out."""
    unwanted = (
        "/tests/",
        "/test/",
        "libonnxruntime.so",
        "libssl",
        "libcrypto",
        ".map",
        ".pyi",
        "/transformers/",
    )
    assert [path for path in files if any(part in path for part in unwanted)] == []


def test_the_targets_for_size_are_met(engine: Engine, files: dict[str, File]) -> None:
    """At most 120 MB of files."""
    assert sum(member.size for member in files.values()) <= 120e6
    assert int(engine.ask("image", "inspect", "--format", "{{.Size}}", IMAGE)) <= 120e6


def test_labels_say_what_is_inside(engine: Engine) -> None:
    """The image says which Skiff, which model and which parity it is."""
    text = engine.ask("image", "inspect", "--format", "{{json .Config.Labels}}", IMAGE)
    labels = json.loads(text)
    assert labels["org.opencontainers.image.licenses"] == "Apache-2.0"
    assert labels["skiff.model.name"] == "iris"
    assert labels["skiff.model.version"] == "1"
    assert " rows compared with scikit-learn, 0 label mismatches" in labels["skiff.model.parity"]


def test_the_bill_of_materials_lists_every_package(
    files: dict[str, File], bill: dict[str, set[str]], python: Python
) -> None:
    """Whatever can be imported, and is neither Python's nor Skiff's own, is a distribution's."""
    folder = "/".join(next(path for path in files if path.startswith(LIBRARY)).split("/")[:4])
    names = {path.split("/")[4] for path in files if path.startswith(f"{folder}/")}
    modules = {name for name in names if name.endswith(".pyc") or f"{folder}/{name}" not in files}
    own = set(python("import sys; print(*sys.stdlib_module_names)").split()) | {"runtime"}
    tops = {name: name.partition(".")[0] for name in modules}
    foreign = {name for name, top in tops.items() if top.isidentifier() and top not in own}
    listed = set.union(*(bill[purl] for purl in bill if purl.startswith("pkg:pypi/")))
    assert {"numpy", "numpy.libs", "onnxruntime", "typing_extensions.pyc"} <= foreign
    assert {f"/{folder}/{name}" for name in foreign} - listed == set()


def test_the_bill_of_materials_lists_every_binary(
    files: dict[str, File], bill: dict[str, set[str]]
) -> None:
    """Each program and shared library is one component's."""
    binaries = {f"/{path}" for path, file in files.items() if _is_elf(file)}
    listed = [path for places in bill.values() for path in places]
    assert binaries >= {"/opt/skiff/bin/python3", "/lib/libstdc++.so.6"}
    assert {path: listed.count(path) for path in binaries} == dict.fromkeys(binaries, 1)


def test_the_bill_of_materials_follows_the_schema() -> None:
    """It is CycloneDX 1.6."""
    validator = JsonStrictValidator(SchemaVersion.V1_6)
    text = (BESIDE / "sbom.cdx.json").read_text()
    assert validator.validate_str(text) is None
    assert validator.validate_str(text.replace('"library"', '"lib"')) is not None


def test_the_page_justifies_the_largest_files(files: dict[str, File]) -> None:
    """docs/image.md has a word on each of the 15 largest files."""
    largest = sorted(files.values(), key=lambda member: -member.size)[:15]
    page = (ROOT / "docs" / "image.md").read_text()
    named = {_stem(name) for name in re.findall(r"`([\w.+-]+)`", page)}
    assert {_stem(PurePath(member.path).name) for member in largest} - named == set()


def _is_elf(file: File) -> bool:
    return file.start.startswith(ELF)


def _stem(name: str) -> str:
    """Return a file's name without version, architecture and digest."""
    return re.split(r"[.-]", name)[0]
