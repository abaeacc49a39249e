"""What languages say of artifacts: read from their lines, judged, and shown as one table.

Must not know how a language is built or run.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from examples.languages import RELATIVE, Language

ULP = 4

_LINE = re.compile(
    r"(?P<artifact>.+?): (?:(?P<problem>(?:lacks|fails:) .+)|(?P<rows>\d+) rows, "
    r"(?P<labels>\d+) label mismatches, (?P<ulp>\d+|Infinity) ulp, (?P<relative>\S+) relative: "
    r"(?P<says>agrees|DISAGREES))"
)


@dataclass(frozen=True)
class Replayed:
    """What one language said of one artifact."""

    artifact: str
    rows: int = 0
    label_mismatches: int = 0
    ulp: float = 0.0
    relative: float = 0.0
    agrees: bool = True
    problem: str | None = None
    """What an engine lacks, or how it fails, in place of numbers."""

    @property
    def lacks(self) -> bool:
        """Whether the engine cannot be expected to answer."""
        return self.problem is not None and self.problem.startswith("lacks ")


def read(output: str) -> list[Replayed]:
    """Read the lines that a language's replay printed; other lines are not its verdicts."""
    found = []
    for line in output.splitlines():
        if match := _LINE.fullmatch(line.strip()):
            if match["problem"]:
                found.append(Replayed(match["artifact"], problem=match["problem"]))
                continue
            numbers = int(match["rows"]), int(match["labels"]), float(match["ulp"])
            agrees = match["says"] == "agrees"
            found.append(Replayed(match["artifact"], *numbers, float(match["relative"]), agrees))
    return found


def failure(found: Replayed, service: Replayed, native: bool) -> str | None:
    """Say why an answer is not good enough, compared with the service's; None if it is."""
    if found.problem:
        return None if found.lacks else found.problem
    if found.rows != service.rows:
        return f"replayed {found.rows} rows of {service.rows}"
    if not found.agrees or found.label_mismatches:
        return "does not answer as scikit-learn did"
    if native and found.ulp > service.ulp + ULP:
        return f"is {found.ulp:g} ulp off; the service is {service.ulp:g} off"
    if not native and found.relative > service.relative + RELATIVE:
        return f"is {found.relative:.1e} off; the service is {service.relative:.1e} off"
    return None


def table(results: Sequence[tuple[Language, list[Replayed]]]) -> str:
    """Return the table: language x artifact, rows, label mismatches, greatest difference."""
    heads = ("language", "artifact", "rows", "label mismatches", "ulp", "relative")
    lines = [heads]
    for language, found in results:
        for each in sorted(found, key=lambda replayed: replayed.artifact):
            numbers = (
                (each.problem, "", "", "")
                if each.problem
                else (
                    str(each.rows),
                    str(each.label_mismatches),
                    f"{each.ulp:g}",
                    f"{each.relative:.1e}",
                )
            )
            lines.append((language.name, each.artifact, *numbers))
    widths = [
        max(len(line[column]) for line in lines if column != 2 or line[3])
        for column in range(len(heads))
    ]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
