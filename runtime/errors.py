"""The service's errors. Each takes data and composes its own message.

    ServiceError
    ├── ConfigError          a setting has a value that cannot be used
    ├── ArtifactError        a file that is not a sound artifact
    │   ├── FormatError      written in a format this version does not read
    │   └── SelfCheckError   loads, but does not answer as scikit-learn did
    ├── ModelNotFoundError   no such model or version in the repository
    ├── MalformedError       a request's body that is not JSON
    └── PayloadError         a request whose records do not fit the signature

Knows nothing of HTTP: `runtime.app` maps each of them to a status.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


class ServiceError(Exception):
    """Anything that `runtime` refuses, with a message for the person who can mend it."""


class ConfigError(ServiceError):
    """A setting whose value cannot be used."""

    def __init__(self, name: str, value: object, expected: str) -> None:
        super().__init__(f"{name} has the value {value!r}; expected {expected}.")
        self.name = name


class ArtifactError(ServiceError):
    """A file that is not a sound artifact: missing, truncated, changed or foreign."""

    def __init__(self, path: Path | str, problem: str) -> None:
        super().__init__(f"{path}: {problem}")
        self.path = Path(path)
        self.problem = problem


class FormatError(ArtifactError):
    """An artifact of a format that this version of the runtime does not read."""

    def __init__(self, path: Path | str, found: int, supported: int) -> None:
        super().__init__(
            path,
            f"the artifact has format {found}; this runtime reads format {supported}. "
            + (
                "Serve it with a newer runtime." if found > supported else "Export the model again."
            ),
        )
        self.found = found


class SelfCheckError(ArtifactError):
    """A model that loads, but does not answer its golden rows as scikit-learn did."""


class ModelNotFoundError(ServiceError):
    """No such model, or no such version of it."""

    def __init__(self, name: str | None, version: int | None, available: Sequence[str]) -> None:
        wanted = "a default model" if name is None else f"model {name!r}"
        if version is not None:
            wanted += f", version {version}"
        names = ", ".join(available) if available else "none"
        super().__init__(f"There is no {wanted}. Available: {names}.")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a payload: where, what was expected, what came."""

    path: str
    expected: str
    received: str
    hint: str | None = None

    def __str__(self) -> str:
        hint = f" {self.hint}" if self.hint else ""
        return f"Expected {self.expected}, got {self.received} - at `{self.path}`.{hint}"


class MalformedError(ServiceError):
    """A body that is not JSON; `position` counts bytes, where it is known."""

    def __init__(self, problem: str, position: int | None, hint: str | None = None) -> None:
        where = "" if position is None else f" at byte {position}"
        advice = f" {hint}" if hint else ""
        super().__init__(f"The body cannot be read as JSON{where}: {problem}.{advice}")
        self.position = position


class PayloadError(ServiceError):
    """Records that do not fit the signature, with every problem found."""

    def __init__(self, problems: Sequence[Problem], more: int = 0) -> None:
        self.problems = tuple(problems)
        self.more = more
        tail = f" (and {more} more)" if more else ""
        super().__init__(" ".join(map(str, self.problems)) + tail)
