"""The image's bill of materials, as CycloneDX 1.6 JSON.

It lists the Python distributions by their metadata and, where the base image is Debian's, the
packages that the interpreter and the shared libraries come from. With each goes where it is in
the image: every shared library, and every package that can be imported, is under one of them.
"""

import json
import platform
import re
import subprocess
import sys
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping
from importlib.metadata import Distribution, distributions
from pathlib import Path, PurePath
from typing import Any

Component = dict[str, Any]


def document(site: Path, library: str, root: Path, system: Mapping[str | None, list[str]]) -> bytes:
    """Return the document for the file system in `root`.

    Its distributions are those of `site` whose files are in the image's folder `library`;
    the `system` is the packages of its other binaries, as `owners` finds them. Nothing in it
    depends on when it was made: its serial number is made from its content.
    """
    found = (distribution(each, library, root) for each in distributions(path=[str(site)]))
    components = [component for component in found if component["evidence"]["occurrences"]]
    for package, paths in system.items():
        described = interpreter() if package is None else debian_package(package)
        components.append(described | evidence(paths))
    components.sort(key=lambda component: str(component["purl"]))
    name = json.dumps(components, sort_keys=True)
    bill = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, name)}",
        "version": 1,
        "metadata": {"component": {"type": "container", "bom-ref": "skiff", "name": "skiff"}},
        "components": components,
    }
    return json.dumps(bill, indent=2).encode() + b"\n"


def distribution(installed: Distribution, library: str, root: Path) -> Component:
    """Describe a Python distribution, and which of its files are in `library` below `root`."""
    fields = installed.metadata
    name = re.sub(r"[-_.]+", "-", installed.name).lower()
    described = component(f"pkg:pypi/{name}@{installed.version}", name, installed.version)
    if "License-Expression" in fields:
        described["licenses"] = [{"expression": fields["License-Expression"]}]
    elif "License" in fields:
        described["licenses"] = [
            {"license": {"name": fields["License"].partition("\n")[0].strip()}}
        ]
    places = set()
    for path in map(PurePath, installed.files or ()):
        top = PurePath(path.parts[0])
        if ".so" in path.suffixes:
            places.add(path)
        places |= {top, top.with_suffix(".pyc")} if top.suffix == ".py" else {top}
    kept = (f"{library}/{place}" for place in places if ".." not in place.parts)
    return described | evidence(place for place in kept if (root / place[1:]).exists())


def owners(origins: Mapping[str, Path]) -> dict[str | None, list[str]]:
    """Group paths in the image by the Debian package of the file that each was copied from.

    Under None are those that no package manager installed: Python's own, in official images.
    """
    grouped = defaultdict(list)
    for path, origin in origins.items():
        grouped[owner(origin)].append(path)
    return dict(grouped)


def evidence(paths: Iterable[str]) -> Component:
    """Say where in the image a component is."""
    return {"evidence": {"occurrences": [{"location": path} for path in sorted(paths)]}}


def owner(path: Path) -> str | None:
    """Name the Debian package that installed `path`, or None where there is none."""
    for name in (path, Path("/", *path.parts[2:])):  # dpkg may know it without its /usr
        query = ["dpkg-query", "--search", str(name)]
        try:
            found = subprocess.run(query, capture_output=True, text=True, check=False)
        except FileNotFoundError:
            return None
        if found.returncode == 0:
            return found.stdout.partition(": ")[0]
    return None


def debian_package(name: str) -> Component:
    """Describe an installed Debian package."""
    query = ["dpkg-query", "--show", "--showformat=${Package}\t${Version}\t${Architecture}", name]
    answer = subprocess.run(query, capture_output=True, text=True, check=True).stdout
    package, version, architecture = answer.split("\t")
    return component(f"pkg:deb/debian/{package}@{version}?arch={architecture}", package, version)


def interpreter() -> Component:
    """Describe a Python that no package manager installed."""
    version = platform.python_version()
    described = component(f"pkg:generic/python@{version}", "python", version)
    return described | {"description": sys.version.partition("\n")[0]}


def component(purl: str, name: str, version: str) -> Component:
    """Describe a library by its package URL."""
    return {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}
