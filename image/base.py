"""The base image, or a stand-in for it where no registry can be reached."""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from image.engine import Engine, EngineError, install

DOCKERFILE = Path(__file__).parent.parent / "Dockerfile"
STAND_IN = "localhost/skiff-python-stand-in:trixie"
PACKAGES = "python3,python3-venv,python3-pip,ca-certificates"
AS_OFFICIAL = 'rm "$1"/usr/lib/python3*/EXTERNALLY-MANAGED'
"""Lets pip install into the system, as it may in the official image."""
SOURCES = ("/etc/apt/sources.list.d/debian.sources", "/etc/apt/sources.list")


def choose(engine: Engine) -> str:
    """Return the Dockerfile's base image if it can be had, otherwise a stand-in's name.

    The stand-in is Debian trixie with Debian's own Python 3.13: the same system as the
    official image's, with another build of Python in it.
    """
    wanted = default()
    if engine.has(wanted):
        return wanted
    if not engine.has(STAND_IN):
        print(f"{wanted} cannot be pulled; making a stand-in from Debian's packages", flush=True)
        make_stand_in(engine)
    return STAND_IN


def default() -> str:
    """Return the base image that the Dockerfile names."""
    match = re.search(r"^ARG PYTHON_IMAGE=(\S+)$", DOCKERFILE.read_text(), re.MULTILINE)
    if match is None:
        raise EngineError(f"{DOCKERFILE} has no line `ARG PYTHON_IMAGE=...`.")
    return match[1]


def make_stand_in(engine: Engine) -> None:
    """Bootstrap Debian trixie with Python and import it as an image.

    Raises EngineError where this machine is no Debian, or mmdebstrap fails.
    """
    if not shutil.which("mmdebstrap"):
        install("mmdebstrap")
    with tempfile.TemporaryDirectory() as folder:
        archive = f"{folder}/base.tar"
        options = [f"--include={PACKAGES}", f"--customize-hook={AS_OFFICIAL}"]
        line = ["mmdebstrap", "--quiet", "--variant=minbase", *options, "trixie", archive, mirror()]
        if subprocess.run(line, check=False, stdout=sys.stderr).returncode:
            raise EngineError("mmdebstrap could not make a stand-in for the base image; see above.")
        engine.ask("import", archive, STAND_IN)


def mirror() -> str:
    """Return the Debian mirror that this machine's apt uses."""
    for path in map(Path, SOURCES):
        if path.exists():
            lines = path.read_text()
            if match := re.search(r"^(?:URIs:|deb(?: \[.*?\])?) *(\S+)", lines, re.MULTILINE):
                return match[1]
    raise EngineError(f"Found no Debian mirror in {' or '.join(SOURCES)}.")
