"""Build the runtime image, label it with what its model is, and put its SBOM beside it."""

import json
import os
import subprocess
import tomllib
from pathlib import Path
from typing import Any

from image import base
from image.engine import Engine

ROOT = Path(__file__).parent.parent
RECIPE = "export/recipes/iris.py"
MODELS = "/opt/skiff/artifacts"
SBOM = "/opt/skiff/sbom.cdx.json"
BESIDE = ROOT / "build" / "image"


def build(engine: Engine, tag: str, recipe: str = RECIPE) -> None:
    """Build the image as `tag` from `recipe`, a path in this folder.

    The labels say what the artifact's manifest says, so they are added when it is there: the
    second build takes every layer from the first.
    """
    options = build_options(engine, tag, recipe)
    engine.build(ROOT, *options)
    found = labels(manifest(engine, tag))
    engine.build(ROOT, *options, *(f"--label={name}={value}" for name, value in found.items()))
    BESIDE.mkdir(parents=True, exist_ok=True)
    copy_out(engine, tag, SBOM, BESIDE / "sbom.cdx.json")


def layers_without_cache(engine: Engine, tag: str, recipe: str = RECIPE) -> list[str]:
    """Build the image from nothing, return its layers, and remove it."""
    engine.build(ROOT, "--no-cache", *build_options(engine, tag, recipe))
    try:
        return layers(engine, tag)
    finally:
        engine.ask("image", "rm", tag)


def build_options(engine: Engine, tag: str, recipe: str) -> list[str]:
    """Return what the engine is told beside the folder that it builds."""
    arguments = {
        "PYTHON_IMAGE": base.choose(engine),
        "RECIPE": recipe,
        "SOURCE_DATE_EPOCH": os.environ.get("SOURCE_DATE_EPOCH", "0"),
    }
    options = [f"--build-arg={name}={value}" for name, value in arguments.items()]
    if engine.command[0] == "podman":  # docker takes SOURCE_DATE_EPOCH
        options.append(f"--timestamp={arguments['SOURCE_DATE_EPOCH']}")
    return [*options, f"--tag={tag}"]


def manifest(engine: Engine, image: str) -> dict[str, Any]:
    """Return the manifest of the model that is baked into `image`."""
    decoded: dict[str, Any] = json.loads(engine.run(image, "inspect", MODELS, "--json"))
    return decoded


def labels(model: dict[str, Any]) -> dict[str, str]:
    """Return the image's labels: OCI's own, and the model's name, version and parity."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    parity = model["parity"]
    return {
        "org.opencontainers.image.title": project["name"],
        "org.opencontainers.image.description": project["description"],
        "org.opencontainers.image.version": project["version"],
        "org.opencontainers.image.licenses": project["license"],
        "org.opencontainers.image.revision": revision(),
        "skiff.model.name": model["name"],
        "skiff.model.version": str(model["version"]),
        "skiff.model.parity": (
            f"{parity['rows']:,} rows compared with scikit-learn, "
            f"{parity['label_mismatches']} label mismatches, "
            f"greatest relative difference {parity['max_relative']:.2g}"
        ),
    }


def revision() -> str:
    """Return the commit that is built, or `unknown` outside a repository."""
    line = ["git", "-C", str(ROOT), "rev-parse", "HEAD"]
    result = subprocess.run(line, capture_output=True, text=True, check=False)
    return result.stdout.strip() or "unknown"


def copy_out(engine: Engine, image: str, source: str, target: Path) -> None:
    """Copy a file out of an image."""
    container = engine.ask("create", image)
    try:
        engine.ask("cp", f"{container}:{source}", str(target))
    finally:
        engine.ask("rm", container)


def layers(engine: Engine, image: str) -> list[str]:
    """Return the digests of an image's uncompressed layers."""
    text = engine.ask("image", "inspect", "--format", "{{json .RootFS.Layers}}", image)
    digests: list[str] = json.loads(text)
    return digests
