"""The tools that make the image, without a container engine."""

import json
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from image import base, libraries, rootfs, sbom
from image.__main__ import main
from image.engine import PACKAGES, Engine, EngineError


def test_what_is_left_out_is_left_out_at_any_depth(tmp_path: Path) -> None:
    """A pattern without a star names a top folder; a star stands for slashes, too."""
    for name in ("test/a.py", "kept/test/b.py", "kept/c.pyi", "kept/__pycache__/c.pyc", "d.py"):
        (tmp_path / "from" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "from" / name).touch()
    rootfs.copy_tree(tmp_path / "from", tmp_path / "to", ("test", "*.pyi"))
    copied = {str(path.relative_to(tmp_path / "to")) for path in (tmp_path / "to").rglob("*.*")}
    assert copied == {"kept/test/b.py", "d.py"}


def test_a_library_is_cut_after_its_last_segment(tmp_path: Path) -> None:
    """What no segment loads goes, and the header no longer points to it."""
    header = bytearray(64)
    header[:5] = b"\x7fELF\x02"
    struct.pack_into("<QQ", header, 32, 64, 250)  # segments at 64, sections at 250
    struct.pack_into("<HHHHH", header, 54, 56, 1, 64, 3, 2)
    segment = bytearray(56)
    struct.pack_into("<Q", segment, 8, 0)
    struct.pack_into("<Q", segment, 32, 200)
    library = tmp_path / "library.so"
    library.write_bytes(bytes(header + segment) + b"loaded".ljust(80, b".") + b"symbols" * 20)
    libraries.strip(library)
    data = library.read_bytes()
    assert len(data) == 200
    assert data.endswith(b"loaded".ljust(80, b"."))
    assert struct.unpack_from("<QQ", data, 32) == (64, 0)
    assert struct.unpack_from("<HHHHH", data, 54) == (56, 1, 0, 0, 0)


def test_what_is_no_library_is_not_stripped(tmp_path: Path) -> None:
    """A file that only has a library's name is left alone."""
    script = tmp_path / "libc.so"
    script.write_bytes(b"/* GNU ld script */")
    libraries.strip(script)
    assert script.read_bytes() == b"/* GNU ld script */"


def test_byte_code_runs_without_its_source(tmp_path: Path) -> None:
    """Compiled in place of its source, a module has neither docstring nor assertions."""
    (tmp_path / "module.py").write_text('"""Text."""\nassert False\nVALUE = 1\n')
    rootfs.compile_tree(tmp_path, tmp_path, keep_source=False)
    assert [path.name for path in tmp_path.iterdir()] == ["module.pyc"]
    code = "import module; print(module.VALUE, module.__doc__)"
    line = [sys.executable, "-c", code]
    result = subprocess.run(line, cwd=tmp_path, check=True, capture_output=True, text=True)
    assert result.stdout == "1 None\n"


@pytest.fixture
def installed(tmp_path: Path) -> tuple[Path, Path]:
    """What pip installed, two distributions, and a file system that has one of them."""
    site, root = tmp_path / "site", tmp_path / "root"
    for name, files in (("Some_Package", ["some/fast.so", "alone.py"]), ("left-out", ["out.py"])):
        folder = site / f"{name}-1.0.dist-info"
        folder.mkdir(parents=True)
        fields = f"Name: {name}\nVersion: 1.0\nLicense-Expression: MIT\n"
        (folder / "METADATA").write_text(fields)
        (folder / "RECORD").write_text("".join(f"{file},,\n" for file in ["../up", *files]))
    (root / "lib/some").mkdir(parents=True)
    for file in ("lib/some/fast.so", "lib/alone.pyc", "up"):
        (root / file).touch()
    return site, root


def test_the_bill_lists_what_was_kept_and_where(installed: tuple[Path, Path]) -> None:
    """A distribution is named by its normalized name, with its licence and its places."""
    site, root = installed
    document = sbom.document(site, "/lib", root, {None: ["/bin/python3"]})
    assert sbom.document(site, "/lib", root, {None: ["/bin/python3"]}) == document
    package, python = sorted(json.loads(document)["components"], key=lambda each: each["name"])[
        ::-1
    ]
    assert package["purl"] == "pkg:pypi/some-package@1.0"
    assert package["licenses"] == [{"expression": "MIT"}]
    assert package["evidence"] == {
        "occurrences": [
            {"location": f"/lib/{name}"} for name in ("alone.pyc", "some", "some/fast.so")
        ]
    }
    assert python["purl"].startswith("pkg:generic/python@3.")
    assert python["evidence"] == {"occurrences": [{"location": "/bin/python3"}]}


def test_what_no_package_manager_installed_is_pythons(tmp_path: Path) -> None:
    """Files without an owner are kept together."""
    assert sbom.owners({"/bin/python3": tmp_path}) == {None: ["/bin/python3"]}


def test_without_any_engine_the_message_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither docker nor podman, and no apt: the command fails with the way out."""
    monkeypatch.setattr("image.engine.shutil.which", lambda _: None)
    assert main([]) == 1
    assert capsys.readouterr().err == (
        "error: Found neither a running docker nor podman. Expected one of them; install it, or "
        f"on Debian run `apt-get install {' '.join(PACKAGES)}` as root.\n"
    )


def test_an_engine_that_fails_is_quoted() -> None:
    """The error holds the command and what it said."""
    with pytest.raises(EngineError, match=r"`sh -c echo no >&2; exit 3` failed: no"):
        Engine(("sh",)).ask("-c", "echo no >&2; exit 3")


@pytest.mark.parametrize(
    "text",
    [
        "Types: deb\nURIs: http://mirror.test/debian\nSuites: trixie\n",
        "# deb http://no.test/\ndeb [signed-by=/a.gpg] http://mirror.test/debian trixie main\n",
    ],
)
def test_the_mirror_is_the_one_that_apt_uses(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str
) -> None:
    """Both of apt's formats are read."""
    sources = tmp_path / "sources"
    sources.write_text(text)
    monkeypatch.setattr(base, "SOURCES", (str(sources),))
    assert base.mirror() == "http://mirror.test/debian"


def test_without_a_mirror_the_message_says_where_it_was_looked_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A machine that is no Debian gets a clear answer."""
    monkeypatch.setattr(base, "SOURCES", (str(tmp_path / "none"),))
    with pytest.raises(EngineError, match=f"Found no Debian mirror in {tmp_path}/none."):
        base.mirror()


def test_the_base_image_is_pinned_by_its_digest() -> None:
    """The Dockerfile's default base has a name and a digest."""
    name, _, digest = base.default().partition("@sha256:")
    assert name.startswith("python:3.")
    assert len(digest) == 64
