"""The models on disk, `<folder>/<name>/<version>/model.onnx`, and which of them are served.

Of each name the newest version that passes its self-check is served; newer ones that fail
are remembered with the reason. Older versions are loaded when they are first asked for.
The folder is listed once, at the start.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from runtime.artifact import find_models
from runtime.errors import ArtifactError, ModelNotFoundError, NoModelError, ServiceError
from runtime.predictor import Predictor

_log = logging.getLogger(__name__)

Load = Callable[[Path], Predictor]


@dataclass(slots=True)
class Entry:
    """One model's versions: where they are, which is served, and which failed, and why."""

    name: str
    paths: Mapping[int, Path]
    """Newest first."""
    served: int | None = None
    loaded: dict[int, Predictor] = field(default_factory=dict)
    failed: dict[int, ArtifactError] = field(default_factory=dict)


class Repository:
    """The models of one folder. Thread-safe once it is open."""

    def __init__(self, folder: Path, load: Load, default: str | None = None) -> None:
        self.folder = folder
        self.instead_of: Repository | None = None
        """The repository that this one stands in for, where nothing in it can be served."""
        self._entries = {name: Entry(name, paths) for name, paths in find_models(folder).items()}
        self._load = load
        self._lock = threading.Lock()
        names = list(self._entries)
        self.default = default or (names[0] if len(names) == 1 else None)
        for entry in self._entries.values():
            self._serve_newest(entry)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Every model, in the order of the names."""
        return tuple(self._entries.values())

    @property
    def ready(self) -> bool:
        """Whether there is something to serve: the default model or, without one, any."""
        return self.obstacle is None

    @property
    def obstacle(self) -> ServiceError | None:
        """What keeps the repository from being ready."""
        try:
            self._locate(None, None)
        except ServiceError as error:
            if self.default is None and any(entry.served for entry in self.entries):
                return None
            return error
        return None

    def find(self, name: str | None = None, version: str | None = None) -> Predictor | None:
        """Return a model that is in memory, or None for a version that `load` must fetch.

        Without a name it is the default model, without a version the one that is served.
        Raises ModelNotFoundError, or ArtifactError for a model of which no version is sound.
        """
        entry, number = self._locate(name, version)
        return entry.loaded.get(number)

    def load(self, name: str, version: str) -> Predictor:
        """Return a model, loading it on its first use; this can take seconds.

        Raises ModelNotFoundError, or ArtifactError where the version is not sound.
        """
        entry, number = self._locate(name, version)
        with self._lock:
            self._try(entry, number)
        if number in entry.failed:
            raise entry.failed[number]
        return entry.loaded[number]

    def _locate(self, name: str | None, version: str | None) -> tuple[Entry, int]:
        wanted = self.default if name is None else name
        entry = None if wanted is None else self._entries.get(wanted)
        if entry is None:
            if name is None and not self._entries:
                raise NoModelError(self.folder)
            raise ModelNotFoundError(wanted, None, list(self._entries))
        if version is None:
            if entry.served is None:
                raise next(iter(entry.failed.values()))
            return entry, entry.served
        for number in entry.paths:
            if str(number) == version:
                return entry, number
        raise ModelNotFoundError(entry.name, version, [str(number) for number in entry.paths])

    def _serve_newest(self, entry: Entry) -> None:
        for number in entry.paths:
            self._try(entry, number)
            if number in entry.loaded:
                entry.served = number
                return

    def _try(self, entry: Entry, number: int) -> None:
        if number in entry.loaded or number in entry.failed:
            return
        try:
            entry.loaded[number] = self._load(entry.paths[number])
        except ArtifactError as error:
            entry.failed[number] = error
            _log.error("Model %s, version %d, is not served. %s", entry.name, number, error)
        else:
            _log.info("Model %s, version %d, has passed its self-check.", entry.name, number)


def open_repository(
    folder: Path, fallback: Path | None, load: Load, default: str | None = None
) -> Repository:
    """Open `folder`; where nothing in it can be served, open `fallback` in its place."""
    repository = Repository(folder, load, default)
    if fallback is None or repository.ready:
        return repository
    spare = Repository(fallback, load, default)
    if not spare.ready:
        return repository
    spare.instead_of = repository
    _log.warning("Serving from %s in place of %s. %s", fallback, folder, repository.obstacle)
    return spare
