"""The command line: serve models, score rows, look into an artifact, check it.

Exit codes: 0 for success; 1 for an artifact that is not sound, or rows that do not fit it;
2 for a command or a setting that is wrong, or no model to serve; 3 for a server that could
not start.
"""

import gc

if __name__ == "__main__":
    gc.disable()  # what is imported stays: looking for garbage in it takes an eighth of the start

import argparse
import logging.config
import sys
from collections.abc import Sequence
from pathlib import Path

from runtime import __version__, logs
from runtime.artifact import find_models, locate
from runtime.bootstrap import ensure_model
from runtime.config import Settings, table
from runtime.errors import ConfigError, NoModelError, PayloadError, ServiceError
from runtime.manifest import encode
from runtime.model import Model
from runtime.predictor import Predictor
from runtime.server import serve
from runtime.summary import summarize


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        code: int = options.run(options)
    except (ConfigError, NoModelError) as error:
        print(error, file=sys.stderr)
        return 2
    except ServiceError as error:
        print(_lines(error), file=sys.stderr)
        return 1
    return code


def _serve(_: argparse.Namespace) -> int:
    settings = Settings.read()
    logging.config.dictConfig(logs.configuration(settings))
    ensure_model(settings.artifacts, settings.fallback_artifacts)
    _check_default(settings)
    return serve(settings)


def _check_default(settings: Settings) -> None:
    """Refuse a DEFAULT_MODEL that is nowhere. Raises ConfigError."""
    folders = filter(None, (settings.artifacts, settings.fallback_artifacts))
    names = sorted({name for folder in folders for name in find_models(folder)})
    if settings.default_model is not None and settings.default_model not in names:
        raise ConfigError("DEFAULT_MODEL", settings.default_model, f"one of {', '.join(names)}")


def _predict(options: argparse.Namespace) -> int:
    predictor = Predictor.load(locate(options.path))
    batch = predictor.codec.decode(sys.stdin.buffer.read())
    outputs = predictor.model.run(batch.tensors)
    sys.stdout.buffer.write(predictor.codec.encode(outputs, batch.single) + b"\n")
    return 0


def _inspect(options: argparse.Namespace) -> int:
    model = Model.load(locate(options.path))
    if options.json:
        sys.stdout.buffer.write(encode(model.manifest))
    else:
        print(summarize(model.manifest, model.digest))
    return 0


def _check(options: argparse.Namespace) -> int:
    path = locate(options.path)
    predictor = Predictor.load(path)
    rows = len(predictor.model.vectors.rows)
    print(
        f"{path}: sound. {predictor.label}, format {predictor.manifest.format}; all {rows} golden "
        "rows are answered as scikit-learn did."
    )
    return 0


def _lines(error: ServiceError) -> str:
    """Return the message of an error, and of a payload's problems one per line."""
    if isinstance(error, PayloadError):
        more = ["... and more"] if error.more else []
        return "\n".join([*map(str, error.problems), *more])
    return str(error)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m runtime", description="Serve a scikit-learn model without scikit-learn."
    )
    parser.add_argument("--version", action="version", version=f"Skiff {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    serving = commands.add_parser(
        "serve",
        help="answer requests over HTTP",
        description="Answer requests over HTTP. The settings come from the environment:",
        epilog=_settings(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    serving.set_defaults(run=_serve)

    for name, run, purpose in (
        ("predict", _predict, "score the rows on standard input, an object or a list, as JSON"),
        ("inspect", _inspect, "print what an artifact says of itself"),
        ("check", _check, "check an artifact: its digest, its format and its golden rows"),
    ):
        command = commands.add_parser(name, help=purpose, description=f"{purpose.capitalize()}.")
        command.add_argument(
            "path",
            type=Path,
            metavar="PATH",
            help="a model.onnx, or the folder of a version, or of a model's versions",
        )
        if name == "inspect":
            command.add_argument("--json", action="store_true", help="print the manifest as JSON")
        command.set_defaults(run=run)
    return parser


def _settings() -> str:
    """Return the table of the settings."""
    rows = [(each.name, each.default or "-", each) for each in table()]
    lines = []
    for name, default, setting in rows:
        lines.append(f"  {name:<19} {setting.purpose.replace('`', '')}")
        lines.append(f"  {'':<19} {setting.expected[0].upper()}{setting.expected[1:]}; {default}.")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
