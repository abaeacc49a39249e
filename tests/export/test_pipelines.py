"""Pipelines as people deploy them are exported, and answer single records as scikit-learn does."""

from pathlib import Path

import pytest

from export.convert import FOUR_ULP
from tests.export.deployed.exact import EXACT
from tests.export.deployed.rounded import ROUNDED
from tests.export.deployed.service import ROUNDING, served
from tests.export.deployed.steps import Case


@pytest.mark.parametrize("case", EXACT.values(), ids=EXACT)
def test_every_bit_is_proven(case: Case, tmp_path: Path) -> None:
    """From the table to the answer nothing is rounded but where scikit-learn rounds it too."""
    assert served(case, tmp_path).manifest.parity.tolerance <= FOUR_ULP


@pytest.mark.parametrize("case", ROUNDED.values(), ids=ROUNDED)
def test_numbers_agree_but_for_rounding(case: Case, tmp_path: Path) -> None:
    """No label is another, and no number further off than sums are that are added differently."""
    assert served(case, tmp_path).manifest.parity.tolerance == ROUNDING
