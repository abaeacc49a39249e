"""docs/estimators.md says of every estimator of scikit-learn what becomes of it."""

import zlib

import pytest
import sklearn

from export.converters.registry import entry_of
from tests.verdicts import catalogue
from tests.verdicts.cases import Case
from tests.verdicts.measure import measure
from tests.verdicts.outcome import Outcome
from tests.verdicts.page import PAGE, parse, render

TEXT = PAGE.read_text()
LISTED = {each.key: each for each in parse(TEXT)}


def drawn() -> list[Case]:
    """Return one case of every estimator, drawn by the text of the page.

    Whoever changes the page draws others, and cannot choose which.
    """
    seed = zlib.crc32(TEXT.encode())
    of: dict[str, list[Case]] = {}
    for case in catalogue.CASES:
        of.setdefault(case.key.subject, []).append(case)
    return [some[zlib.crc32(name.encode(), seed) % len(some)] for name, some in of.items()]


def test_every_estimator_has_a_verdict_or_none_to_have() -> None:
    """Nothing that scikit-learn has is left out, and nothing is listed that it has not."""
    subjects = {key.subject for key in LISTED}
    assert subjects | set(catalogue.UNANSWERING) == set(catalogue.installed())
    assert not subjects & set(catalogue.UNANSWERING)


def test_what_can_answer_a_table_is_judged() -> None:
    """An estimator without a verdict neither predicts nor transforms rows of features."""
    classes = catalogue.installed()
    able = {
        name
        for name in catalogue.UNANSWERING
        if hasattr(classes[name], "predict") or hasattr(classes[name], "transform")
    }
    assert able == {
        "DictVectorizer",
        "LabelBinarizer",
        "LabelEncoder",
        "MultiLabelBinarizer",
        "PatchExtractor",
    }


def test_the_page_lists_the_cases() -> None:
    """A case that is added, changed or removed asks for `make verdicts`."""
    keys = [case.key for case in catalogue.CASES]
    assert len(set(keys)) == len(keys)
    assert set(LISTED) == set(keys)


def test_the_page_is_what_its_cases_say() -> None:
    """Verdicts, counts and reasons follow from the cases, for the installed scikit-learn."""
    assert render(list(LISTED.values()), catalogue.UNANSWERING, sklearn.__version__) == TEXT


def test_a_changed_verdict_changes_the_page() -> None:
    """The page is read, not only written."""
    some = next(each for each in LISTED.values() if each.verdict == "exact")
    wrong = TEXT.replace(f"| {some.key.data} | exact |", f"| {some.key.data} | refused |")
    assert parse(wrong) != list(LISTED.values())


@pytest.mark.filterwarnings("ignore:Class PassiveAggressive")
def test_what_has_a_converter_is_judged() -> None:
    """A converter that is added or removed asks for a verdict."""
    classes = catalogue.installed()
    registered = {name for name, cls in classes.items() if entry_of(cls.__new__(cls)) is not None}
    assert registered == {key.subject for key in LISTED}


@pytest.mark.parametrize("case", drawn(), ids=lambda case: case.key.subject)
def test_a_verdict_is_measured_anew(case: Case) -> None:
    """What the page says of a case is what the export finds."""
    assert _said(measure(case)) == _said(LISTED[case.key])


def _said(outcome: Outcome) -> tuple[str, str]:
    """Return the verdict and, if refused, the reason; differences vary with the machine."""
    return outcome.verdict, outcome.found if outcome.verdict == "refused" else ""
