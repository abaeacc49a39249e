"""Ray Serve: one replica, with the request as Starlette gives it."""

import sys
import time
from typing import Any

import common
import ray
from ray import serve
from starlette.requests import Request


@serve.deployment(num_replicas=1, ray_actor_options={"num_cpus": 0.5})
class Classifier:
    """Answers labels."""

    def __init__(self) -> None:
        self.model = common.load()

    async def __call__(self, request: Request) -> Any:
        """Return the labels of the rows in a request."""
        rows = (await request.json())["rows"]
        return self.model.predict(common.table(rows)).tolist()


if __name__ == "__main__":
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    serve.start(http_options={"host": "127.0.0.1", "port": int(sys.argv[1])})
    serve.run(Classifier.bind(), route_prefix="/predict")
    while True:
        time.sleep(60)
