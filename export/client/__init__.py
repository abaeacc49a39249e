"""`python -m export client`: write a typed client for one artifact.

One generator per language, each a function from the manifest to the files of a client: one
that calls the service over HTTP, and one that runs the model in the same process.
"""

import argparse
import importlib
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from export.errors import ExportError
from runtime.artifact import MANIFEST_FILE
from runtime.errors import ArtifactError
from runtime.manifest import Manifest, decode

LANGUAGES = ("typescript", "python", "go", "java")


def main(arguments: Sequence[str]) -> int:
    """Write the client and print the paths of its files; return 1 where that cannot be done."""
    options = _parser().parse_args(arguments)
    try:
        paths = write(options.artifact, options.language, options.out)
    except (ArtifactError, ExportError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(*paths, sep="\n")
    return 0


def write(artifact: Path, language: str, out: Path) -> list[Path]:
    """Write the client of the artifact in a folder into the folder `out`; return its files.

    Raises ArtifactError where there is no artifact, ExportError where `out` cannot be written.
    """
    path = artifact / MANIFEST_FILE
    try:
        manifest = decode(path.read_bytes(), Manifest, path)
    except OSError as error:
        raise ArtifactError(path, f"cannot be read: {error.strerror}.") from None
    generate: Callable[[Manifest], dict[str, str]]
    generate = importlib.import_module(f"export.client.{language}").generate
    paths = []
    for name, text in generate(manifest).items():
        target = out / name
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8", newline="\n")
        except OSError as error:
            raise ExportError(f"{target}: cannot be written: {error.strerror}.") from None
        paths.append(target)
    return paths


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m export client",
        description="Write a typed client for one artifact: one file that calls the service, "
        "and one that runs the model in the same process.",
    )
    parser.add_argument("--language", required=True, choices=LANGUAGES)
    parser.add_argument(
        "--out", type=Path, default=Path(), metavar="DIR", help="where to (default: here)"
    )
    parser.add_argument(
        "artifact", type=Path, metavar="ARTIFACT", help="its folder, such as artifacts/iris/1"
    )
    return parser
