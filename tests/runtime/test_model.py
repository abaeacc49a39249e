"""Tests of runtime.model: what is no sound artifact is refused, with what is wrong with it."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

from runtime.artifact import seal
from runtime.errors import ArtifactError, FormatError
from runtime.model import MOST_BYTES, Array, Model, _batches, session_options
from runtime.predictor import Predictor


def test_a_model_answers_tensors_with_tensors(penguins: Predictor) -> None:
    """Its outputs come by name, with the types that the manifest says."""
    model = penguins.model
    rows = len(model.vectors.rows)
    outputs = model.run(penguins.codec.tensors(model.vectors.rows))
    assert {name: (array.dtype, array.shape) for name, array in outputs.items()} == {
        "label": (np.dtype(object), (rows,)),
        "probabilities": (np.dtype(np.float64), (rows, 3)),
    }
    assert len(model.digest) == 64


def test_one_thread_computes_by_default() -> None:
    """The sums of several threads may differ in the last bits."""
    options = session_options(1)
    assert (options.intra_op_num_threads, options.inter_op_num_threads) == (1, 1)
    assert session_options(3).intra_op_num_threads == 3


def refusal(path: Path, kind: type[ArtifactError] = ArtifactError) -> str:
    """Return why a model is refused."""
    with pytest.raises(kind) as caught:
        Predictor.load(path)
    return caught.value.problem


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """The reason is the operating system's."""
    assert refusal(tmp_path / "x") == "cannot be read: No such file or directory."
    assert refusal(tmp_path) == "cannot be read: Is a directory."


def test_a_sealed_file_that_is_no_graph_is_refused(tmp_path: Path) -> None:
    """ONNX Runtime says what is wrong with it."""
    (tmp_path / "model.onnx").write_bytes(seal(b"no graph"))
    assert refusal(tmp_path / "model.onnx").startswith("ONNX Runtime cannot load it: ")


def test_a_file_that_is_replaced_while_it_is_loaded_is_refused(
    iris: Predictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What ONNX Runtime reads must be what was verified before."""
    monkeypatch.setattr("runtime.model.verify_seal", lambda *_: "0" * 64)
    assert refusal(iris.model.path) == "it was replaced by another while it was loaded."


@pytest.mark.parametrize("key", ["skiff.manifest", "skiff.vectors"])
def test_a_graph_without_its_metadata_is_refused(alter: Callable[..., Path], key: str) -> None:
    """Any ONNX file could be sealed; an artifact has a manifest and golden rows."""
    other = key.replace("skiff", "skoff")
    assert refusal(alter((key.encode(), other.encode()))) == f"its metadata has no {key!r}."


def test_a_manifest_of_a_newer_format_is_refused(alter: Callable[..., Path]) -> None:
    """Before anything else of it is read."""
    assert refusal(alter((b'"format": 1', b'"format": 2')), FormatError) == (
        "the artifact has format 2; this runtime reads format 1. Serve it with a newer runtime."
    )


def test_a_manifest_that_cannot_be_read_is_refused(alter: Callable[..., Path]) -> None:
    """The message says where in it."""
    path = alter((b'"task": "classification"', b'"task": "clossification"'))
    assert refusal(path) == (
        "its manifest cannot be read: Invalid enum value 'clossification' - at `$.task`"
    )


def test_a_graph_with_other_tensors_than_its_manifest_is_refused(
    alter: Callable[..., Path],
) -> None:
    """Both sides are named."""
    path = alter(
        (b'"name": "label",\n      "dtype": "int64"', b'"name": "class",\n      "dtype": "int64"')
    )
    assert refusal(path) == (
        "its outputs are {'label': 'tensor(int64)', 'probabilities': 'tensor(double)'}; "
        "its manifest says {'class': 'tensor(int64)', 'probabilities': 'tensor(double)'}."
    )


def test_a_signature_that_does_not_fill_the_graph_is_refused(alter: Callable[..., Path]) -> None:
    """A row that is too narrow cannot be run."""
    path = alter(
        (b'"input": "numeric",\n      "column": 3', b'"input": "nowhere",\n      "column": 3')
    )
    assert "its manifest cannot be read" in refusal(path)


def test_long_texts_are_answered_in_batches(
    notes: Predictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So few rows at once that they fit into memory; those of one length together, in any order."""
    texts = ["a fine day", "rain " * 50, "", "warm", "cold and grey", "song " * 20, "a fine day"]
    tensors = notes.codec.tensors([{"text": text} for text in texts])
    model = Model.load(notes.model.path)
    model.block = 8
    whole = model.run(tensors)
    memory = notes.manifest.memory
    assert memory is not None
    most = memory.needed(3, len("a fine day"))
    parts: list[list[str]] = []
    run = Model._run  # noqa: SLF001 - to see which rows it is given

    def watched(model: Model, tensors: Mapping[str, Array]) -> dict[str, Array]:
        parts.append(tensors["string"][:, 0].tolist())
        return run(model, tensors)

    monkeypatch.setattr(Model, "_run", watched)
    model.confine(most)
    answers = model.run(tensors)
    assert parts == [
        ["", "warm", "a fine day"],
        ["a fine day", "cold and grey"],
        ["song " * 20],
        ["rain " * 50],
    ]
    for name, expected in whole.items():
        assert answers[name].tolist() == expected.tolist()


def test_a_long_text_makes_no_other_row_dear(notes: Predictor) -> None:
    """Among thousands of short ones it is computed by itself."""
    memory = notes.manifest.memory
    assert memory is not None
    lengths = [20] * 5000 + [1_000_000]
    assert memory.needed(len(lengths), lengths[-1]) > 1000 * MOST_BYTES
    assert list(_batches(lengths, memory, MOST_BYTES)) == [(0, 5000), (5000, 5001)]


def test_a_run_takes_no_more_than_the_bound(notes: Predictor) -> None:
    """But for a row that takes more by itself."""
    memory = notes.manifest.memory
    assert memory is not None
    lengths = [0, 0, *range(0, 200_000, 100), 10_000_000, 10_000_000]
    batches = list(_batches(lengths, memory, MOST_BYTES))
    assert [start for start, _ in batches] == [0, *(stop for _, stop in batches[:-1])]
    assert batches[-1][1] == len(lengths)
    for start, stop in batches:
        needed = memory.needed(stop - start, lengths[stop - 1])
        assert needed <= MOST_BYTES or stop - start == 1


def watch(model: Model, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that will hold how many rows the model's session is given, each time."""
    computed: list[int] = []
    session = model._session  # noqa: SLF001 - what it is given can be seen nowhere else

    class Watched:
        def run(self, names: list[str], tensors: Mapping[str, Array]) -> list[Array]:
            computed.append(len(tensors["numeric"]))
            answers: list[Array] = session.run(names, tensors)
            return answers

    monkeypatch.setattr(model, "_session", Watched())
    return computed


@pytest.mark.parametrize(("numbers", "parts"), [(60, [16, 16, 8]), (1, [8] * 5), (120, [40])])
def test_of_wide_graphs_few_rows_are_computed_at_once(
    iris: Predictor,
    artifacts: Path,
    monkeypatch: pytest.MonkeyPatch,
    numbers: int,
    parts: list[int],
) -> None:
    """So that their tables stay in the processor's cache; all are answered, in their order."""
    monkeypatch.setattr("runtime.model._MOST_NUMBERS", numbers)
    model = Model.load(artifacts / "iris/1/model.onnx")
    assert model.manifest.width == 3
    rows = np.resize(iris.codec.tensors(model.vectors.rows)["numeric"], (40, 4))
    whole = iris.model.run({"numeric": rows})
    computed = watch(model, monkeypatch)
    answers = model.run({"numeric": rows})
    assert computed == parts
    for name, expected in whole.items():
        np.testing.assert_allclose(answers[name], expected, rtol=1e-15)


def test_rows_are_computed_in_whole_blocks(
    iris: Predictor, artifacts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the model has a block, what is left over is filled up, and not answered."""
    model = Model.load(artifacts / "iris/1/model.onnx")
    model.block = 8
    rows = iris.codec.tensors(model.vectors.rows)["numeric"]
    computed = watch(model, monkeypatch)
    whole = model.run({"numeric": rows[:24]})
    for count in (1, 7, 8, 9, 24):
        part = model.run({"numeric": rows[:count]})
        for name, expected in whole.items():
            assert part[name].tolist() == expected[:count].tolist()
    assert computed == [24, 8, 8, 8, 16, 24]


def test_bound_tensors_answer_one_row_of_a_block(artifacts: Path, iris: Predictor) -> None:
    """As it is answered in tensors that are made for it."""
    model = Model.load(artifacts / "iris/1/model.onnx")
    rows = iris.codec.tensors(model.vectors.rows)["numeric"]
    for block in (1, 8):
        model.block = block
        bound = model.bind_row({"numeric": rows[:1]})
        assert bound is not None
        for row in rows:
            bound.inputs["numeric"][:] = row
            expected = model.run({"numeric": row[None]})
            assert bound.run() == {
                name: each.reshape(-1).tolist() for name, each in expected.items()
            }


def test_tensors_of_text_cannot_be_bound(penguins: Predictor) -> None:
    """ONNX Runtime takes no memory of ours for them."""
    example = penguins.codec.tensors(penguins.model.vectors.rows[:1])
    assert penguins.model.bind_row(example) is None
