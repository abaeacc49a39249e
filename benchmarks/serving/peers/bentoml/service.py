"""BentoML: a service with one worker, rows as lists of objects."""

from typing import Any

import bentoml
import common


@bentoml.service(workers=1, traffic={"timeout": 60}, logging={"access": {"enabled": False}})
class Classifier:
    """Answers labels."""

    def __init__(self) -> None:
        self.model = common.load()

    @bentoml.api
    def predict(self, rows: list[dict[str, Any]]) -> list[Any]:
        """Return the labels of rows."""
        labels: list[Any] = self.model.predict(common.table(rows)).tolist()
        return labels
