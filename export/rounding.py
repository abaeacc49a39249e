"""How far scikit-learn's own answer hangs on the last bits of a row's numbers.

Where it does, as between points that are near to each other and far from the origin, no two
programs agree to more digits, nor scikit-learn on two machines.
"""

from collections.abc import Mapping

import numpy as np

from export.reference import REFUSALS, Reference, quietly
from export.signature import Signature
from export.table import Columns
from runtime.comparison import compare


def magnified(
    reference: Reference, signature: Signature, row: Columns, magnitudes: Mapping[str, float]
) -> float:
    """Return the greatest relative change of the answer to one row, moved by an ulp up or down.

    `row` has a column of one value for each feature; only floats are moved. 0.0 where
    scikit-learn refuses the row. `magnitudes` as for `runtime.comparison.compare`.
    """
    tables = [
        [np.nextafter(column, bound) if column.dtype.kind == "f" else column for column in row]
        for bound in (np.inf, -np.inf)
    ]
    try:
        with quietly():
            answer, *moved = (
                reference.answer(signature.layout.build(table)) for table in (row, *tables)
            )
    except REFUSALS:
        return 0.0
    return max(compare(answer, each, magnitudes).max_relative for each in moved)
