"""How much memory texts take, and how long: `python -m benchmarks.texts`.

Fits one model for each kind of vectorizer, exports it, and has it answer long, short and mixed
texts, each in a process of its own, with one thread as the service has. Prints the peak of
resident memory beyond what the loaded model takes, and the quickest of three runs. For Linux.
"""

import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import HashingVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from export.pipeline import export
from runtime.model import Model

VECTORIZERS = {
    "words": TfidfVectorizer(),
    "words, 1 to 4": TfidfVectorizer(ngram_range=(1, 4), min_df=2),
    "words, 1 to 2, hashed": HashingVectorizer(ngram_range=(1, 2)),
    "letters, 1 to 4": TfidfVectorizer(analyzer="char", ngram_range=(1, 4), min_df=2),
    "within words, 2 to 4": TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), min_df=2),
    "within words, 2 to 4, hashed": HashingVectorizer(analyzer="char_wb", ngram_range=(2, 4)),
}
LENGTHS = {
    "1,000 of 3,000 characters": [3000] * 1000,
    "3,000 short, one long": [50] * 2000 + [100_000] + [50] * 1000,
    "10,000 of 50 characters": [50] * 10_000,
}
LETTERS = "etaoinshrdlucmfwypvbgkjqxz"


def main() -> None:
    """Export each model, and measure it with each kind of texts."""
    chance = random.Random(0)  # noqa: S311 - no secret
    train = texts([chance.randint(20, 200) for _ in range(600)])
    moods = [place % 2 for place in range(len(train))]
    with tempfile.TemporaryDirectory() as folder:
        for name, vectorizer in VECTORIZERS.items():
            model = make_pipeline(vectorizer, LogisticRegression()).fit(train, moods)
            slug = "".join(filter(str.isalnum, name))
            path = export(model, train, moods, name=slug, out=folder).path / "model.onnx"
            for kind in LENGTHS:
                command = [sys.executable, "-m", "benchmarks.texts", str(path), kind]
                print(f"{name:30} {kind:27}", end="", flush=True)
                subprocess.run(command, check=True)


def measure(path: Path, kind: str) -> None:
    """Print what one kind of texts takes."""
    model = Model.load(path)
    strings = np.array(texts(LENGTHS[kind]), object).reshape(-1, 1)
    model.run({"string": strings[:1]})
    Path("/proc/self/clear_refs").write_text("5")  # the peak is what is taken now
    before, seconds = _kilobytes("VmRSS"), []
    for _ in range(3):
        start = time.perf_counter()
        model.run({"string": strings})
        seconds.append(time.perf_counter() - start)
    print(f"{(_kilobytes('VmHWM') - before) / 1024:6.0f} MB {min(seconds):7.2f} s")


def texts(lengths: list[int]) -> list[str]:
    """Make up texts of so many characters, of 4,000 words, few of which are common."""
    chance = random.Random(0)  # noqa: S311 - no secret
    words = ["".join(chance.choices(LETTERS, range(26, 0, -1), k=1 + n % 12)) for n in range(4000)]
    weights = [1 / (place + 1) for place in range(len(words))]
    return [" ".join(chance.choices(words, weights, k=length))[:length] for length in lengths]


def _kilobytes(field: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field))


if __name__ == "__main__":
    measure(Path(sys.argv[1]), sys.argv[2]) if sys.argv[1:] else main()
