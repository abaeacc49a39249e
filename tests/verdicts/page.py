"""docs/estimators.md: written from outcomes, and read back into them."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path

from tests.verdicts.cases import Key
from tests.verdicts.outcome import VERDICTS, Outcome, greatest, others

PAGE = Path(__file__).parents[2] / "docs" / "estimators.md"
_ROW = re.compile(r"^\| (.+) \| (.*) \| (.+) \| (.+) \| (.+) \|$")
_CASES = "\n## Every case\n"

_INTRODUCTION = """\
# Every estimator of scikit-learn {version}

What becomes of each when it is exported. `make verdicts` writes this page: it fits every
estimator on small, real data, with its defaults and with the settings that change what it
computes, exports it as a user would, and notes what the export's own comparison with
scikit-learn found, on up to {rows:,} rows each. `tests/verdicts/` holds the cases; the tests
compare the page with them, and measure one case of every estimator anew, which the text of this
page draws.

| verdict | what it says | estimators |
| --- | --- | --- |
| exact | no bit of any answer differs | {exact} |
| within 4 ulp | labels and scores are exact; an exponential of an exact score, whose last bits no \
two libraries share, differs by 4 units in the last place at most | {four} |
| within 1e-12 | no label differs, and no number by more than that, relative to it or, where it \
is smaller, to the greatest that this output had on held-out rows | {within} |
| refused | it does not convert; the message says what to use instead | {refused} |

An estimator's verdict is that of the first of its cases, the usual one; that of an ensemble or
another estimator around others depends on those. Of {answering} estimators that answer new rows,
{converting} convert ({share:.1%}).
"""
_LEGEND = """\
`make verdicts` measured each on three quarters of the data, with the greatest relative
difference that it found and over how many rows; `random_state` and the limits of iterations
are not shown.
"""


def render(outcomes: Sequence[Outcome], unanswering: Mapping[str, str], version: str) -> str:
    """Return the page. The outcomes of each estimator stand together, the usual case first."""
    grouped = _grouped(outcomes)
    verdicts = {name: each[0].verdict for name, each in grouped.items()}
    count = Counter(verdicts.values())
    converting = len(grouped) - count["refused"]
    introduction = _INTRODUCTION.format(
        version=version,
        rows=max(outcome.rows for outcome in outcomes),
        **dict(
            zip(("exact", "four", "within", "refused"), (count[v] for v in VERDICTS), strict=True)
        ),
        answering=len(grouped),
        converting=converting,
        share=converting / len(grouped),
    )
    return "\n".join(
        [
            introduction,
            "## Estimators\n",
            _table(
                ["estimator", "verdict", "greatest difference", "with other settings"],
                [
                    [
                        name,
                        verdicts[name],
                        greatest(each) or "-",
                        others(each) or "-",
                    ]
                    for name, each in grouped.items()
                ],
            ),
            "## No table of new rows\n",
            _table(
                ["why", "estimators"],
                [
                    [reason, ", ".join(sorted(names))]
                    for reason, names in _by_reason(unanswering).items()
                ],
            ),
            _CASES.lstrip("\n"),
            _LEGEND,
            _table(
                ["estimator", "settings", "data", "verdict", "measured, or why not"],
                [_cells(each) for group in grouped.values() for each in group],
            ),
        ]
    )


def parse(page: str) -> list[Outcome]:
    """Return the outcomes that a page lists, in its order."""
    outcomes = []
    for line in page.split(_CASES)[1].splitlines():
        cells = _ROW.match(line)
        if not cells or cells[3] in ("data", "---"):
            continue
        subject, settings, data, verdict, measured = cells.groups()
        plain = "" if settings == "default" else settings.strip("`").replace("\\|", "|")
        key = Key(subject, plain, data)
        found, _, rows = measured.partition(" over ")
        if verdict == "refused":
            outcomes.append(Outcome(key, verdict, measured))
        else:
            count = int(rows.removesuffix(" rows").replace(",", ""))
            outcomes.append(Outcome(key, verdict, found, count))
    return outcomes


def _grouped(outcomes: Sequence[Outcome]) -> dict[str, list[Outcome]]:
    ordered = sorted(outcomes, key=lambda each: each.key.subject)
    return {name: list(each) for name, each in groupby(ordered, lambda each: each.key.subject)}


def _by_reason(unanswering: Mapping[str, str]) -> dict[str, list[str]]:
    reasons: dict[str, list[str]] = {}
    for name, reason in unanswering.items():
        reasons.setdefault(reason, []).append(name)
    return reasons


def _cells(outcome: Outcome) -> list[str]:
    key = outcome.key
    settings = f"`{key.settings}`".replace("|", "\\|") if key.settings else "default"
    refused = outcome.verdict == "refused"
    measured = outcome.found if refused else f"{outcome.found} over {outcome.rows:,} rows"
    return [key.subject, settings, key.data, outcome.verdict, measured]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
