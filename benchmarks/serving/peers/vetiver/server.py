"""vetiver: its FastAPI application around the fitted estimator, rows checked by a prototype."""

import sys
from typing import Any

import common
import numpy as np
import pandas as pd
import uvicorn
from pydantic import create_model
from vetiver import VetiverAPI, VetiverModel
from vetiver.handlers.sklearn import SKLearnHandler


class Handler(SKLearnHandler):
    """Answers rows as the estimator was fitted: of a data frame, or without names."""

    def handler_predict(self, input_data: pd.DataFrame, **_: bool) -> list[Any]:
        """Return the labels of rows."""
        table = input_data[common.COLUMNS]
        table = table.replace({None: np.nan}) if common.META["framed"] else table.to_numpy()
        labels: list[Any] = self.model.predict(table).tolist()
        return labels


model = VetiverModel(Handler(common.load(), None), "model")
# The prototype that vetiver makes of a data frame refuses missing values.
model.prototype = create_model("prototype", **common.fields())
api = VetiverAPI(model, check_prototype=True)

if __name__ == "__main__":
    uvicorn.run(api.app, port=int(sys.argv[1]), access_log=False, log_level="warning")
