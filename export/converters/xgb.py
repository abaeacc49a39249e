"""XGBoost, bit for bit with what it computes: in single precision, in its own order.

Features are rounded to single precision, the trees' leaves are added to the base score one
after another, and exponentials are rounded as the C library rounds them (`single.py`), which
is how labels, decided by rounded probabilities, come out the same too.
"""

from typing import Any

import numpy as np

from export.converters import single
from export.converters.arithmetic import first_greatest, flag, softmax
from export.converters.coded import coded_first, codes_of
from export.converters.ensembles import Rows, sum_of_stages
from export.converters.graph import Graph
from export.converters.registry import converts
from export.converters.values import (
    Classified,
    Frame,
    MultiLabelled,
    Regressed,
    TensorName,
)
from export.converters.xgb_model import CLASSIFIERS, REGRESSORS, XgbModel, refusal, saved_model

_LOGISTIC = ("binary:logistic", "reg:logistic")
_EXPONENTIAL = ("count:poisson", "reg:gamma", "reg:tweedie", "survival:aft", "survival:cox")
_IDENTICAL = (
    "binary:logitraw",
    "reg:absoluteerror",
    "reg:pseudohubererror",
    "reg:quantileerror",
    "reg:squarederror",
    "reg:squaredlogerror",
)


@converts(*CLASSIFIERS, exact=True)
def xgb_classifier(graph: Graph, model: Any, frame: Frame) -> Classified | MultiLabelled:
    """Answer by the probabilities: of two classes the second above a half, else the greatest."""
    learned, margins = _margins(graph, model, frame)
    columns = len(learned.start)
    if model.objective == "multi:softmax":
        graph.single = True  # SciPy's softmax, and numpy rounds it
        probabilities = softmax(graph, graph.cast(margins, np.float64))
        return Classified(first_greatest(graph, margins), probabilities)
    answers = _answers(graph, model, learned, margins)
    likely = graph.op("Greater", answers, np.float32(0.5))
    if columns > 1 and model.n_classes_ == 2:
        return MultiLabelled(graph.cast(likely, np.int64), graph.from_single(answers))
    if columns > 1:
        return Classified(first_greatest(graph, answers), graph.from_single(answers))
    both = graph.concat([graph.op("Sub", np.float32(1), answers), answers])
    return Classified(flag(graph, likely), graph.from_single(both))


@converts(*REGRESSORS, exact=True)
def xgb_regressor(graph: Graph, model: Any, frame: Frame) -> Regressed:
    """Answer the sum of the leaves, or what the objective makes of it."""
    learned, margins = _margins(graph, model, frame)
    values = graph.from_single(_answers(graph, model, learned, margins))
    return Regressed(graph.reshape(values, -1) if len(learned.start) == 1 else values)


def _margins(graph: Graph, model: Any, frame: Frame) -> tuple[XgbModel, TensorName]:
    """Return what was learned, and the sums of the leaves, float32 [N, columns]."""
    saved = saved_model(model)
    reason = refusal(saved)
    if reason is not None:
        raise graph.refuse(model, reason)
    learned = XgbModel.of(model, saved)
    columns, places = _columns(graph, model, learned, frame)
    rows = Rows.of(graph, columns, model, np.float32)
    for value in _absent(model, frame):
        if learned.missing_codes:
            raise graph.refuse(
                model, "with categories, missing must be NaN, the default, and the table dense."
            )
        absent = graph.op("Equal", rows.x, np.float32(value))
        rows = Rows(graph.op("Where", absent, np.float32(np.nan), rows.x), rows.width, np.float32)
    trees = [tree.looking_at(places) for tree in learned.trees]
    start = learned.start
    return learned, sum_of_stages(graph, trees, rows, learned.leaves, start, columns=len(start))


def _absent(model: Any, frame: Frame) -> set[float]:
    """Return the numbers that are missing values: of a sparse matrix, whatever it leaves out."""
    absent = {0.0} if frame.sparse else set()
    if model.missing is not None and not np.isnan(model.missing):
        absent.add(float(model.missing))
    return absent


def _columns(graph: Graph, model: Any, learned: XgbModel, frame: Frame) -> tuple[Frame, Any]:
    """Return the columns, those of categories as numbers, and each feature's place in them."""
    features = sorted(learned.missing_codes)
    if not features:
        return frame, np.arange(frame.width)
    chosen = frame.select(features)
    if not learned.categories:
        codes = _codes_of_numbers(graph, model, learned, chosen)
        return coded_first(frame, features, codes)
    tables = [
        [0, *range(1, len(learned.categories[i]) + 1), learned.missing_codes[i]] for i in features
    ]
    known = [learned.categories[i] for i in features]
    if not all(str(name).isascii() for names in known for name in names):
        raise graph.refuse(
            model,
            "XGBoost takes the names of categories apart at wrong places where they are not "
            "ASCII, and one for another; give them names in ASCII, or encode them before it, "
            "with an OrdinalEncoder.",
        )
    codes = codes_of(graph, model, chosen, known, tables, refuse_unseen=True)
    return coded_first(frame, features, codes)


def _codes_of_numbers(graph: Graph, model: Any, learned: XgbModel, frame: Frame) -> TensorName:
    """Return the numbers of categories that are numbers: cut off, with 0 for a negative one."""
    absent = np.array([[learned.missing_codes[i] for i in sorted(learned.missing_codes)]], float)
    x = graph.as_float32(graph.numeric(frame.as_doubles(), model))
    code = graph.op("Add", graph.op("Floor", x), 1.0)
    known = graph.op("And", graph.op("GreaterOrEqual", x, 0.0), graph.op("Less", code, absent))
    code = graph.op("Where", known, code, 0.0)
    return graph.op("Where", graph.op("IsNaN", x), absent, code)


def _answers(graph: Graph, model: Any, learned: XgbModel, margins: TensorName) -> TensorName:
    """Return what the objective makes of the margins, float32 [N, columns]."""
    objective = learned.objective
    several = len(learned.start) > 1
    if objective == "reg:quantileerror" and several and learned.version >= (3, 4):
        values, _ = graph.ops("TopK", margins, np.array([len(learned.start)]), largest=0, outputs=2)
        return values
    if objective in _IDENTICAL or (objective == "reg:expectileerror" and not several):
        return margins
    if objective == "binary:hinge":
        return graph.cast(graph.op("Greater", margins, np.float32(0)), np.float32)
    if objective not in (*_LOGISTIC, *_EXPONENTIAL, "multi:softprob"):
        raise graph.refuse(model, f"its objective {objective!r} is none that a converter knows.")
    graph.single = graph.single or not single.is_reproducible()
    if objective in _LOGISTIC:
        return single.logistic(graph, margins)
    if objective in _EXPONENTIAL:
        return single.exponential(graph, margins)
    return single.softmax(graph, margins)
