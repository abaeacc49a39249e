"""The dependency rules of docs/architecture.md, read from every import statement."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from image.rootfs import PACKAGES_LEFT_OUT

ROOT = Path(__file__).parent.parent

FORBIDDEN = {
    "cloudpickle",
    "dill",
    "export",
    "joblib",
    "marshal",
    "onnx",
    "pandas",
    "pickle",
    "scipy",
    "shelve",
    "skl2onnx",
    "sklearn",
}
"""What runtime must not import: the build stage, and whatever loads pickles."""

GROUND = {"__version__", "errors", "manifest", "config", "limits"}
TOP = ("contracts", "app", "server", "probe", "__main__")
"""Runtime's layers: the ground, then every other module, then these, from the bottom up."""

HTTP = {"http", "starlette", "uvicorn"}


BOOSTERS = {"catboost", "lightgbm", "xgboost"}
"""What neither package imports: it need not be installed."""


def imports(source: str) -> Iterator[str]:
    """Yield the dotted name of everything that Python source imports, however deeply nested."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def layer(module: str) -> int:
    """Return the height of one of runtime's modules."""
    if module in GROUND:
        return 0
    return 2 + TOP.index(module) if module in TOP else 1


def breaches(module: str, source: str) -> list[str]:
    """List the imports of one of runtime's modules that the rules forbid."""
    found = []
    for name in imports(source):
        package, _, rest = name.partition(".")
        if (
            package in FORBIDDEN
            or (package == "onnxruntime" and module != "model")
            or (package in HTTP and layer(module) < layer("contracts"))
            or (package == "runtime" and rest and layer(rest.split(".")[0]) > layer(module))
        ):
            found.append(name)
    return found


MODULES = sorted((ROOT / "runtime").rglob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_runtime_keeps_the_dependency_rules(path: Path) -> None:
    """No module of runtime imports the build stage, a pickle or a layer above its own."""
    module = path.relative_to(ROOT / "runtime").parts[0].removesuffix(".py")
    assert breaches(module, path.read_text()) == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("payload", "import sklearn.base"),
        ("payload", "def f():\n    from joblib import load"),
        ("app", "import pickle"),
        ("repository", "from export.recipe import Trained"),
        ("payload", "import onnxruntime as ort"),
        ("model", "from starlette.requests import Request"),
        ("manifest", "from runtime.model import Model"),
        ("contracts", "from runtime import app"),
        ("app", "from runtime.__main__ import main"),
    ],
)
def test_the_rules_refuse_a_planted_import(module: str, source: str) -> None:
    """Each rule has an import that it must find."""
    assert len(breaches(module, source)) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("model", "import onnxruntime as ort"),
        ("model", "from runtime.manifest import Manifest"),
        ("contracts", "from starlette.requests import Request"),
        ("__main__", "from runtime import __version__, app"),
    ],
)
def test_the_rules_allow_the_layers_below(module: str, source: str) -> None:
    """What the layering is for is allowed."""
    assert breaches(module, source) == []


def test_modules_do_not_import_each_other_in_a_circle() -> None:
    """Runtime's modules can be read, and imported, one after the other."""
    graph = {_dotted(path): set(imports(path.read_text())) for path in MODULES}
    below = {
        module: {other for other in graph if any(_within(name, other) for name in names)} - {module}
        for module, names in graph.items()
    }
    while leaves := [module for module, others in below.items() if not others & below.keys()]:
        for module in leaves:
            del below[module]
    assert below == {}


def test_no_booster_is_imported() -> None:
    """An estimator of one is recognized by the name of its class: whoever made it imported it."""
    modules = [*MODULES, *sorted((ROOT / "export").rglob("*.py"))]
    found = [(path.name, name) for path in modules for name in imports(path.read_text())]
    assert len(found) > len(modules)
    assert [each for each in found if each[1].partition(".")[0] in BOOSTERS] == []


def _dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def _within(name: str, module: str) -> bool:
    """Tell whether importing `name` is importing `module`, or a name in it."""
    return name == module or name.rpartition(".")[0] == module


def left_out(source: str) -> list[str]:
    """List numpy's modules that Python source names and the image leaves out."""
    modules = {match for each in PACKAGES_LEFT_OUT for match in re.findall(r"^numpy/(\w+)$", each)}
    named = re.findall(r"\b(?:np|numpy)\.(\w+)", source)
    return sorted(modules.intersection(named))


@pytest.mark.parametrize("path", sorted((ROOT / "runtime").rglob("*.py")), ids=str)
def test_runtime_does_without_what_the_image_leaves_out(path: Path) -> None:
    """A module of numpy that is loaded when it is named fails in the image alone."""
    assert left_out(path.read_text()) == []


def test_a_planted_use_of_what_the_image_leaves_out_is_found() -> None:
    """A call of a module that is not shipped is named."""
    assert left_out("np.random.default_rng(0)") == ["random"]
