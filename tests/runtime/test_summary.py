"""Tests of runtime.summary."""

import msgspec

from runtime.manifest import Target
from runtime.predictor import Predictor
from runtime.summary import summarize


def test_a_manifest_is_set_out_for_people(penguins: Predictor) -> None:
    """Facts first, then a table of the features."""
    facts, table = summarize(penguins.manifest, "abc").split("\n\n")
    lines = dict(line.split(maxsplit=1) for line in facts.splitlines())
    assert lines["model"] == "penguins, version 1: Palmer penguins"
    assert lines["inputs"] == "numeric float64 [N, 5]; string string [N, 2]"
    assert lines["outputs"] == "label string [N]; probabilities float64 [N, 3]"
    assert lines["targets"] == "species: Adelie, Chinstrap, Gentoo"
    assert "0 label mismatches" in lines["parity"]
    assert "(demanded: bit for bit)" in lines["parity"]
    asked = penguins.manifest.parity.thresholds
    assert asked is not None
    some = f"{asked.tried:,} of {asked.of:,}"
    assert lines["splits"] == f"{some} nodes of trees were asked on both sides of their threshold"
    assert lines["opset"].startswith("ai.onnx 21, ai.onnx.ml 5")
    assert lines["sha256"] == "abc"
    assert [line.split()[:4] for line in table.splitlines()[:3]] == [
        ["feature", "type", "missing", "in"],
        ["island", "string", "refused", "Biscoe,"],
        ["sex", "string", "allowed", "female,"],
    ]


def test_what_a_manifest_leaves_out_is_left_out(iris: Predictor) -> None:
    """A feature without range, a target without classes, no description."""
    feature = msgspec.structs.replace(
        iris.manifest.features[0], minimum=None, maximum=None, title="feature1"
    )
    manifest = msgspec.structs.replace(
        iris.manifest, features=(feature,), targets=(Target(name="price"),), description=""
    )
    text = summarize(manifest, "abc")
    assert "\nabout" not in text
    assert "\nsplits" not in text
    assert "targets   price\n" in text
    assert "(demanded: within 1e-12)" in text
    assert text.endswith("feature1  float64  refused")


def test_held_out_rows_that_were_not_compared_are_told(iris: Predictor) -> None:
    """As nothing is proven of them; of other groups the report has the count."""
    assert "\nleft out" not in summarize(iris.manifest, "abc")
    first, *others = iris.manifest.parity.groups
    groups = [msgspec.structs.replace(each, left_out=5) for each in others]
    told = "left out  1,234 of 1,272 held-out rows were not compared: "
    told += "scikit-learn refuses them, or answers by chance\n"
    for left_out in (0, 1234):
        held_out = msgspec.structs.replace(first, rows=38, left_out=left_out)
        parity = msgspec.structs.replace(iris.manifest.parity, groups=(held_out, *groups))
        text = summarize(msgspec.structs.replace(iris.manifest, parity=parity), "abc")
        assert (told in text) == ("left out" in text) == bool(left_out)


def test_many_categories_are_listed_in_part(penguins: Predictor) -> None:
    """The first of them, and how many more."""
    names = tuple(f"c{number}" for number in range(20))
    feature = msgspec.structs.replace(penguins.manifest.features[0], categories=names)
    manifest = msgspec.structs.replace(penguins.manifest, features=(feature,))
    assert "c0, c1, c2, c3, c4, c5, c6, c7 and 12 more" in summarize(manifest, "abc")
