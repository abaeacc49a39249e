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
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from examples.languages import CACHE, EXAMPLES, Command, Language, languages
from examples.onnxruntime_library import library
from examples.verdicts import Replayed, failure, read, table

ROOT = EXAMPLES.parent
_FETCHING = threading.Lock()


class ReplayError(Exception):
    """A toolchain that is not there, or a command that failed."""


def replay(language: Language, folders: Sequence[Path]) -> list[Replayed]:
    """Replay the artifacts in one language, in which nothing is written to the home folder.

    An artifact of which it says nothing has failed. Raises ReplayError for what was written.
    """
    with tempfile.TemporaryDirectory(prefix="skiff-home-") as home:
        environment = _environment(HOME=home, XDG_CACHE_HOME=f"{home}/.cache")
        environment.pop("CI", None)  # where ONNX Runtime keeps quiet of its own accord
        command = (*language.replay, *folders)
        done = _run(language, command, environment, check=False)
        written = [path for path in Path(home).rglob("*") if path.is_file()]
        if language.private and written:
            raise ReplayError(f"{language.name} wrote {written}: telemetry, by the look of it")
    found = {each.artifact: each for each in read(done.stdout)}
    last = (done.stderr.strip() or "it says nothing").splitlines()[-1]
    names = map(_name, folders)
    return [found.get(name, Replayed(name, problem=f"fails: {last}")) for name in names]


def prepare(language: Language, test: bool) -> None:
    """Set up the toolchain and build; with `test`, run the language's own tests."""
    with _FETCHING:
        for command in language.fetch:
            _run(language, command, _environment())
    for command in language.build:
        _run(language, command, _environment())
    if test and language.test:
        _run(language, language.test, _environment())


def require(wanted: Sequence[Language]) -> None:
    """Install what Debian's packages bring, as root; raise ReplayError for what is missing."""
    missing = [language for language in wanted if _missing(language)]
    packages = sorted({package for language in missing for package in language.packages})
    if packages and shutil.which("apt-get") and os.geteuid() == 0:
        _progress(f"installing {', '.join(packages)}")
        quiet = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
        install = ("install", "-qq", "-y", "--no-install-recommends", "--no-upgrade", *packages)
        for command in (("apt-get", "update", "-qq"), ("apt-get", *install)):
            subprocess.run(command, env=quiet, stdout=subprocess.DEVNULL, check=False)
    problems = [
        f"{language.name} needs {', '.join(_missing(language))}"
        + (f" (Debian: apt install {' '.join(language.packages)})" if language.packages else "")
        for language in wanted
        if _missing(language)
    ]
    if problems:
        raise ReplayError("\n".join([*problems, "Install it, or choose others by --languages."]))


def replay_all(
    wanted: Sequence[Language], folders: Sequence[Path], *, test: bool
) -> tuple[list[tuple[Language, list[Replayed]]], list[str]]:
    """Replay in every language; return what each said, and what is not as it should be.

    As many languages at a time as there are processors: one downloads while another compiles.
    The first language is the service itself, with which the others are compared.
    """
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        outcomes = list(pool.map(lambda each: _attempt(each, folders, test), wanted))
    results, failures, service = [], [], dict[str, Replayed]()
    for language, found in zip(wanted, outcomes, strict=True):
        if isinstance(found, ReplayError):
            failures.append(str(found))
            continue
        results.append((language, found))
        service = service or {each.artifact: each for each in found}
        failures += [
            f"{language.name} {reason}: {each.artifact}"
            for each in found
            if (reason := failure(each, service[each.artifact], native=language.native))
        ]
    return results, failures


def _attempt(
    language: Language, folders: Sequence[Path], test: bool
) -> list[Replayed] | ReplayError:
    start = time.monotonic()
    try:
        prepare(language, test)
        found = replay(language, folders)
    except ReplayError as error:
        return error
    _progress(f"{language.name}: {time.monotonic() - start:.0f} s")
    return found


def exported() -> list[Path]:
    """Export the built-in recipes and those of the examples, and return their folders."""
    out = CACHE / "artifacts"
    shutil.rmtree(out, ignore_errors=True)
    recipes = [*(ROOT / "export" / "recipes").glob("[!_]*.py"), *EXAMPLES.glob("recipes/*.py")]
    _progress(f"exporting {', '.join(sorted(recipe.stem for recipe in recipes))}")
    command = (sys.executable, "-m", "export", "--quiet", "--out", str(out))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(lambda each: subprocess.run((*command, each), cwd=ROOT, check=True), recipes))
    return sorted(out.glob("*/1"))


def main(arguments: Sequence[str] | None = None) -> int:
    """Replay, print the table, and return 1 if anything is not as it should be."""
    options = _parser().parse_args(arguments)
    try:
        wanted = _chosen(options.languages)
        require(wanted)
        artifacts = exported() if options.test or not options.folders else []
        folders = _different(options.folders) or artifacts
    except ReplayError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    results, failures = replay_all(wanted, folders, test=options.test)
    print(table(results))
    print(*failures or [f"{len(results)} languages, {len(folders)} artifacts: all agree"], sep="\n")
    return 1 if failures else 0


def _different(folders: Sequence[Path]) -> list[Path]:
    """Return the folders in full; raise ReplayError where two would be one line of the table."""
    found = [folder.resolve() for folder in folders]
    names = [_name(folder) for folder in found]
    if twice := {name for name in names if names.count(name) > 1}:
        raise ReplayError(f"two folders are called {', '.join(sorted(twice))}: replay one")
    return found


def _name(folder: Path) -> str:
    """Return what the languages call an artifact: its model's name and its version."""
    return f"{folder.parent.name}/{folder.name}"


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


def _environment(**changes: str) -> dict[str, str]:
    """Return what the languages' programs find: ONNX Runtime, and artifacts for their tests."""
    ours = {
        "ORT_DISABLE_TELEMETRY": "1",
        "ORT_DYLIB_PATH": str(library()),
        "SKIFF_ARTIFACTS": str(CACHE / "artifacts"),
    }
    return dict(os.environ) | ours | changes


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
