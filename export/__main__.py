"""`python -m export`: train, convert, prove, write. The ordered steps, and nothing else."""

import argparse
import importlib
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from export.errors import ExportError
from export.pipeline import Exported, export_trained
from export.progress import Progress
from export.source import add_source, source_of
from runtime.summary import left_out, tried

COMMANDS = ("client", "doctor")
"""Commands of their own: modules of this package with a `main(arguments)`."""
REFUSED = 1
ARTIFACTS = Path(__file__).resolve().parent.parent / "artifacts"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the export; return the exit code: 0, or 1 where it refuses, with the reason."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words and words[0] in COMMANDS:
        command: Callable[[Sequence[str]], int]
        command = importlib.import_module(f"export.{words[0]}").main
        return command(words[1:])
    options = _parser().parse_args(words)
    progress = Progress(quiet=options.quiet or options.json)
    try:
        source = source_of(options)
        with progress.step(f"training ({source.path.name})"):
            trained = source.load()
        with source.named():
            exported = export_trained(
                trained,
                folder=options.out,
                name=(trained.name or source.path.stem) if options.name is None else options.name,
                version=options.version,
                recipe=source.path,
                step=progress.step,
            )
    except ExportError as error:
        print(f"error: {error}", file=sys.stderr)
        return REFUSED
    if options.json:
        print(json.dumps(_summary(exported), indent=2))
    elif not options.quiet:
        print(_report(exported))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m export",
        description="Train a recipe, convert it to one ONNX graph, prove that the graph answers "
        "as scikit-learn does, and write the artifact.",
        epilog="python -m export doctor RECIPE says beforehand what can be exported.",
    )
    add_source(parser)
    parser.add_argument("--name", help="the model's name (default: the recipe's)")
    parser.add_argument("--version", type=_version, help="the version (default: the next one)")
    parser.add_argument(
        "--out",
        type=Path,
        default=ARTIFACTS,
        metavar="DIR",
        help="write DIR/<name>/<version>/ (default: the project's artifacts/)",
    )
    output = parser.add_mutually_exclusive_group()
    output.add_argument("--quiet", action="store_true", help="print errors only")
    output.add_argument("--json", action="store_true", help="print the result as JSON")
    return parser


def _version(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no version; expected a positive integer")
    return int(text)


def _summary(exported: Exported) -> dict[str, object]:
    manifest = exported.manifest
    return {
        "path": str(exported.path),
        "name": manifest.name,
        "version": manifest.version,
        "metrics": manifest.metrics,
        "parity": msgspec.to_builtins(manifest.parity),
        "opset": manifest.provenance.opset,
        "operators": exported.operators,
        "bytes": exported.size,
    }


def _report(exported: Exported) -> str:
    manifest, parity = exported.manifest, exported.manifest.parity
    metrics = ", ".join(f"{name} {value:.4g}" for name, value in manifest.metrics.items())
    opsets = ", ".join(f"{n or 'ai.onnx'} {v}" for n, v in manifest.provenance.opset.items())
    allowed = "bit for bit" if parity.tolerance == 0 else f"within {parity.tolerance:g}"
    lines = {
        "model": f"{manifest.name}, version {manifest.version}: {manifest.title}",
        "held out": f"{metrics or 'no target to compare with'} ({exported.held_out_rows:,} rows)",
        "parity": f"{parity.rows:,} rows compared, {parity.label_mismatches} label mismatches, "
        f"greatest relative difference {parity.max_relative:.2g} (demanded: {allowed})",
        "left out": left_out(parity),
        "splits": tried(parity),
        "opset": opsets,
        "size": f"{exported.size:,} bytes, {exported.operators} operators",
        "path": str(exported.path),
    }
    return "\n".join(f"{name:<10}{text}" for name, text in lines.items() if text)


if __name__ == "__main__":
    sys.exit(main())
