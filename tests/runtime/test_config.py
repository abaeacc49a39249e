"""Tests of runtime.config."""

from pathlib import Path

import pytest

from runtime import config
from runtime.config import Settings, table
from runtime.errors import ConfigError

DOCS = Path(__file__).parents[2] / "docs" / "settings.md"


def test_without_any_variable_every_setting_has_its_default() -> None:
    """The defaults serve on this machine alone."""
    assert Settings.read({}) == Settings(
        host="127.0.0.1",
        port=8000,
        unix_socket=None,
        workers=1,
        artifacts=Path("artifacts"),
        fallback_artifacts=None,
        default_model=None,
        unknown_fields="reject",
        max_body_bytes=64 * 2**20,
        threads=1,
        batching="auto",
        keep_alive=75,
        log_level="info",
        log_format="json",
        shutdown_timeout=25,
    )


def test_every_setting_can_be_set() -> None:
    """Other variables are none of ours."""
    environ = {
        "HOST": "0.0.0.0",  # noqa: S104 - no socket is bound
        "PORT": "9000",
        "UNIX_SOCKET": "/run/skiff.sock",
        "WORKERS": "2",
        "ARTIFACTS": "/models",
        "FALLBACK_ARTIFACTS": "/baked",
        "DEFAULT_MODEL": "iris",
        "UNKNOWN_FIELDS": "Ignore",
        "MAX_BODY_BYTES": "1000",
        "THREADS": "4",
        "BATCHING": "off",
        "KEEP_ALIVE": "620",
        "LOG_LEVEL": "WARNING",
        "LOG_FORMAT": "text",
        "SHUTDOWN_TIMEOUT": "0",
    }
    assert list(environ) == [setting.name for setting in table()]
    assert Settings.read({**environ, "PATH": "/bin"}) == Settings(
        host="0.0.0.0",  # noqa: S104 - as above
        port=9000,
        unix_socket=Path("/run/skiff.sock"),
        workers=2,
        artifacts=Path("/models"),
        fallback_artifacts=Path("/baked"),
        default_model="iris",
        unknown_fields="ignore",
        max_body_bytes=1000,
        threads=4,
        batching="off",
        keep_alive=620,
        log_level="warning",
        log_format="text",
        shutdown_timeout=0,
    )


def test_an_empty_variable_counts_as_none() -> None:
    """Composing tools set empty variables for those that are not given."""
    assert Settings.read(dict.fromkeys((each.name for each in table()), "")) == Settings.read({})


@pytest.mark.parametrize(
    ("environ", "workers", "threads"),
    [
        ({"WORKERS": "auto"}, 6, 1),
        ({"THREADS": "Auto"}, 1, 6),
        ({"WORKERS": "4", "THREADS": "auto"}, 4, 1),
        ({"WORKERS": "2", "THREADS": "auto"}, 2, 3),
        ({"WORKERS": "AUTO", "THREADS": "auto"}, 6, 1),
        ({"WORKERS": "8", "THREADS": "auto"}, 8, 1),
    ],
)
def test_workers_share_the_cores_that_there_are(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], workers: int, threads: int
) -> None:
    """Not those of the machine, but those that the service may use."""
    monkeypatch.setattr(config, "cores", lambda: 6)
    settings = Settings.read(environ)
    assert (settings.workers, settings.threads) == (workers, threads)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("PORT", "http", "a whole number from 0 to 65535"),
        ("PORT", "65536", "a whole number from 0 to 65535"),
        ("PORT", "-1", "a whole number from 0 to 65535"),
        ("PORT", "80.0", "a whole number from 0 to 65535"),
        ("PORT", "٣", "a whole number from 0 to 65535"),
        ("PORT", "9" * 5000, "a whole number from 0 to 65535"),
        ("WORKERS", "0", "a whole number from 1 to 1024, or auto"),
        ("THREADS", "all", "a whole number from 1 to 1024, or auto"),
        ("BATCHING", "on", "one of auto, off"),
        ("KEEP_ALIVE", "0", "a whole number from 1 to 3600"),
        ("UNKNOWN_FIELDS", "drop", "one of reject, ignore"),
        ("LOG_LEVEL", "loud", "one of debug, info, warning, error, critical"),
    ],
)
def test_a_value_of_no_use_is_refused(name: str, value: str, expected: str) -> None:
    """The message has the name, the value and what was expected."""
    with pytest.raises(ConfigError) as caught:
        Settings.read({name: value})
    assert str(caught.value) == f"{name} has the value {value!r}; expected {expected}."


def test_the_documentation_lists_every_setting() -> None:
    """The table in docs/settings.md is the table of the code."""
    rows = [
        f"| `{each.name}` | {f'`{each.default}`' if each.default else ''} "
        f"| {each.expected} | {each.purpose} |"
        for each in table()
    ]
    listed = [line for line in DOCS.read_text().splitlines() if line.startswith("| `")]
    assert listed == rows
