"""The pins of the image's requirements files, for the other architecture and every Python.

The build itself installs them for this machine's. Wheels are fetched, so this needs a package
index, as the build does.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from image.build import ROOT
from image.libraries import ELF

PYTHONS = ["3.11", "3.12", "3.13", "3.14"]
EM_AARCH64 = (183).to_bytes(2, "little")
"""How the header of an ELF file names the machine that it is for."""
FILES = ["requirements-runtime.txt", "requirements-build.txt"]


def _install(requirements: Path, machine: str, python: str, *options: str) -> str:
    """Install wheels of another machine by their hashes alone; return what uv complains of."""
    line = [
        str(Path(sys.executable).with_name("uv")),
        "pip",
        "install",
        "--quiet",
        "--link-mode=copy",
        f"--python-platform={machine}-manylinux_2_28",
        f"--python-version={python}",
        "--only-binary=:all:",
        "--require-hashes",
        f"--requirements={requirements}",
        *options,
    ]
    return subprocess.run(line, capture_output=True, text=True, check=False).stderr


@pytest.mark.parametrize("file", FILES)
def test_arm64_installs_from_wheels_of_the_pinned_hashes(tmp_path: Path, file: str) -> None:
    """On arm64, with the base image's Python, nothing has to be compiled."""
    assert _install(ROOT / file, "aarch64", "3.13", f"--target={tmp_path}") == ""
    headers = [path.read_bytes()[:20] for path in tmp_path.rglob("*.so*")]
    machines = {header[18:] for header in headers if header.startswith(ELF)}
    assert machines == {EM_AARCH64}


def test_a_wheel_with_another_hash_is_refused(tmp_path: Path) -> None:
    """The check above can fail: one pin with the hash of something else is enough."""
    requirements = tmp_path / "requirements.txt"
    requirements.write_text(f"msgspec==0.22.0 --hash=sha256:{'0' * 64}\n")
    complaint = _install(requirements, "aarch64", "3.13", f"--target={tmp_path / 'site'}")
    assert "Hash mismatch for `msgspec==0.22.0`" in complaint


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
@pytest.mark.parametrize("python", PYTHONS)
def test_every_python_has_wheels(tmp_path: Path, python: str, machine: str) -> None:
    """What serves is installed for each; for what exports, wheels are known to be there."""
    runtime, *others = (ROOT / file for file in (*FILES, "requirements-boosters.txt"))
    assert _install(runtime, machine, python, f"--target={tmp_path}") == ""
    for each in others:
        assert _install(each, machine, python, f"--target={tmp_path / 'dry'}", "--dry-run") == ""
