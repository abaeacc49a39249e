"""The files in deploy/ against their schemas, and against the image that they run."""

import copy
import subprocess
import sys
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

ROOT = Path(__file__).parent.parent
COMPOSE = ROOT / "deploy" / "compose.yaml"
MANIFESTS = list(yaml.safe_load_all((ROOT / "deploy" / "kubernetes.yaml").read_text()))


def _validate_compose(path: Path) -> subprocess.CompletedProcess[str]:
    tool = [sys.executable, "-m", "check_jsonschema"]
    schema = ["--builtin-schema", "vendor.compose-spec"]
    return subprocess.run([*tool, *schema, str(path)], capture_output=True, text=True, check=False)


def _validate_kubernetes(manifest: dict[str, Any]) -> None:
    version = kubernetes_validate.latest_version()
    kubernetes_validate.validate(manifest, version, strict=True)


def test_compose_file_follows_the_schema() -> None:
    """`docker compose` accepts the file."""
    result = _validate_compose(COMPOSE)
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_compose_schema_refuses_an_unknown_key(tmp_path: Path) -> None:
    """The check finds a key that Compose does not know."""
    wrong = tmp_path / "compose.yaml"
    wrong.write_text(COMPOSE.read_text().replace("read_only:", "readonly:"))
    result = _validate_compose(wrong)
    assert result.returncode == 1
    assert "'readonly' was unexpected" in result.stdout


@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda manifest: str(manifest["kind"]))
def test_kubernetes_manifest_follows_the_schema(manifest: dict[str, Any]) -> None:
    """A cluster accepts each manifest, and knows every field in it."""
    _validate_kubernetes(manifest)


def test_the_kubernetes_schema_refuses_an_unknown_field() -> None:
    """The check finds a field that Kubernetes does not know."""
    wrong = copy.deepcopy(MANIFESTS[0])
    wrong["spec"]["template"]["spec"]["containers"][0]["readinesProbe"] = {}
    with pytest.raises(kubernetes_validate.ValidationError):
        _validate_kubernetes(wrong)


def test_kubernetes_and_the_image_agree() -> None:
    """User, port and the service's selector are those of the Dockerfile and the Deployment."""
    deployment, service = MANIFESTS
    dockerfile = (ROOT / "Dockerfile").read_text()
    pod = deployment["spec"]["template"]
    (container,) = pod["spec"]["containers"]
    user = pod["spec"]["securityContext"]
    (port,) = container["ports"]
    assert f"USER {user['runAsUser']}:{user['runAsGroup']}" in dockerfile
    assert f"EXPOSE {port['containerPort']}" in dockerfile
    assert service["spec"]["selector"] == pod["metadata"]["labels"]
    assert service["spec"]["ports"][0]["targetPort"] == port["name"]


def test_a_body_fits_into_the_memory_limit() -> None:
    """Beside the 76 MB that the service has; it takes 2.3 times its size (docs/settings.md)."""
    (service,) = yaml.safe_load(COMPOSE.read_text())["services"].values()
    (container,) = MANIFESTS[0]["spec"]["template"]["spec"]["containers"]
    settings = {each["name"]: each["value"] for each in container["env"]}
    assert service["mem_limit"] == "128m"
    assert container["resources"]["limits"]["memory"] == "128Mi"
    for body in (service["environment"]["MAX_BODY_BYTES"], settings["MAX_BODY_BYTES"]):
        assert 76e6 + 2.3 * int(body) < 128 * 2**20


def test_compose_and_the_image_agree() -> None:
    """Port, recipe and the folder of models are those of the Dockerfile."""
    (service,) = yaml.safe_load(COMPOSE.read_text())["services"].values()
    dockerfile = (ROOT / "Dockerfile").read_text()
    (port,), (volume,) = service["ports"], service["volumes"]
    assert f"EXPOSE {port.rpartition(':')[2]}" in dockerfile
    assert f"ARTIFACTS={volume.split(':')[1]} " in dockerfile
    assert f"ARG RECIPE={service['build']['args']['RECIPE']}" in dockerfile
    assert (COMPOSE.parent / service["build"]["context"] / "Dockerfile").exists()
