"""The service's errors. Each takes data and composes its own message.

    ServiceError
    ├── ConfigError          a setting has a value that cannot be used
    ├── NoModelError         nothing to serve, and no way to make it here
    ├── ArtifactError        a file that is not a sound artifact
    │   ├── FormatError      written in a format this version does not read
    │   └── SelfCheckError   loads, but does not answer as scikit-learn did
    ├── ModelNotFoundError   no such model or version in the repository
    ├── MalformedError       a request's body that is not JSON, or what else it should be
    ├── TooLongError         a line of a stream that is longer than a body may be
    ├── TooManyError         a list of more records than there is room for
    └── PayloadError         a request whose records do not fit the signature

Knows nothing of HTTP: `runtime.contracts.problems` maps each of them to a status.
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


class NoModelError(ServiceError):
    """Nothing to serve, and nothing here that could make it."""

    def __init__(self, folder: Path, reason: str | None = None) -> None:
        super().__init__(
            f"There is no model in {folder}{f', and {reason}' if reason else ''}. To make one, run "
            f"`python -m export --out {folder}` where requirements-build.txt is installed, "
            "or set ARTIFACTS to a folder that holds <name>/<version>/model.onnx."
        )


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
    """No such model, or no such version of it; `name` is None for the default model."""

    def __init__(self, name: str | None, version: str | None, available: Sequence[str]) -> None:
        listed = f"Available: {', '.join(available)}." if available else "There are none at all."
        if name is None and available:
            problem = "There are several models and no default one: name one, or set DEFAULT_MODEL."
        elif name is None:
            problem = "There is no model to serve."
        elif version is None:
            problem = f"There is no model {name!r}."
        else:
            problem = f"There is no version {version!r} of the model {name!r}."
        super().__init__(f"{problem} {listed}")


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
    """What is not of the form that it should have; `position` counts bytes, where it is known."""

    def __init__(
        self, problem: str, position: int | None, hint: str | None = None, form: str = "JSON"
    ) -> None:
        self.position = position
        where = "" if position is None else f" at byte {position}"
        advice = f" {hint}" if hint else ""
        self._rest = f"cannot be read as {form}{where}: {problem}.{advice}"
        super().__init__(self.of("The body"))

    def of(self, what: str) -> str:
        """Return the message, with a name for what is malformed."""
        return f"{what} {self._rest}"


class TooLongError(ServiceError):
    """A line or a message of a stream that is longer than a body may be."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__(self.of("It"))

    def of(self, what: str) -> str:
        """Return the message, with a name for what is too long."""
        return f"{what} is longer than {self.limit} bytes (MAX_BODY_BYTES)."


class TooManyError(ServiceError):
    """A list of so many records that, with the fields that they leave out, there is no room."""

    def __init__(self, most: int, fields: int) -> None:
        super().__init__(
            f"The list has more than {most} records, which of {fields} fields each, those that "
            "are left out among them, is all that MAX_BODY_BYTES allows. Send several lists, or "
            "a stream."
        )


class PayloadError(ServiceError):
    """Records that do not fit the signature, with every problem, or the first of `more`."""

    def __init__(self, problems: Sequence[Problem], *, more: bool = False) -> None:
        self.problems = tuple(problems)
        self.more = more
        super().__init__(" ".join(map(str, self.problems)) + (" (and more)" if more else ""))

    def of(self, what: str) -> str:
        """Return how many problems there are, with a name for what has them."""
        count = len(self.problems)
        if self.more:
            return f"{what} has more than {count} problems; the first are in `errors`."
        return f"{what} has {count} problem{'s' if count > 1 else ''}; see `errors`."
