"""The description at /openapi.json is valid, and the running service keeps to it."""

import json
import os
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

ROOT = Path(__file__).parent.parent
STREAMS = {"application/x-ndjson", "text/csv", "application/vnd.apache.arrow.stream"}
"""What schemathesis can make no sense of."""
EXAMPLES = 25
"""How many requests schemathesis makes up per operation, besides those it always sends."""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running service of both built-in models."""
    folder = tmp_path_factory.mktemp("artifacts")
    for recipe in ([], ["export/recipes/penguins.py"]):
        command = [sys.executable, "-m", "export", "--quiet", "--out", str(folder), *recipe]
        subprocess.run(command, check=True, cwd=ROOT)
    settings = {"PORT": "0", "ARTIFACTS": str(folder), "DEFAULT_MODEL": "penguins"}
    with subprocess.Popen(
        [sys.executable, "-m", "runtime", "serve"],
        cwd=ROOT,
        env={**os.environ, **settings, "LOG_FORMAT": "text"},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        found = ""
        while not found:
            _, _, found = process.stdout.readline().partition("running on ")
        # Somebody must go on reading the log, or its pipe fills up.
        reader = threading.Thread(target=process.stdout.read)
        reader.start()
        yield found.split()[0]
        process.terminate()
        reader.join()


@pytest.fixture(scope="module")
def document(address: str) -> dict[str, Any]:
    """The description of the service."""
    with urllib.request.urlopen(f"{address}/openapi.json", timeout=60) as response:
        described: dict[str, Any] = json.load(response)
    return described


def test_the_description_is_valid(document: dict[str, Any]) -> None:
    """As OpenAPI 3.1."""
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []


def test_the_validator_finds_a_planted_error(document: dict[str, Any]) -> None:
    """A response must have a description."""
    broken = json.loads(json.dumps(document))
    del broken["paths"]["/predict"]["post"]["responses"]["200"]["description"]
    assert list(OpenAPIV31SpecValidator(broken).iter_errors()) != []


def explore(schema: str, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Let schemathesis look for a request whose answer is not as described."""
    command = [str(Path(sys.executable).with_name("schemathesis")), "run", schema, "--no-color"]
    command += ["--checks=all", f"--max-examples={EXAMPLES}", "--generation-deterministic"]
    return subprocess.run(
        [*command, *options], capture_output=True, text=True, check=False, cwd=folder
    )


def test_the_service_keeps_to_its_description(
    address: str, document: dict[str, Any], tmp_path: Path
) -> None:
    """Every answer has a status, a type and a shape that is described; nothing fails."""
    described = json.loads(json.dumps(document))
    for operations in described["paths"].values():
        for operation in operations.values():
            for part in (operation.get("requestBody", {}), operation["responses"]["200"]):
                for media_type in STREAMS & set(part.get("content", ())):
                    del part["content"][media_type]
    (tmp_path / "openapi.json").write_text(json.dumps(described))
    found = explore("openapi.json", tmp_path, f"--url={address}")
    assert found.returncode == 0, found.stdout
    assert "No issues found" in found.stdout


def test_the_service_keeps_to_its_description_of_streams(address: str, tmp_path: Path) -> None:
    """But that it refuses CSV whose columns are not the model's, which no schema says."""
    found = explore(
        f"{address}/openapi.json",
        tmp_path,
        "--include-path=/predict",
        "--exclude-checks=positive_data_acceptance",
    )
    assert found.returncode == 0, found.stdout
    assert "Tested: 1\n" in found.stdout


def test_a_planted_difference_is_found(
    address: str, document: dict[str, Any], tmp_path: Path
) -> None:
    """Here the description promises a number for a class that is a string."""
    answer = document["components"]["schemas"]["penguins.1.answer"]
    answer["properties"]["prediction"] = {"type": "number"}
    (tmp_path / "openapi.json").write_text(json.dumps(document))
    found = explore("openapi.json", tmp_path, f"--url={address}", "--include-path=/predict")
    assert found.returncode == 1, found.stdout
    assert "Response violates schema" in found.stdout
