"""The export sends nothing, and writes nothing but the artifact."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.conftest import Watch
else:
    Watch = Any


def test_exporting_writes_the_artifact_alone_and_sends_nothing(watch: Watch) -> None:
    """The opt-out stands before ONNX Runtime is imported, also by way of other packages."""
    watch.run("-m", "export", "--quiet", "--out", "made")
    assert watch.opted_out == {"1"}
    assert [event for event in watch.events if event[0].startswith("socket")] == []
    assert [path for path in watch.files if not path.startswith("made")] == []
    assert "made/iris/1/model.onnx" in watch.files
