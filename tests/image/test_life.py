"""The container's life: its user, its mounts, its end."""

import http.client
import json
import re
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from image.engine import Engine
from tests.image.conftest import Start
from tests.image.containers import IMAGE, RESTRICTED, Service

PYTHON = ("/opt/skiff/bin/python3", "-I", "-S", "-c")


def _artifacts(engine: Engine, folder: Path) -> Path:
    """Copy the baked-in artifacts out of the image."""
    container = engine.ask("create", IMAGE)
    engine.ask("cp", f"{container}:/opt/skiff/artifacts", str(folder / "artifacts"))
    engine.ask("rm", container)
    return folder / "artifacts"


def test_the_user_is_a_number_and_not_root(service: Service) -> None:
    """Kubernetes' runAsNonRoot can tell."""
    assert (
        service.engine.ask("exec", service.container, *PYTHON, "import os; print(os.getuid())")
        == "65532"
    )
    user = service.engine.ask("image", "inspect", "--format", "{{.Config.User}}", IMAGE)
    assert user == "65532:65532"


def test_it_works_without_a_network(engine: Engine, flower: dict[str, float]) -> None:
    """Without any network the service starts and answers on its loopback interface."""
    ask = (
        "import http.client, sys, time\n"
        "for _ in range(3000):\n"
        "    try:\n"
        "        c = http.client.HTTPConnection('127.0.0.1', 8000)\n"
        f"        c.request('POST', '/predict', {json.dumps(json.dumps(flower))}, "
        "{'content-type': 'application/json'})\n"
        "        break\n"
        "    except OSError:\n"
        "        time.sleep(0.01)\n"
        "print(c.getresponse().read().decode())\n"
    )
    with engine.running(IMAGE, *RESTRICTED, "--network=none") as container:
        answer = json.loads(engine.ask("exec", container, *PYTHON, ask))
    assert answer["prediction"] == 0


def test_a_mounted_model_is_served(engine: Engine, start: Start, tmp_path: Path) -> None:
    """Another model is served from /artifacts without a new image."""
    folder = _artifacts(engine, tmp_path)
    (folder / "iris").rename(folder / "flowers")
    service = start(*RESTRICTED, f"--volume={folder}:/artifacts:ro")
    assert service.json("GET", "/readyz")[1]["models"][0]["name"] == "flowers"
    assert "in place of" not in service.logs()


@pytest.mark.parametrize("kind", ["empty", "broken"])
def test_a_mount_without_a_sound_model_falls_back(
    engine: Engine, start: Start, tmp_path: Path, flower: dict[str, float], kind: str
) -> None:
    """The model that is baked in is served instead, and the log and /readyz say so."""
    folder = tmp_path / "mounted"
    folder.mkdir()
    if kind == "broken":
        shutil.move(_artifacts(engine, tmp_path), folder / "moved")
        shutil.move(folder / "moved" / "iris", folder / "iris")
        model = folder / "iris/1/model.onnx"
        model.write_bytes(model.read_bytes()[:-100])
    service = start(*RESTRICTED, f"--volume={folder}:/artifacts:ro")
    assert service.json("POST", "/predict", flower)[0] == 200
    assert "Serving from /opt/skiff/artifacts in place of /artifacts." in service.logs()
    status, ready = service.json("GET", "/readyz")
    assert status == 200
    assert ready["models"][0]["name"] == "iris"
    assert "/artifacts" in ready["instead_of"]["reason"]


def test_sigterm_loses_no_request(start: Start, flower: dict[str, float]) -> None:
    """Process 1 sends every answer that it began to compute, closes the rest, and exits with 0."""
    service = start(*RESTRICTED)
    stopping = threading.Event()
    answered: list[int] = []

    def ask() -> None:
        while True:
            try:
                answered.append(service.request("POST", "/predict", [flower] * 200)[0])
            except (ConnectionRefusedError, ConnectionResetError, http.client.RemoteDisconnected):
                if stopping.is_set():  # a connection that the service never took
                    return
                raise

    with ThreadPoolExecutor(4) as pool:
        clients = [pool.submit(ask) for _ in range(4)]
        while len(answered) < 20:
            service.request("GET", "/livez")
        stopping.set()
        service.engine.ask("stop", "-t", "20", service.container)
        for client in clients:
            client.result()
    state = service.engine.ask("inspect", "--format", "{{.State.ExitCode}}", service.container)
    logged = [json.loads(line) for line in service.logs().splitlines()]
    assert state == "0"
    assert set(answered) == {200}
    assert len(answered) == sum(line.get("path") == "/predict" for line in logged)


def test_the_health_check_needs_no_curl(service: Service) -> None:
    """The image's own check passes in the running container."""
    line = service.engine.ask(
        "image", "inspect", "--format", "{{json .Config.Healthcheck.Test}}", IMAGE
    )
    kind, *command = json.loads(line)
    assert kind == "CMD"
    assert service.engine.ask("exec", service.container, *command) == ""


def test_several_workers_need_no_more_than_a_tmp(start: Start, flower: dict[str, float]) -> None:
    """Two processes serve, and count their requests together below /tmp."""
    roomier = [option for option in RESTRICTED if not option.startswith("--memory")]
    service = start(*roomier, "--memory=256m", "--tmpfs=/tmp", "--env=WORKERS=2")
    for _ in range(20):
        assert service.json("POST", "/predict", flower)[0] == 200
    _, _, metrics = service.request("GET", "/metrics")
    counts = re.findall(r'requests_total\{.*"/predict".*\} ([\d.]+)', metrics.decode())
    assert [float(count) for count in counts] == [20.0]
