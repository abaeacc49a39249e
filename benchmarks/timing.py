"""How long calls take beside each other."""

import time
from collections.abc import Callable

ROUNDS = 10


def best_of(calls: list[Callable[[], object]], rounds: int = ROUNDS) -> list[float]:
    """Return the least milliseconds that each call took, taking turns."""
    best = [float("inf")] * len(calls)
    for _ in range(rounds):
        for index, call in enumerate(calls):
            start = time.perf_counter()
            call()
            best[index] = min(best[index], (time.perf_counter() - start) * 1e3)
    return best
