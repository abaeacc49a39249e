"""Replay artifacts in every language, and print one table.

    python -m examples.replay [--test] [--languages Go,Rust] [FOLDER...]

Sets up each toolchain from its registry, replays the golden rows of every artifact in every
language, and fails where one does not answer as scikit-learn did: all labels equal, trees bit
for bit, everything else as near to scikit-learn as the service is, give or take 4 units in the
last place (1e-14 in WebAssembly, whose mathematical functions are others). With `--test`, each
language's own tests run, too. Without folders, the built-in recipes and those of
`examples/recipes` are exported and replayed.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from examples.languages import CACHE, EXAMPLES, Command, Language, languages
from examples.onnxruntime_library import library

ROOT = EXAMPLES.parent
ULP = 4
RELATIVE = 1e-14

_LINE = re.compile(
    r"(?P<artifact>\S+): (?:lacks (?P<lacks>.+)|(?P<rows>\d+) rows, (?P<labels>\d+) label "
    r"mismatches, (?P<ulp>\d+|Infinity) ulp, (?P<relative>\S+) relative: "
    r"(?P<says>agrees|DISAGREES))"
)


class ReplayError(Exception):
    """A toolchain that is not there, or a command that failed."""


@dataclass(frozen=True)
class Replayed:
    """What one language said of one artifact."""

    artifact: str
    rows: int = 0
    label_mismatches: int = 0
    ulp: float = 0.0
    relative: float = 0.0
    agrees: bool = True
    lacks: str | None = None


def read(output: str) -> list[Replayed]:
    """Read the lines that a language's replay printed; other lines are not its verdicts."""
    found = []
    for line in output.splitlines():
        if match := _LINE.fullmatch(line.strip()):
            if match["lacks"]:
                found.append(Replayed(match["artifact"], lacks=match["lacks"]))
                continue
            numbers = int(match["rows"]), int(match["labels"]), float(match["ulp"])
            agrees = match["says"] == "agrees"
            found.append(Replayed(match["artifact"], *numbers, float(match["relative"]), agrees))
    return found


def failure(found: Replayed, service: Replayed, native: bool) -> str | None:
    """Say why an answer is not good enough, compared with the service's; None if it is."""
    if found.lacks:
        return None
    if found.rows != service.rows:
        return f"replayed {found.rows} rows of {service.rows}"
    if not found.agrees or found.label_mismatches:
        return "does not answer as scikit-learn did"
    if native and found.ulp > service.ulp + ULP:
        return f"is {found.ulp:g} ulp off; the service is {service.ulp:g} off"
    if not native and found.relative > service.relative + RELATIVE:
        return f"is {found.relative:.1e} off; the service is {service.relative:.1e} off"
    return None


def replay(language: Language, folders: Sequence[Path]) -> list[Replayed]:
    """Replay the artifacts in one language, in which nothing is written to the home folder."""
    with tempfile.TemporaryDirectory(prefix="skiff-home-") as home:
        environment = dict(os.environ, HOME=home, XDG_CACHE_HOME=f"{home}/.cache")
        environment.pop("CI", None)  # where ONNX Runtime keeps quiet of its own accord
        command = (*language.replay, *folders)
        done = _run(language, command, environment, check=False)
        written = [path for path in Path(home).rglob("*") if path.is_file()]
        if language.private and written:
            raise ReplayError(f"{language.name} wrote {written}: telemetry, by the look of it")
    found = read(done.stdout)
    names = {f"{folder.parent.name}/{folder.name}" for folder in folders}
    if {each.artifact for each in found} != names:
        raise ReplayError(f"{language.name}: {_shown(command)}\n{done.stdout}{done.stderr}")
    return found


def prepare(language: Language, test: bool) -> None:
    """Set up the toolchain and build; with `test`, run the language's own tests."""
    for command in language.build:
        _run(language, command, dict(os.environ))
    if test and language.test:
        _run(language, language.test, dict(os.environ))


def require(wanted: Sequence[Language]) -> None:
    """Install what Debian's packages bring, as root; raise ReplayError for what is missing."""
    missing = [language for language in wanted if _missing(language)]
    packages = sorted({package for language in missing for package in language.packages})
    if packages and shutil.which("apt-get") and os.geteuid() == 0:
        _progress(f"installing {', '.join(packages)}")
        quiet = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
        install = ("apt-get", "install", "-qq", "-y", "--no-install-recommends", *packages)
        for command in (("apt-get", "update", "-qq"), install):
            subprocess.run(command, env=quiet, stdout=subprocess.DEVNULL, check=False)
    problems = [
        f"{language.name} needs {', '.join(_missing(language))}"
        + (f" (Debian: apt install {' '.join(language.packages)})" if language.packages else "")
        for language in wanted
        if _missing(language)
    ]
    if problems:
        raise ReplayError("\n".join([*problems, "Install it, or choose others by --languages."]))


def table(results: Sequence[tuple[Language, list[Replayed]]]) -> str:
    """Return the table: language x artifact, rows, label mismatches, greatest difference."""
    heads = ("language", "artifact", "rows", "label mismatches", "ulp", "relative")
    lines = [heads]
    for language, found in results:
        for each in sorted(found, key=lambda replayed: replayed.artifact):
            numbers = (
                (f"lacks {each.lacks}", "", "", "")
                if each.lacks
                else (
                    str(each.rows),
                    str(each.label_mismatches),
                    f"{each.ulp:g}",
                    f"{each.relative:.1e}",
                )
            )
            lines.append((language.name, each.artifact, *numbers))
    widths = [
        max(len(line[column]) for line in lines if column != 2 or not line[2].startswith("lacks"))
        for column in range(len(heads))
    ]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def exported() -> list[Path]:
    """Export the built-in recipes and those of the examples, and return their folders."""
    out = CACHE / "artifacts"
    shutil.rmtree(out, ignore_errors=True)
    recipes = [*(ROOT / "export" / "recipes").glob("[!_]*.py"), *EXAMPLES.glob("recipes/*.py")]
    for recipe in sorted(recipes):
        _progress(f"exporting {recipe.stem}")
        command = (sys.executable, "-m", "export", "--quiet", "--out", str(out), str(recipe))
        subprocess.run(command, cwd=ROOT, check=True)
    return sorted(out.glob("*/1"))


def main(arguments: Sequence[str] | None = None) -> int:
    """Replay, print the table, and return 1 if anything is not as it should be."""
    options = _parser().parse_args(arguments)
    try:
        wanted = _chosen(options.languages)
        require(wanted)
        artifacts = exported() if options.test or not options.folders else []
        folders = [folder.resolve() for folder in options.folders] or artifacts
        os.environ.update(
            ORT_DISABLE_TELEMETRY="1",
            ORT_DYLIB_PATH=str(library()),
            SKIFF_ARTIFACTS=str(CACHE / "artifacts"),
        )
        results = []
        for language in wanted:
            start = time.monotonic()
            prepare(language, options.test)
            results.append((language, replay(language, folders)))
            _progress(f"{language.name}: {time.monotonic() - start:.0f} s")
    except ReplayError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(table(results))
    service = {each.artifact: each for each in results[0][1]}
    failures = [
        f"{language.name} {reason}: {each.artifact}"
        for language, found in results
        for each in found
        if (reason := failure(each, service[each.artifact], native=language.native))
    ]
    print(*failures or [f"{len(results)} languages, {len(folders)} artifacts: all agree"], sep="\n")
    return 1 if failures else 0


def _chosen(names: str | None) -> list[Language]:
    """Return the languages of these names; the service itself, to compare with, is the first."""
    every = languages()
    if names is None:
        return list(every)
    wanted = {name.strip().lower() for name in names.split(",")}
    known = {language.name.lower() for language in every}
    if unknown := wanted - known:
        raise ReplayError(f"unknown: {', '.join(unknown)}; there are {', '.join(sorted(known))}")
    return [each for each in every if each is every[0] or each.name.lower() in wanted]


def _missing(language: Language) -> list[str]:
    programs = [program for program in language.programs if not shutil.which(program)]
    return programs + [str(path) for path in language.files if not path.exists()]


def _run(
    language: Language, command: Command, environment: dict[str, str], check: bool = True
) -> subprocess.CompletedProcess[str]:
    words = [str(word) for word in command]
    done = subprocess.run(
        words, cwd=language.folder, env=environment, capture_output=True, text=True, check=False
    )
    if check and done.returncode:
        raise ReplayError(f"{language.name}: {_shown(command)}\n{done.stdout}{done.stderr}")
    return done


def _shown(command: Command) -> str:
    return " ".join(str(word) for word in command)


def _progress(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m examples.replay", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("folders", nargs="*", type=Path, metavar="FOLDER", help="artifacts")
    parser.add_argument("--test", action="store_true", help="run each language's own tests, too")
    parser.add_argument("--languages", metavar="NAME,...", help="only these (default: all)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
