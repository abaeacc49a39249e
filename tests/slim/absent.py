"""Run by `make slim` alone: what must not be installed where the service runs."""

import importlib

import pytest


@pytest.mark.parametrize(
    "package", ["sklearn", "scipy", "onnx", "skl2onnx", "joblib", "pandas", "palmerpenguins"]
)
def test_package_of_the_build_stage_is_absent(package: str) -> None:
    """The slim environment has no package of the build stage."""
    with pytest.raises(ModuleNotFoundError, match=f"No module named '{package}'"):
        importlib.import_module(package)
