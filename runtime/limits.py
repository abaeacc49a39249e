"""How many cores and how much memory this process may use: not what the machine has.

Cores are limited by three things: those that there are, those that it may run on (`taskset`,
Kubernetes' static policy), and the time that its control groups may take of them (`docker run
--cpus`, Kubernetes' `limits.cpu`), of version 1 or 2. Memory is limited by what there is, and by
what they may take of it (`docker run --memory`, `limits.memory`).
"""

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

_ROOT = Path("/")


def cores(root: Path = _ROOT) -> int:
    """Return the number of whole cores, at least 1; `root` is where `/proc` and `/sys` are.

    Parts of a core are left out: with a quota of 1.5, two busy threads would be held up for a
    quarter of the time.
    """
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, int(min([allowed or 1, *_quotas(root)])))


def memory(root: Path = _ROOT) -> int | None:
    """Return the bytes of memory; None on a system that does not say."""
    found = [1024 * int(line.split()[1]) for line in _lines(root / "proc/meminfo")[:1]]
    for group, version in _groups(root, "memory"):
        name = "memory.limit_in_bytes" if version == 1 else "memory.max"
        found += [int(line) for line in _lines(group / name) if line.isdigit()]
    return min(found, default=None)


def _quotas(root: Path) -> Iterator[float]:
    """Yield the quota of each control group that this process is in, in cores."""
    for group, version in _groups(root, "cpu"):
        quota = _quota(group, version)
        if quota is not None:
            yield quota


def _groups(root: Path, controller: str) -> Iterator[tuple[Path, int]]:
    """Yield the folder and the version of each control group that this process is in."""
    for line in _lines(root / "proc/self/cgroup"):
        _, names, path = line.split(":", 2)
        version = 1 if names else 2
        mount = _mount(root, controller, version)
        if mount is not None and (version == 2 or controller in names.split(",")):
            point, mounted = mount
            for group in _ancestors(PurePosixPath(path), mounted):
                yield root / point / group, version


def _mount(root: Path, controller: str, version: int) -> tuple[str, PurePosixPath] | None:
    """Return where groups are mounted, relative to `/`, and which of them stands there.

    proc(5) describes the fields.
    """
    for line in _lines(root / "proc/self/mountinfo"):
        mount, _, kind = line.partition(" - ")
        system, _, options = kind.split(" ", 2)
        wanted = version == 2 or controller in options.split(",")
        if system == ("cgroup" if version == 1 else "cgroup2") and wanted:
            _, _, _, top, point, *_ = mount.split(" ")
            return point.lstrip("/"), PurePosixPath(top)
    return None


def _ancestors(path: PurePosixPath, mounted: PurePosixPath) -> Iterator[PurePosixPath]:
    """Yield a group and all above it that are mounted, relative to where they are.

    In a container whose groups have no name space of their own, the path is the host's, and
    what is mounted is the container's group itself.
    """
    relative = path.relative_to(mounted if path.is_relative_to(mounted) else path)
    yield relative
    yield from relative.parents


def _quota(group: Path, version: int) -> float | None:
    """Return the cores that a group may use; None where it has no limit."""
    if version == 1:
        quota = _lines(group / "cpu.cfs_quota_us")
        period = _lines(group / "cpu.cfs_period_us")
        fields = [*quota, *period]
    else:
        fields = " ".join(_lines(group / "cpu.max")).split()
    if len(fields) != 2 or fields[0] in ("max", "-1"):
        return None
    return int(fields[0]) / int(fields[1])


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
