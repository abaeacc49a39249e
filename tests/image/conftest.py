"""What the image's tests share. `make image` builds the image and runs them.

They are no part of a plain `pytest`: they need a container engine and an image.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from image.engine import Engine, find
from tests.image.containers import IMAGE, RESTRICTED, Service

Start = Callable[..., Service]


@pytest.fixture(scope="session")
def engine() -> Engine:
    """Find this machine's docker or podman."""
    return find()


@pytest.fixture(scope="module")
def start(engine: Engine) -> Iterator[Start]:
    """Start containers with options of the test's own, until its module ends."""
    with ExitStack() as stack:

        def run(*options: str, image: str = IMAGE) -> Service:
            published = ("--publish", "127.0.0.1::8000")
            container = stack.enter_context(engine.running(image, *published, *options))
            address = engine.ask("port", container, "8000")
            service = Service(engine, container, int(address.rpartition(":")[2]))
            service.wait()
            return service

        yield run


@pytest.fixture(scope="module", params=["port", "socket"])
def service(
    request: pytest.FixtureRequest,
    engine: Engine,
    start: Start,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Service]:
    """A container under every restriction at once, reached through a port.

    And another without any network, reached through a Unix socket in a folder of the host's.
    """
    if request.param == "port":
        yield start(*RESTRICTED)
        return
    folder = tmp_path_factory.mktemp("socket")
    folder.chmod(0o777)  # the service's user is none of the host's
    options = (f"--volume={folder}:/run/skiff", "--env=UNIX_SOCKET=/run/skiff/skiff.sock")
    with engine.running(IMAGE, *RESTRICTED, "--network=none", *options) as container:
        service = Service(engine, container, folder / "skiff.sock")
        service.wait()
        yield service


@pytest.fixture(scope="session")
def flower() -> dict[str, float]:
    """The README's request."""
    return {"feature1": 5.1, "feature2": 3.5, "feature3": 1.4, "feature4": 0.2}
