"""The container's life: its user, its mounts, its end."""

import json
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from image.engine import Engine
from tests.image.conftest import Start
from tests.image.containers import CHECKED_OFTEN, IMAGE, RESTRICTED, Service, health

PYTHON = ("/opt/skiff/bin/python3", "-I", "-S", "-c")
FACTS = """
from pathlib import Path
status = Path("/proc/1/status").read_text().splitlines()
print(*(line.split()[1] for line in status if line.startswith("Cap")))
print(*(line for line in status if line.startswith("NoNewPrivs")))
(root,) = (line for line in Path("/proc/mounts").read_text().splitlines() if " / " in line)
print(root.split()[3])
limits = map(Path, ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"))
print(next(path.read_text() for path in limits if path.exists()))
"""
"""What the kernel says of process 1, of the file system and of the memory."""


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


def test_the_restrictions_are_in_force(service: Service) -> None:
    """The kernel says so: no capability, no new privileges, no file to be written, a limit."""
    facts = service.engine.ask("exec", service.container, *PYTHON, FACTS)
    capabilities, privileges, mount, memory = facts.splitlines()
    assert set(capabilities.split()) == {"0" * 16}
    assert privileges.split() == ["NoNewPrivs:", "1"]
    assert mount.split(",")[0] == "ro"
    assert int(memory) == 128 << 20


def test_without_a_network_there_is_a_loopback_interface_alone(
    engine: Engine,
) -> None:
    """Without a network or a socket, too, the service answers whoever is in the container."""
    with engine.running(IMAGE, *RESTRICTED, "--network=none", *CHECKED_OFTEN) as container:
        assert health(engine, container) == "healthy"
        listed = "import socket; print(*(name for _, name in socket.if_nameindex()))"
        assert engine.ask("exec", container, *PYTHON, listed) == "lo"


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


def test_sigterm_under_load_loses_nothing(start: Start, flower: dict[str, float]) -> None:
    """Process 1 answers every request, tells its clients to leave, and exits with 0."""
    service = start(*RESTRICTED)
    body = json.dumps([flower] * 200)
    answered: list[int] = []

    def ask_until_told_to_leave() -> None:
        with closing(service.connect()) as connection:
            while True:
                connection.request("POST", "/predict", body, {"content-type": "application/json"})
                response = connection.getresponse()
                response.read()
                answered.append(response.status)
                if response.will_close:
                    return

    with ThreadPoolExecutor(4) as pool:
        clients = [pool.submit(ask_until_told_to_leave) for _ in range(4)]
        while len(answered) < 20:
            service.request("GET", "/livez")
        service.engine.ask("stop", "-t", "20", service.container)
        for client in clients:
            client.result()
    state = service.engine.ask("inspect", "--format", "{{.State.ExitCode}}", service.container)
    logged = [json.loads(line) for line in service.logs().splitlines()]
    assert state == "0"
    assert set(answered) == {200}
    assert len(answered) == sum(line.get("path") == "/predict" for line in logged)


def test_the_health_check_passes(service: Service) -> None:
    """The image's own check, which needs no curl, finds the service wherever it listens."""
    assert health(service.engine, service.container) == "healthy"


def test_the_health_check_fails_where_nothing_listens(engine: Engine) -> None:
    """A process that serves nothing is unhealthy."""
    python, *options = PYTHON
    idle = (f"--entrypoint={python}", *RESTRICTED, *CHECKED_OFTEN)
    command = [*options, "import time; time.sleep(600)"]
    with engine.running(IMAGE, *idle, command=command) as container:
        assert health(engine, container) == "unhealthy"


def test_several_workers_need_no_more_than_a_tmp(start: Start, flower: dict[str, float]) -> None:
    """Two processes serve, and count their requests together below /tmp."""
    roomier = [option for option in RESTRICTED if not option.startswith("--memory")]
    service = start(*roomier, "--memory=256m", "--tmpfs=/tmp", "--env=WORKERS=2")
    for _ in range(20):
        assert service.json("POST", "/predict", flower)[0] == 200
    _, _, metrics = service.request("GET", "/metrics")
    counts = re.findall(r'requests_total\{.*"/predict".*\} ([\d.]+)', metrics.decode())
    assert [float(count) for count in counts] == [20.0]
