"""The generated clients compile strictly, and answer as the service and the model do.

Each language's driver (`examples/clients/`) asks the running service and the file itself, and
prints what they answered.
"""

import json
import math
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from examples.languages import EXAMPLES
from examples.odd_models import odd, tasks, variant
from examples.onnxruntime_library import library
from examples.programs import Asked, program
from export.client import write
from runtime.manifest import Manifest, Vectors, decode, encode

ROOT = EXAMPLES.parent
DRIVERS = EXAMPLES / "clients"
NEAR = 4 * 2**-52
"""Of sums of doubles, whose last bits depend on how many rows are computed at once."""
JARS = f"{EXAMPLES / 'java' / 'target' / 'libraries'}/*"

COMPILE = {
    "typescript": [["node_modules/.bin/tsc"]],
    "python": [[sys.executable, "-m", "mypy", "--strict", "--ignore-missing-imports", "."]],
    "go": [
        ["sh", "-c", 'go vet ./... && test -z "$(gofmt -l */ | tee /dev/stderr)"'],
        ["go", "build", "-o", "driver", "."],
    ],
    "java": [["sh", "-c", f"javac -Xlint:all -Werror -cp '{JARS}' -d out *.java"]],
}
RUN = {
    "typescript": ["node", "driver.js"],
    "python": [sys.executable, "driver.py"],
    "go": ["./driver"],
    "java": ["java", "-cp", f"out:{JARS}", "Driver"],
}


@pytest.fixture(scope="module")
def service(
    artifacts: Path, odd: list[Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The address of a running service of them all."""
    served = tmp_path_factory.mktemp("served")
    for model in (*artifacts.iterdir(), *(folder.parent for folder in odd)):
        shutil.copytree(model, served / model.name)
    settings = {"PORT": "0", "ARTIFACTS": str(served), "LOG_FORMAT": "text"}
    with subprocess.Popen(
        [sys.executable, "-m", "runtime", "serve"],
        cwd=ROOT,
        env={**os.environ, **settings, "DEFAULT_MODEL": "iris"},
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


def _prepare(language: str, folder: Path) -> None:
    """Put what a language's clients are compiled with into their folder."""
    if language == "typescript":
        (folder / "node_modules").symlink_to(EXAMPLES / "node" / "node_modules")
        shutil.copy(DRIVERS / "tsconfig.json", folder)
        (folder / "package.json").write_text('{"type": "module"}\n')
    elif language == "go":
        shutil.copy(EXAMPLES / "go" / "go.mod", folder)
        shutil.copy(EXAMPLES / "go" / "go.sum", folder)


def _run(command: list[str], folder: Path) -> str:
    environment = {**os.environ, "ORT_DYLIB_PATH": str(library()), "ORT_DISABLE_TELEMETRY": "1"}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("language", COMPILE)
def test_a_client_answers_as_the_service_does(
    language: str, artifacts: Path, service: str, tmp_path: Path
) -> None:
    """Over HTTP and in the same process, with missing values and an unseen category."""
    for name in ("iris", "penguins"):
        write(artifacts / name / "1", language, tmp_path)
    driver = next(DRIVERS.glob(f"[dD]river.{_SUFFIXES[language]}"))
    shutil.copy(driver, tmp_path)
    _prepare(language, tmp_path)
    for command in COMPILE[language]:
        _run(command, tmp_path)
    printed = json.loads(_run([*RUN[language], service, str(artifacts)], tmp_path))
    assert printed["refused"] in (404, 422, 400)
    expected = _answers(artifacts)
    assert printed["service"] == expected
    assert printed["local"] == expected


_SUFFIXES = {"typescript": "ts", "python": "py", "go": "go", "java": "java"}


def _answers(artifacts: Path) -> dict[str, Any]:
    """Return what the runtime answers to the drivers' records."""
    flower = {"feature1": 5.1, "feature2": 3.5, "feature3": 1.4, "feature4": 0.2}
    bird = {"island": "Dream", "sex": "male", "bill_length_mm": 41.5, "body_mass_g": 4000}
    records: dict[str, list[Any]] = {
        "iris": [flower],
        "penguins": [bird | {"year": 2009}, {"island": "Elsewhere", "year": 2007}],
    }
    answers = {}
    for name, rows in records.items():
        command = [sys.executable, "-m", "runtime", "predict", str(artifacts / name / "1")]
        done = subprocess.run(
            command, cwd=ROOT, input=json.dumps(rows), capture_output=True, text=True, check=True
        )
        answers[name] = json.loads(done.stdout)
    return answers


@pytest.mark.parametrize("language", COMPILE)
def test_clients_of_odd_artifacts_answer_as_the_service_does(
    language: str, odd: list[Path], service: str, tmp_path: Path
) -> None:
    """With awkward names, types and labels, of every task, with missing values, 300 columns."""
    asked = list(map(_golden, odd))
    for each in asked:
        write(each.folder, language, tmp_path)
    name, text = program(language, asked)
    (tmp_path / name).write_text(text, encoding="utf-8")
    _prepare(language, tmp_path)
    for command in COMPILE[language]:
        _run(command, tmp_path)
    printed = json.loads(_run([*RUN[language], service], tmp_path))
    for each in asked:
        expected = _posted(service, each)
        found = printed[each.manifest.name]
        assert found["service"] == expected
        assert _differences(found["local"], expected) == {}


def _golden(folder: Path) -> Asked:
    """Return an artifact with some of its golden rows, those with missing values among them."""
    manifest = decode((folder / "model.json").read_bytes(), Manifest, folder)
    rows = decode((folder / "vectors.json").read_bytes(), Vectors, folder).rows
    missing = [row for row in rows if None in row.values()]
    return Asked(manifest, folder, [*rows[:3], *missing[:3]])


def _differences(found: Any, expected: Any, path: str = "") -> dict[str, tuple[Any, Any]]:
    """Return what differs between two answers, by its path; numbers by more than NEAR."""
    found_parts, expected_parts = _parts(found), _parts(expected)
    if expected_parts and found_parts.keys() == expected_parts.keys():
        pairs = ((found_parts[key], part, f"{path}/{key}") for key, part in expected_parts.items())
        return {name: pair for each in pairs for name, pair in _differences(*each).items()}
    near = isinstance(expected, float) and isinstance(found, float | int)
    same = math.isclose(found, expected, rel_tol=NEAR, abs_tol=NEAR) if near else found == expected
    return {} if same else {path: (found, expected)}


def _parts(value: Any) -> dict[Any, Any]:
    if isinstance(value, list):
        return dict(enumerate(value))
    return value if isinstance(value, dict) else {}


def _posted(service: str, asked: Asked) -> Any:
    """Return what the service answers without a client."""
    path = f"models/{asked.manifest.name}/versions/{asked.manifest.version}/predict"
    return httpx2.post(f"{service}/{path}", json=asked.records).raise_for_status().json()


@pytest.mark.parametrize("language", COMPILE)
def test_clients_of_odd_models_compile(language: str, artifacts: Path, tmp_path: Path) -> None:
    """Whatever the task, the types of the features, and the names."""
    path = artifacts / "iris" / "1" / "model.json"
    manifest = odd(decode(path.read_bytes(), Manifest, path))
    for index, model in enumerate(tasks(manifest)):
        folder = tmp_path / f"artifact{index}"
        folder.mkdir()
        (folder / "model.json").write_bytes(encode(variant(model, name=f"odd-{index}.model")))
        write(folder, language, tmp_path)
        shutil.rmtree(folder)
    _prepare(language, tmp_path)
    for command in COMPILE[language][:1]:
        _run(command, tmp_path)


def test_a_client_that_does_not_fit_does_not_compile(artifacts: Path, tmp_path: Path) -> None:
    """The compilers read the types: a field of another name is an error."""
    write(artifacts / "iris" / "1", "python", tmp_path)
    wrong = "from iris import IrisRecord\n\nIrisRecord(feature9=1.0)\n"
    (tmp_path / "wrong.py").write_text(wrong)
    with pytest.raises(AssertionError, match='Unexpected keyword argument "feature9"'):
        _run(COMPILE["python"][0], tmp_path)
