"""What is in the image, and what is not."""

import io
import json
import re
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import PurePath

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from image.build import BESIDE, ROOT
from image.engine import Engine
from tests.image.containers import IMAGE

LIBRARY = "opt/skiff/lib/python3."


@pytest.fixture(scope="module")
def files(engine: Engine) -> Iterator[dict[str, tarfile.TarInfo]]:
    """Every file in the image by its path, without a leading slash."""
    container = engine.ask("create", IMAGE)
    line = [*engine.command, "export", container]
    archive = subprocess.run(line, capture_output=True, check=True).stdout
    engine.ask("rm", container)
    with tarfile.open(fileobj=io.BytesIO(archive)) as content:
        yield {member.name: member for member in content if member.isfile()}


@pytest.mark.parametrize(
    "package", ["sklearn", "scipy", "onnx", "skl2onnx", "joblib", "pandas", "pip", "setuptools"]
)
def test_a_package_of_the_build_is_absent(engine: Engine, package: str) -> None:
    """Python in the image cannot import it."""
    code = f"import importlib.util; print(importlib.util.find_spec({package!r}))"
    python = ("--entrypoint", "/opt/skiff/bin/python3")
    found = engine.ask("run", "--rm", *engine.run_options, *python, IMAGE, "-I", "-S", "-c", code)
    assert found == "None"


def test_there_is_no_program_but_python(files: dict[str, tarfile.TarInfo]) -> None:
    """No shell, no package manager, no compiler: one file can be run."""
    programs = {
        path
        for path, member in files.items()
        if member.mode & 0o111 and ".so" not in path.rpartition("/")[2]
    }
    assert programs == {"opt/skiff/bin/python3"}


def test_there_is_no_source_but_skiffs(files: dict[str, tarfile.TarInfo]) -> None:
    """Modules are byte code; Skiff's own are readable, too, and compiled beside it."""
    sources = {path for path in files if path.endswith(".py")}
    assert sources
    assert {path for path in sources if "/runtime/" not in path} == set()
    compiled = sum("/runtime/" in path and path.endswith(".pyc") for path in files)
    assert compiled == len(sources)


def test_there_are_no_tests_and_no_second_onnx_runtime(
    files: dict[str, tarfile.TarInfo],
) -> None:
    """What pip installs and a service never loads was left out."""
    unwanted = ("/tests/", "/test/", "libonnxruntime.so", ".map", ".pyi", "/transformers/")
    assert [path for path in files if any(part in path for part in unwanted)] == []


def test_the_targets_for_size_are_met(engine: Engine, files: dict[str, tarfile.TarInfo]) -> None:
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


def test_the_bill_of_materials_lists_every_package(files: dict[str, tarfile.TarInfo]) -> None:
    """Beside the image lies its SBOM, with each distribution that is in the image."""
    bill = json.loads((BESIDE / "sbom.cdx.json").read_text())
    listed = {component["purl"] for component in bill["components"]}
    folders = {path.split("/")[4] for path in files if ".dist-info/METADATA" in path}
    assert len(folders) == sum(purl.startswith("pkg:pypi/") for purl in listed)
    assert any(purl.startswith("pkg:pypi/onnxruntime@") for purl in listed)
    assert any("libc6@" in purl for purl in listed)


def test_the_bill_of_materials_follows_the_schema() -> None:
    """It is CycloneDX 1.6."""
    validator = JsonStrictValidator(SchemaVersion.V1_6)
    text = (BESIDE / "sbom.cdx.json").read_text()
    assert validator.validate_str(text) is None
    assert validator.validate_str(text.replace('"library"', '"lib"')) is not None


def test_the_page_justifies_the_largest_files(files: dict[str, tarfile.TarInfo]) -> None:
    """docs/image.md has a word on each of the 15 largest files."""
    largest = sorted(files.values(), key=lambda member: -member.size)[:15]
    page = (ROOT / "docs" / "image.md").read_text()
    named = {_stem(name) for name in re.findall(r"`([\w.+-]+)`", page)}
    assert {_stem(PurePath(member.name).name) for member in largest} - named == set()


def _stem(name: str) -> str:
    """Return a file's name without version, architecture and digest."""
    return re.split(r"[.-]", name)[0]
