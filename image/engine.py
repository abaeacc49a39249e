"""The container engine of this machine: docker where its daemon answers, otherwise podman."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

CERTIFICATES = Path("/etc/ssl/certs")
PACKAGES = ("podman", "runc", "netavark", "iptables", "nftables")
"""Debian's podman and what it does not depend on, but needs to publish a port."""


class EngineError(Exception):
    """Something about containers that this machine cannot do, with what to do about it."""


@dataclass(frozen=True)
class Engine:
    """A command line that docker and podman share, with what each needs besides."""

    command: tuple[str, ...]
    build_options: tuple[str, ...] = ()
    run_options: tuple[str, ...] = ()

    def build(self, context: Path, *options: str) -> None:
        """Build the Dockerfile in `context`, showing what the engine says."""
        self.call("build", *self.build_options, *options, str(context))

    @contextmanager
    def running(self, image: str, *options: str, command: Sequence[str] = ()) -> Iterator[str]:
        """Run a container while the context lasts; yields its id."""
        started = self.ask("run", "--detach", *self.run_options, *options, image, *command)
        container = started.splitlines()[-1]
        try:
            yield container
        finally:
            self.ask("rm", "--force", container)

    def run(self, image: str, *arguments: str) -> str:
        """Run `image` to its end, and return what it printed."""
        return self.ask("run", "--rm", *self.run_options, image, *arguments)

    def call(self, *arguments: str) -> None:
        """Run the engine with its output shown. Raises EngineError where it fails."""
        if subprocess.run([*self.command, *arguments], check=False).returncode:
            raise EngineError(f"`{' '.join([*self.command, *arguments])}` failed; see above.")

    def ask(self, *arguments: str) -> str:
        """Run the engine and return what it prints. Raises EngineError where it fails."""
        line = [*self.command, *arguments]
        result = subprocess.run(line, capture_output=True, text=True, check=False)
        if result.returncode:
            raise EngineError(f"`{' '.join(line)}` failed: {result.stderr.strip()}")
        return result.stdout.strip()

    def has(self, image: str) -> bool:
        """Tell whether `image` is on this machine, or can be pulled to it."""
        for command in (["image", "inspect", image], ["pull", "--quiet", image]):
            line = [*self.command, *command]
            if subprocess.run(line, capture_output=True, check=False).returncode == 0:
                return True
        return False


def find() -> Engine:
    """Find an engine that works; on Debian, as root, install podman if there is none.

    Raises EngineError where there is no engine and none can be installed.
    """
    if _works("docker", "version"):
        return Engine(("docker",))
    if not shutil.which("podman"):
        install(*PACKAGES)
    runtime = ("--runtime", "runc") if shutil.which("runc") else ()
    build = ["--isolation=chroot", "--network=host", "--format=docker"]
    if CERTIFICATES.is_dir():  # pip in the build trusts what this machine trusts
        build += ["--volume", f"{CERTIFICATES}:{CERTIFICATES}:ro"]
    # Without these two podman asks for limits that a container itself may not set.
    limits = ("--ulimit", "nofile=1024:1024", "--ulimit", "nproc=4096:4096")
    # With --read-only it would give containers a /tmp and a /run to write to; docker does not.
    strict = ("--read-only-tmpfs=false",)
    return Engine(("podman", *runtime), tuple(build), limits + strict)


def install(*packages: str) -> None:
    """Install Debian packages. Raises EngineError where that is not possible."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise EngineError(
            f"Found neither a running docker nor {packages[0]}. Expected one of them; install "
            f"it, or on Debian run `apt-get install {' '.join(packages)}` as root."
        )
    print(f"Installing {', '.join(packages)}", flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
        line = ["apt-get", "--quiet=2", *command]
        if subprocess.run(line, check=False, env=quiet, stdout=subprocess.DEVNULL).returncode:
            raise EngineError(f"`{' '.join(line)}` failed; see above.")


def _works(*line: str) -> bool:
    if not shutil.which(line[0]):
        return False
    return subprocess.run(line, capture_output=True, check=False).returncode == 0
