"""The lower limit: ONNX Runtime called in a loop with a tensor that is there: `loop.py MODEL`.

Prints the CPU seconds of one call with one row, in microseconds.
"""

import sys
import time
from pathlib import Path

from runtime.model import Model
from runtime.payload import Codec

_CALLS = 20_000

if __name__ == "__main__":
    model = Model.load(Path(sys.argv[1]))
    tensors = Codec(model.manifest).tensors(model.vectors.rows[:1])
    for _ in range(1000):
        model.run(tensors)
    start = time.process_time()
    for _ in range(_CALLS):
        model.run(tensors)
    print((time.process_time() - start) / _CALLS * 1e6)
