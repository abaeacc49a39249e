"""`python -m export doctor`: which steps convert exactly, which to rounding, which not, and why.

The recipe is rehearsed (`export.rehearsal`): its fits see a few hundred rows, so the answer
comes before any training time is spent.
"""

import argparse
import json
import sys
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from sklearn.base import is_classifier, is_clusterer, is_outlier_detector, is_regressor

from export.convert import to_onnx
from export.converters.graph import Graph
from export.converters.values import Answer, Classified, Clustered, Flagged, Frame, Regressed
from export.errors import ConversionError, ExportError
from export.proof import describe
from export.recipe import Trained
from export.rehearsal import rehearsing
from export.signature import infer
from export.source import add_source, source_of
from export.table import as_table

Verdict = Literal["exact", "within 4 ulp", "within 1e-12", "within 4 ulp of float32", "refused"]
REFUSED = 1
MOST_ASKED = 100
"""Rows that show what is answered: a rehearsed estimator may refuse any but the first."""


@dataclass(frozen=True)
class Finding:
    """What the doctor says of one step, in its place in the pipeline."""

    steps: tuple[str, ...]
    estimator: str
    verdict: Verdict
    reason: str = ""


@dataclass
class Survey:
    """Follows a conversion and notes every step; a step that is refused does not end it."""

    findings: list[Finding] = field(default_factory=list)

    def visit(
        self, graph: Graph, estimator: Any, frame: Frame, convert: Callable[[], Answer]
    ) -> Answer:
        """Convert one step and note the verdict, before those of the steps inside it."""
        place = len(self.findings)
        steps, before = graph.place, (graph.exact, graph.exponential, graph.single)
        graph.exact, graph.exponential, graph.single = True, False, False
        verdict: Verdict
        reason = ""
        try:
            answer = convert()
            verdict = _verdict(graph)
        except ConversionError as error:
            answer, verdict, reason = _stand_in(graph, estimator, frame), "refused", error.reason
        inside = self.findings[place:]
        if not reason and any(finding.verdict == "refused" for finding in inside):
            verdict = "refused"
        finding = Finding(steps, type(estimator).__name__, verdict, reason)
        self.findings.insert(place, finding)
        graph.exact = before[0] and graph.exact
        graph.exponential = before[1] or graph.exponential
        graph.single = before[2] or graph.single
        return answer


def _verdict(graph: Graph) -> Verdict:
    if graph.single:
        return "within 4 ulp of float32"
    if not graph.exact:
        return "within 1e-12"
    return "within 4 ulp" if graph.exponential else "exact"


def diagnose(trained: Trained) -> list[Finding]:
    """Return what can be said of each step of a fitted estimator, outermost first."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        signature = infer(trained)
        try:
            held_out = as_table(trained.X_test, "X_test")
            _, outputs = describe(trained, signature, held_out, MOST_ASKED)
        except ConversionError as error:
            return [Finding((), type(trained.estimator).__name__, "refused", error.reason)]
    survey = Survey()
    try:
        to_onnx(trained.estimator, signature, outputs, "doctor", survey.visit)
    except Exception:
        # With a stand-in for a refused step, the graph itself need not hold together.
        if not any(finding.verdict == "refused" for finding in survey.findings):
            raise
    return survey.findings


def main(arguments: Sequence[str]) -> int:
    """Run the doctor; return 0 if every step converts, 1 if one does not."""
    options = _parser().parse_args(arguments)
    try:
        source = source_of(options)
        with rehearsing(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            trained = source.load()
        with source.named():
            findings = diagnose(trained)
    except ExportError as error:
        print(f"error: {error}", file=sys.stderr)
        return REFUSED
    if options.json:
        print(json.dumps([vars(finding) for finding in findings], indent=2))
    else:
        print(report(findings))
    return REFUSED if any(finding.verdict == "refused" for finding in findings) else 0


def report(findings: Sequence[Finding]) -> str:
    """Return the findings as lines for people, indented by their place in the pipeline."""
    lines = []
    for finding in findings:
        name = f"`{finding.steps[-1]}` " if finding.steps else ""
        line = f"{'  ' * len(finding.steps)}{name}{finding.estimator}: {finding.verdict}"
        lines.append(f"{line}: {finding.reason}" if finding.reason else line)
    refused = [finding for finding in findings if finding.reason]
    if refused:
        lines.append(f"It cannot be exported: {len(refused)} of {len(findings)} steps refused.")
    elif findings[0].verdict == "exact":
        lines.append("It can be exported; parity will be demanded bit for bit.")
    else:
        verdict = findings[0].verdict
        lines.append(f"It can be exported; parity will be demanded {verdict}, labels equal.")
    return "\n".join(lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m export doctor",
        description="Say, step by step, whether a recipe's estimator can be exported exactly, "
        "before any training time is spent: it is fitted on a few hundred rows.",
    )
    add_source(parser)
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")
    return parser


def _stand_in(graph: Graph, estimator: Any, frame: Frame) -> Answer:
    """Return an answer of the right kind for a step that was refused, to look at the others."""
    number, index = graph.operand(np.zeros((1, 1))), graph.operand(np.zeros(1, dtype=np.int64))
    if is_classifier(estimator):
        return Classified(index, probabilities=number)
    if is_regressor(estimator):
        return Regressed(number)
    if is_outlier_detector(estimator):
        return Flagged(index, number)
    if is_clusterer(estimator) and not hasattr(estimator, "transform"):
        return Clustered(index)
    return Frame.of(number, _width(estimator, frame))


def _width(estimator: Any, frame: Frame) -> int:
    """Return how many columns a transformer makes, as far as it says."""
    try:
        return len(estimator.get_feature_names_out())
    except (AttributeError, ValueError, TypeError):
        return frame.width
