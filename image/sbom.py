"""The image's bill of materials, as CycloneDX 1.6 JSON.

It lists the Python packages by their metadata and, where the base image is Debian's, the
packages that the interpreter and the shared libraries come from.
"""

import email
import json
import platform
import re
import subprocess
import sys
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any

Component = dict[str, Any]


def document(packages: Path, system: Iterable[str]) -> bytes:
    """Return the document for the distributions in `packages` and Debian's in the `system`.

    Nothing in it depends on when it was made: its serial number is made from its content.
    """
    distributions = [distribution(path) for path in packages.glob("*.dist-info/METADATA")]
    components = distributions + [debian_package(package) for package in system]
    if not any(component["name"].startswith("python3") for component in components):
        components.append(interpreter())
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


def distribution(metadata: Path) -> Component:
    """Describe a Python distribution by its METADATA file."""
    fields = email.message_from_bytes(metadata.read_bytes())
    name = re.sub(r"[-_.]+", "-", fields["Name"]).lower()
    described = component(f"pkg:pypi/{name}@{fields['Version']}", name, fields["Version"])
    if expression := fields["License-Expression"]:
        described["licenses"] = [{"expression": expression}]
    elif text := fields["License"]:
        described["licenses"] = [{"license": {"name": text.partition("\n")[0].strip()}}]
    return described


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
