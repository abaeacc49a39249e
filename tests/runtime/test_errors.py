"""Tests of runtime.errors."""

from pathlib import Path

from runtime.errors import ArtifactError, NoModelError, PayloadError, Problem


def test_a_problem_reads_as_a_sentence_with_its_path() -> None:
    """The hint, if there is one, comes last."""
    problem = Problem("$[3].island", "a string", "the number 3")
    assert str(problem) == "Expected a string, got the number 3 - at `$[3].island`."
    hinted = Problem("$.island", "a string", "the number 3", 'Put it in quotes: "3".')
    assert str(hinted).endswith('- at `$.island`. Put it in quotes: "3".')


def test_a_payload_error_lists_its_problems() -> None:
    """And says if there are others."""
    problem = Problem("$.a", "a string", "null")
    assert str(PayloadError([problem, problem])) == f"{problem} {problem}"
    assert str(PayloadError([problem], more=True)) == f"{problem} (and more)"


def test_an_artifact_error_keeps_path_and_problem_apart() -> None:
    """Over HTTP the problem is told without the path."""
    error = ArtifactError("a/model.onnx", "is broken.")
    assert (error.path, error.problem) == (Path("a/model.onnx"), "is broken.")
    assert str(error) == "a/model.onnx: is broken."


def test_a_reason_for_there_being_no_model_is_part_of_the_message() -> None:
    """So is what to do."""
    assert str(NoModelError(Path("models"), "the export is not installed here")) == (
        "There is no model in models, and the export is not installed here. To make one, run "
        "`python -m export --out models` where requirements-build.txt is installed, or set "
        "ARTIFACTS to a folder that holds <name>/<version>/model.onnx."
    )
