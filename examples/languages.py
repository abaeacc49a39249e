"""The languages that an artifact is replayed in: what each needs, how it is built and run."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parent
CACHE = EXAMPLES.parent / ".cache" / "languages"
HEADERS = CACHE / "include"
PACKAGES = CACHE / "packages"

NPM = ("npm", "ci", "--no-audit", "--no-fund", "--loglevel=error")
"""Installs what the lock file names."""

RELATIVE = 1e-14
"""Where other kernels compute than in Python, answers this near to each other are the same."""

Command = tuple[str | Path, ...]


@dataclass(frozen=True, kw_only=True)
class Language:
    """One language: every command is run in `folder`."""

    name: str
    folder: Path
    programs: tuple[str, ...]
    """What must be on the PATH."""
    packages: tuple[str, ...] = ()
    """What Debian calls the programs and libraries that are not usually there."""
    files: tuple[Path, ...] = ()
    """Files of those packages that are no programs."""
    fetch: tuple[Command, ...] = ()
    """What brings files that other languages want, too: only one language fetches at a time."""
    build: tuple[Command, ...]
    test: Command | None = None
    replay: Command
    """Replays the folders that are added to it, and prints a line for each."""
    native: bool = True
    """Whether ONNX Runtime computes with the same machine code as in Python."""
    private: bool = True
    """Whether replaying may write nothing at all to the home folder (a browser does)."""


def languages() -> tuple[Language, ...]:
    """Return the languages, in the order of the table."""
    return (
        _engine("Python", "skiff"),
        *_scripting(),
        *_compiled(),
        *_on_the_c_api(),
        *_independent(),
    )


def _engine(name: str, engine: str, build: tuple[Command, ...] = ()) -> Language:
    return Language(
        name=name,
        folder=EXAMPLES.parent,
        programs=(sys.executable,),
        build=build,
        replay=(sys.executable, "-m", "examples.engines", engine),
        native=engine == "skiff",
    )


def _independent() -> tuple[Language, ...]:
    """Return the engines that share no code with ONNX Runtime."""
    install = (sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    options = (
        "--require-hashes",
        "--upgrade",
        "--target",
        PACKAGES,
        "-r",
        "examples/requirements.txt",
    )
    return (
        _engine("ONNX reference", "reference"),
        _engine("tract", "tract", build=((*install, *options),)),
    )


def _scripting() -> tuple[Language, ...]:
    return (
        Language(
            name="Node",
            folder=EXAMPLES / "node",
            programs=("node", "npm"),
            build=(NPM,),
            test=("npm", "test"),
            replay=("node", "replay.js"),
        ),
        Language(
            name="Chromium",
            folder=EXAMPLES / "browser",
            programs=("node", "npm", os.environ.get("CHROMIUM", "/usr/bin/chromium")),
            packages=("chromium",),
            build=(NPM,),
            test=("npm", "test"),
            replay=("node", "replay.js"),
            native=False,
            private=False,
        ),
    )


def _compiled() -> tuple[Language, ...]:
    rust, java = EXAMPLES / "rust", EXAMPLES / "java"
    return (
        Language(
            name="Go",
            folder=EXAMPLES / "go",
            programs=("go", "cc"),
            build=(
                ("go", "vet", "./..."),
                ("go", "build", "-o", CACHE / "go" / "replay", "./cmd/replay"),
            ),
            test=("go", "test", "-count=1", "./..."),
            replay=(CACHE / "go" / "replay",),
        ),
        Language(
            name="Rust",
            folder=rust,
            programs=("cargo",),
            build=(("cargo", "build", "--quiet", "--locked"),),
            test=("cargo", "test", "--quiet", "--locked"),
            replay=(rust / "target" / "debug" / "replay",),
        ),
        Language(
            name="Java",
            folder=java,
            programs=("mvn", "java", "javac"),
            packages=("default-jdk-headless", "maven"),
            build=(("mvn", "-q", "-B", "-DskipTests", "package"),),
            test=("mvn", "-q", "-B", "surefire:test"),
            replay=("java", "-cp", "target/classes:target/libraries/*", "skiff.Replay"),
        ),
    )


def _on_the_c_api() -> tuple[Language, ...]:
    """Return the languages that call ONNX Runtime's C API themselves."""
    c, cpp, csharp = (EXAMPLES / name for name in ("c", "cpp", "csharp"))
    headers = EXAMPLES / "onnxruntime_headers.sh"
    parts = ("System-Runtime-Serialization", "System-Xml-Linq")
    return (
        Language(
            name="C",
            folder=c,
            programs=("cc", "make", "npm"),
            packages=("gcc", "libc6-dev", "make", "libcjson-dev"),
            files=(Path("/usr/include/cjson/cJSON.h"),),
            fetch=((headers, HEADERS),),
            build=(("make", "replay", f"HEADERS={HEADERS}"),),
            test=("make", "test", f"HEADERS={HEADERS}"),
            replay=(c / "build" / "replay",),
        ),
        Language(
            name="C++",
            folder=cpp,
            programs=("c++", "cmake", "npm"),
            packages=("g++", "cmake", "make", "nlohmann-json3-dev"),
            files=(Path("/usr/include/nlohmann/json.hpp"),),
            fetch=((headers, HEADERS),),
            build=(
                ("cmake", "-S", ".", "-B", "build", f"-DHEADERS={HEADERS}"),
                ("cmake", "--build", "build"),
            ),
            test=("ctest", "--test-dir", "build", "--output-on-failure"),
            replay=(cpp / "build" / "replay",),
        ),
        Language(
            name="C#",
            folder=csharp,
            programs=("mcs", "mono", "make"),
            packages=(
                "make",
                "mono-mcs",
                "mono-runtime",
                *(f"libmono-{name.lower()}4.0-cil" for name in parts),
            ),
            files=tuple(Path(f"/usr/lib/mono/4.5/{name.replace('-', '.')}.dll") for name in parts),
            build=(("make", "replay"),),
            test=("make", "test"),
            replay=("mono", csharp / "build" / "replay.exe"),
        ),
    )
