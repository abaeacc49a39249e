"""LitServe: one worker on the CPU, as its documentation begins."""

import sys
from typing import Any

import common
import litserve


class Api(litserve.LitAPI):
    """The rows of a request in, labels out."""

    def setup(self, _: str) -> None:
        """Load the model."""
        self.model = common.load()

    def decode_request(self, request: dict[str, Any]) -> Any:
        """Return the rows as a table."""
        return common.table(request["rows"])

    def predict(self, table: Any) -> Any:
        """Return the labels."""
        return self.model.predict(table)

    def encode_response(self, labels: Any) -> dict[str, Any]:
        """Return the answer."""
        return {"predictions": labels.tolist()}


if __name__ == "__main__":
    server = litserve.LitServer(Api(), accelerator="cpu", workers_per_device=1, fast_queue=True)
    server.run(
        port=int(sys.argv[1]), num_api_servers=1, log_level="warning", generate_client_file=False
    )
