"""Tests of runtime.manifest."""

import msgspec
import pytest

from runtime.errors import ArtifactError, FormatError
from runtime.manifest import Manifest, Target, Vectors, decode, encode
from runtime.predictor import Predictor


def test_a_manifest_survives_its_encoding(penguins: Predictor) -> None:
    """Decoding what was encoded gives the same manifest and the same bytes."""
    data = encode(penguins.manifest)
    again = decode(data, Manifest, "model.json")
    assert again == penguins.manifest
    assert encode(again) == data
    assert data.startswith(b'{\n  "format": 1,\n  "name": "penguins",')
    assert data.endswith(b"}\n")


def test_golden_rows_survive_their_encoding(penguins: Predictor) -> None:
    """Missing values are null, and stay so."""
    vectors = penguins.model.vectors
    assert decode(encode(vectors), Vectors, "vectors.json") == vectors


def test_another_format_is_refused_before_the_rest_is_read() -> None:
    """A later format may have other fields altogether."""
    with pytest.raises(FormatError) as caught:
        decode(b'{"format": 7}', Manifest, "model.json")
    assert str(caught.value) == (
        "model.json: the artifact has format 7; this runtime reads format 1. "
        "Serve it with a newer runtime."
    )


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"{", "Input data was truncated"),
        (b'{"format": "one"}', "Expected `int`, got `str` - at `$.format`"),
        (b'{"format": 1}', "Object missing required field `name`"),
    ],
)
def test_what_is_no_manifest_is_refused(data: bytes, problem: str) -> None:
    """The message says where it comes from and what is wrong with it."""
    with pytest.raises(ArtifactError) as caught:
        decode(data, Manifest, "model.json")
    assert str(caught.value) == f"model.json: its manifest cannot be read: {problem}"


def test_classes_are_those_of_the_only_target(iris: Predictor) -> None:
    """With several targets, or with a number as target, a model has no classes."""
    manifest = iris.manifest
    assert [each.name for each in manifest.classes] == ["setosa", "versicolor", "virginica"]
    number = Target(name="price")
    assert msgspec.structs.replace(manifest, targets=(number,)).classes == ()
    assert msgspec.structs.replace(manifest, targets=manifest.targets * 2).classes == ()
