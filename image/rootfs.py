"""Assemble the file system of the runtime image: Python, the packages and nothing else.

Run in the image's build, by the Python that is to be shipped:

    python3 -m image.rootfs SITE RUNTIME ROOT

SITE is where pip installed requirements-runtime.txt, RUNTIME is Skiff's own package, ROOT is
the new file system. It holds no shell, no package manager, no source of foreign packages and
no debug symbols. What is left out, and why, is the tables below; docs/image.md has the sizes.
The same inputs give the same bytes: every file gets the time SOURCE_DATE_EPOCH.
"""

import fnmatch
import os
import py_compile
import shutil
import stat
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path

from image import sbom
from image.libraries import copy_linked, extensions, strip

HOME = "opt/skiff"
"""Where Python lives in the image: it finds its library from where it is itself."""

USER = 65532

STDLIB_LEFT_OUT = (
    "test",  # tests, and the modules that only they use
    "doctest.py",
    "idlelib",
    "unittest",
    "lib-dynload/*_test*",
    "lib-dynload/_xx*",
    "lib-dynload/xx*",
    "ensurepip",  # they install packages
    "venv",
    "zipapp.py",
    "lib2to3",  # programs of their own
    "pdb.py",
    "pydoc*",
    "_pyrepl",
    "turtle*",
    "ftplib.py",  # protocols that are not spoken
    "imaplib.py",
    "mailbox.py",
    "poplib.py",
    "smtplib.py",
    "xmlrpc",
    "tkinter",  # they need libraries that a server has no use for
    "curses",
    "dbm",
    "sqlite3",
    "ssl.py",  # 8 MB of OpenSSL, for a TLS that a proxy speaks; see without_tls
    "lib-dynload/_ssl*",
    "lib-dynload/_hashlib*",  # OpenSSL's digests; Python has its own
    "lib-dynload/_curses*",
    "lib-dynload/_dbm*",
    "lib-dynload/_gdbm*",
    "lib-dynload/_sqlite3*",
    "lib-dynload/_tkinter*",
    "lib-dynload/readline*",
    "lib-dynload/_codecs_*",  # Chinese, Japanese and Korean encodings other than Unicode
    "config-*",  # for compiling extensions
    "site-packages",
    "dist-packages",
    "sitecustomize.py",  # Debian's crash reporter
    "_distutils_system_mod.py",  # and where its setuptools installs to
    "__hello__.py",  # greetings, to try frozen modules with
    "__phello__",
)

PACKAGES_LEFT_OUT = (
    "bin",
    "*/tests",
    "*/conftest.py",
    "*.pyi",
    "*.pyx",
    "*.pxd",
    "*.h",
    "*.a",
    "*.map",
    "jinja2*",  # swagger-ui-bundle-v2 names it; its template is not used
    "markupsafe*",
    "google",  # protobuf and the next two: for ONNX Runtime's tools, which are not shipped
    "protobuf*",
    "flatbuffers*",
    "packaging*",
    "h11*",  # uvicorn's parser where httptools is absent
    "onnxruntime/capi/libonnxruntime.so*",  # the C library: Python has it inside its extension
    "onnxruntime/transformers",
    "onnxruntime/quantization",
    "onnxruntime/tools",
    "onnxruntime/backend",
    "onnxruntime/datasets",
    "numpy/f2py",  # a compiler front end
    "numpy/fft",  # imported when first used, which the runtime does not
    "numpy/ma",
    "numpy/polynomial",
    "numpy/random",
    "numpy/testing",
    "numpy/_pyinstaller",
    "numpy/_core/lib",  # for compiling extensions
    "numpy/_core/include",
    "numpy/_core/_simd.*",  # tests of numpy's own loops
    "numpy/_core/*_tests.*",
    "uvloop/*.c",
    "httptools/parser/*.c",
    "swagger_ui_bundle/vendor/*/*-es-bundle*",  # for bundlers, not for browsers
    "swagger_ui_bundle/vendor/*/swagger-ui.js",
    "swagger_ui_bundle/vendor/*/*-standalone-*",  # a frame that the page does without
    "*.dist-info/RECORD",
    "*.dist-info/INSTALLER",
    "*.dist-info/REQUESTED",
)


def main(site: Path, runtime: Path, root: Path) -> None:
    """Make `root` from the interpreter that runs this, `site` and `runtime`.

    Packages lie beside the standard library, so that Python starts without `site` (-S),
    and finds them where a distribution has moved `site-packages`.
    """
    home = root / HOME
    library = home / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}"
    for folder in {sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")}:
        copy_tree(Path(folder), library, STDLIB_LEFT_OUT)
    copy(Path(__file__).with_name("without_tls.py"), library / "ssl.py")
    copy_tree(site, library, PACKAGES_LEFT_OUT)
    compile_tree(library, root, keep_source=False)
    copy_tree(runtime, library / "runtime", ("ruff.toml",))
    compile_tree(library / "runtime", root, keep_source=True)
    interpreter = home / "bin" / "python3"
    copy(Path(sys.executable).resolve(), interpreter)
    origins = copy_linked([interpreter, *extensions(root)], root)
    origins[interpreter] = Path(sys.executable).resolve()
    for each in (library / "lib-dynload").iterdir():
        origins[each] = Path(sysconfig.get_path("platstdlib"), "lib-dynload", each.name)
    for path in [interpreter, *extensions(root)]:
        strip(path)
    write_accounts(root)
    owners = sbom.owners({f"/{path.relative_to(root)}": origins[path] for path in origins})
    packages = f"/{library.relative_to(root)}"
    (home / "sbom.cdx.json").write_bytes(sbom.document(site, packages, root, owners))
    copy_licences(filter(None, owners), root)
    settle(root, int(os.environ.get("SOURCE_DATE_EPOCH", "0")))


def copy_tree(source: Path, target: Path, left_out: Iterable[str]) -> None:
    """Copy the files below `source`, but for byte code and what `left_out` matches.

    A pattern is compared with a file's or folder's path below `source`; its stars also
    stand for slashes.
    """
    patterns = ("*__pycache__", *left_out)
    for folder, folders, files in os.walk(source):
        below = Path(folder).relative_to(source)
        kept = [name for name in folders if not matches(below / name, patterns)]
        folders[:] = sorted(kept)
        for name in sorted(files):
            if not matches(below / name, patterns):
                copy(source / below / name, target / below / name)


def matches(path: Path, patterns: Iterable[str]) -> bool:
    """Tell whether one of `patterns` matches."""
    return any(fnmatch.fnmatchcase(str(path), pattern) for pattern in patterns)


def copy(source: Path, target: Path) -> None:
    """Copy a file, following links, and make its folder."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, target)


def compile_tree(folder: Path, root: Path, *, keep_source: bool) -> None:
    """Compile every module to byte code that is loaded without a look at its source.

    With the source kept, tracebacks show its lines. Otherwise byte code takes its place,
    without docstrings and assertions.
    """
    for source in sorted(folder.rglob("*.py")):
        py_compile.compile(
            str(source),
            None if keep_source else str(source.with_suffix(".pyc")),
            f"/{source.relative_to(root)}",
            doraise=True,
            optimize=0 if keep_source else 2,
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )
        if not keep_source:
            source.unlink()


def copy_licences(packages: Iterable[str], root: Path) -> None:
    """Copy the terms under which Debian packages are passed on."""
    for package in packages:
        terms = Path("usr/share/doc", package.partition(":")[0], "copyright")
        if (Path("/") / terms).exists():
            copy(Path("/") / terms, root / terms)


def write_accounts(root: Path) -> None:
    """Name root and the user that the service runs as; give programs their /tmp."""
    (root / "etc").mkdir()
    (root / "etc/passwd").write_text(
        f"root:x:0:0:root:/:/sbin/nologin\nskiff:x:{USER}:{USER}:skiff:/:/sbin/nologin\n"
    )
    (root / "etc/group").write_text(f"root:x:0:\nskiff:x:{USER}:\n")
    (root / "tmp").mkdir()
    (root / "artifacts").mkdir()


def settle(root: Path, time: int) -> None:
    """Give every file and folder the same owner's rights and time, so that bytes repeat."""
    for path in [*root.rglob("*"), root]:
        executable = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
        path.chmod(0o755 if executable else 0o644)
        os.utime(path, (time, time))
    (root / "tmp").chmod(0o1777)


if __name__ == "__main__":
    main(*(Path(argument).resolve() for argument in sys.argv[1:]))
