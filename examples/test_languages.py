"""Every language, on artifacts of every kind and on planted mismatches."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from examples.languages import Language, languages
from examples.replay import replay
from examples.verdicts import Replayed, failure

SERVICE = languages()[0]


EACH = pytest.mark.parametrize("language", languages(), ids=lambda language: language.name)


@pytest.fixture(scope="module")
def service(odd: list[Path]) -> dict[str, Replayed]:
    """What the service itself says of the odd artifacts."""
    return {each.artifact: each for each in replay(SERVICE, odd)}


@EACH
def test_artifacts_of_every_kind_are_answered_as_scikit_learn_did(
    language: Language, odd: list[Path], service: dict[str, Replayed]
) -> None:
    """Awkward names, labels of every type, every task, strings as outputs, 300 columns."""
    found = replay(language, odd)
    assert len(found) == len(odd)
    problems = {
        each.artifact: failure(each, service[each.artifact], native=language.native)
        for each in found
    }
    assert {name: problem for name, problem in problems.items() if problem} == {}


@pytest.fixture(scope="module")
def planted(artifacts: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Artifacts of which one answer is wrong: a label, a number, or a number by its last bit."""
    folder = tmp_path_factory.mktemp("planted")

    def label(outputs: dict[str, Any]) -> None:
        outputs["label"][3] = (outputs["label"][3] + 1) % 3

    def number(outputs: dict[str, Any]) -> None:
        outputs["probabilities"][3][1] += 1e-9

    def missing(outputs: dict[str, Any]) -> None:
        outputs["probabilities"][3][1] = None

    def bit(outputs: dict[str, Any]) -> None:
        outputs["prediction"][3][1] *= 1 + 2**-52

    return [
        _plant(artifacts / "iris" / "1", folder / "label" / "1", label),
        _plant(artifacts / "iris" / "1", folder / "number" / "1", number),
        _plant(artifacts / "iris" / "1", folder / "missing" / "1", missing),
        _plant(artifacts / "penguin_bills" / "1", folder / "bit" / "1", bit),
    ]


def _plant(artifact: Path, to: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    shutil.copytree(artifact, to)
    path = to / "vectors.json"
    vectors = json.loads(path.read_text())
    change(vectors["outputs"])
    path.write_text(json.dumps(vectors))
    return to


@EACH
def test_a_planted_mismatch_is_found(language: Language, planted: list[Path]) -> None:
    """Of a label, of a number beyond the tolerance, of a missing one, and of a tree's last bit."""
    found = {each.artifact: each for each in replay(language, planted)}
    answered = [each for each in found.values() if not each.lacks]
    assert answered
    assert not any(each.agrees for each in answered), found
    assert [found[f"{name}/1"].label_mismatches for name in ("label", "number")] == [1, 0]


@EACH
def test_an_artifact_that_cannot_be_read_fails_alone(
    language: Language, artifacts: Path, tmp_path: Path
) -> None:
    """The next one is answered."""
    broken = tmp_path / "broken" / "1"
    shutil.copytree(artifacts / "diabetes" / "1", broken)
    (broken / "model.onnx").write_bytes(b"no model")
    first, second = replay(language, [broken, artifacts / "diabetes" / "1"])
    assert (first.problem or "").startswith("fails: ")
    assert second.problem is None
    assert second.agrees
