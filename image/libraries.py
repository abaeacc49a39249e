"""Shared libraries: those of a file system, what they are linked with, and what they can lose."""

import re
import shutil
import struct
import subprocess
from collections.abc import Iterable
from pathlib import Path

ELF = b"\x7fELF\x02"
"""How a 64-bit program or shared library begins."""


def extensions(root: Path) -> list[Path]:
    """List the shared libraries below `root`."""
    return sorted(path for path in root.rglob("*.so*") if path.is_file())


def copy_linked(binaries: Iterable[Path], root: Path) -> dict[Path, Path]:
    """Copy what `binaries` are linked with to `/lib`, where the loader looks by itself.

    The loader keeps its own path, which is written in the interpreter. Returns what was
    copied, and from which file of the base image.
    """
    found = {}
    for binary in binaries:
        command = ["ldd", str(binary)]
        listing = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        if missing := re.findall(r"(\S+) => not found", listing):
            raise FileNotFoundError(f"{binary} needs {', '.join(missing)}, which is not installed")
        for name, path in re.findall(r"^\s*(\S+) => (/\S+)", listing, re.MULTILINE):
            if not path.startswith(f"{root}/"):
                found[root / "lib" / name] = Path(path).resolve()
        for path in re.findall(r"^\s*(/\S+) \(", listing, re.MULTILINE):
            found[root / path.lstrip("/")] = Path(path).resolve()
    for target, source in found.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
    return found


def strip(path: Path) -> None:
    """Cut off what an ELF file holds besides its loaded segments: symbols for debuggers.

    The tables that say so are at fixed offsets of the 64-bit header (System V ABI, "ELF
    Header"): program headers at 32 and 54, section headers, which go too, at 40 and 58.
    """
    data = bytearray(path.read_bytes())
    if data[: len(ELF)] != ELF:
        return
    (table,) = struct.unpack_from("<Q", data, 32)
    size, count = struct.unpack_from("<HH", data, 54)
    end = table + size * count
    for entry in range(table, end, size):
        (offset,), (length,) = (struct.unpack_from("<Q", data, entry + at) for at in (8, 32))
        end = max(end, offset + length)
    struct.pack_into("<Q", data, 40, 0)
    struct.pack_into("<HHH", data, 58, 0, 0, 0)
    path.write_bytes(data[:end])
