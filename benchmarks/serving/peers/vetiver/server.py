"""vetiver: its FastAPI application around the fitted estimator."""

import sys

import common
import uvicorn
from vetiver import VetiverAPI, VetiverModel

prototype = common.table([dict.fromkeys(common.COLUMNS, 1.0)])
if common.META["framed"]:
    prototype = prototype.astype(dict.fromkeys(common.META["strings"], str))
model = VetiverModel(common.load(), "model", prototype_data=prototype)
api = VetiverAPI(model, check_prototype=False)

if __name__ == "__main__":
    uvicorn.run(api.app, port=int(sys.argv[1]), access_log=False, log_level="warning")
