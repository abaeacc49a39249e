"""Tests of runtime.limits, with the files of every kind of control group."""

import os
from pathlib import Path

import pytest

from runtime.limits import cores, memory

V2 = "31 23 0:28 / /sys/fs/cgroup rw,relatime shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
V1 = (
    "30 23 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
    "31 23 0:28 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:9 - cgroup cgroup rw,cpu,cpuacct\n"
)
INSIDE = "31 23 0:28 /docker/1a2b /sys/fs/cgroup/cpu,cpuacct ro - cgroup cgroup rw,cpu,cpuacct\n"


def machine(root: Path, groups: str, mounts: str = "", **files: str) -> Path:
    """Write the files of a machine; those that are named belong to its groups."""
    contents = {"proc/self/cgroup": groups, "proc/self/mountinfo": mounts}
    contents |= {f"sys/fs/cgroup/{name}": text for name, text in files.items()}
    for name, text in contents.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@pytest.fixture(autouse=True)
def sixteen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the machine have 16 cores."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(16)), raising=False)


@pytest.mark.parametrize(
    ("quota", "expected"),
    [
        ("max 100000", 16),
        ("200000 100000", 2),
        ("250000 100000", 2),
        ("50000 100000", 1),
        ("6400000 100000", 16),
        ("", 16),
    ],
)
def test_version_2_has_quota_and_period_in_one_file(
    tmp_path: Path, quota: str, expected: int
) -> None:
    """Whole cores count, and there is one at least."""
    assert cores(machine(tmp_path, "0::/\n", V2, **{"cpu.max": f"{quota}\n"})) == expected


def test_the_tightest_group_above_counts(tmp_path: Path) -> None:
    """A pod's limit holds for its containers; a group without the file has none."""
    files = {"pod/a/cpu.max": "800000 100000", "pod/cpu.max": "300000 100000"}
    assert cores(machine(tmp_path, "0::/pod/a/b\n", V2, **files)) == 3


@pytest.mark.parametrize(("quota", "expected"), [("-1", 16), ("400000", 4)])
def test_version_1_has_two_files(tmp_path: Path, quota: str, expected: int) -> None:
    """In the folder of the controller, which may be mounted with another."""
    files = {"cpu.cfs_quota_us": f"{quota}\n", "cpu.cfs_period_us": "100000\n"}
    files = {f"cpu,cpuacct/service/{name}": text for name, text in files.items()}
    groups = "5:memory:/other\n4:cpu,cpuacct:/service\n1:name=systemd:/\n0::/\n"
    assert cores(machine(tmp_path, groups, V1, **files)) == expected


@pytest.mark.parametrize("path", ["/docker/1a2b", "/elsewhere"])
def test_a_container_sees_its_own_group_at_the_top(tmp_path: Path, path: str) -> None:
    """Though the path is the host's."""
    files = {"cpu,cpuacct/cpu.cfs_quota_us": "200000", "cpu,cpuacct/cpu.cfs_period_us": "100000"}
    assert cores(machine(tmp_path, f"4:cpu,cpuacct:{path}\n", INSIDE, **files)) == 2


def test_without_groups_the_cores_that_it_may_run_on_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `taskset` sets them, or all that there are."""
    assert cores(tmp_path) == 16
    assert cores(machine(tmp_path, "4:cpu:/\n0::/\n")) == 16
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    assert cores(tmp_path) == 8


@pytest.mark.parametrize(
    ("limit", "expected"), [("max", 2**23), ("1048576", 2**20), ("99999999999", 2**23)]
)
def test_memory_is_what_there_is_or_what_the_groups_may_take(
    tmp_path: Path, limit: str, expected: int
) -> None:
    """In version 2, in a file of its own."""
    root = machine(tmp_path, "0::/pod/a\n", V2, **{"pod/memory.max": f"{limit}\n"})
    (root / "proc/meminfo").write_text("MemTotal:        8192 kB\nMemFree:  12 kB\n")
    assert memory(root) == expected


def test_memory_of_version_1(tmp_path: Path) -> None:
    """Its folder is that of another controller; without a limit, the number is a huge one."""
    groups = "5:memory:/service\n4:cpu,cpuacct:/other\n"
    files = {
        "memory/service/memory.limit_in_bytes": "4096\n",
        "memory/memory.limit_in_bytes": "9223372036854771712\n",
    }
    assert memory(machine(tmp_path, groups, V1, **files)) == 4096


def test_memory_is_not_known_everywhere(tmp_path: Path) -> None:
    """On macOS there are no such files."""
    assert memory(tmp_path) is None


def test_this_machine_has_a_core_and_memory() -> None:
    """Its own files can be read."""
    assert 1 <= cores() <= 16
    assert (memory() or 0) > 2**27
