"""How much memory texts take, and how long: `python -m benchmarks.texts memory`, or `speed`.

`memory` fits one model for each kind of vectorizer, exports it, and has it answer long, short and
mixed texts, each in a process of its own, with one thread as the service has. Prints the peak of
resident memory beyond what the loaded model takes, and the quickest of three runs. For Linux.

`speed` prints how long models of 3,000 texts of 20 to 200 made-up words take beside scikit-learn,
one thread each in this process, in turns; the best of so many rounds counts, as the machine's own
noise only ever adds. A single text is the mean of 50 in turn.
"""

import itertools
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from threadpoolctl import threadpool_limits

from benchmarks.timing import best_of
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
QUICK = {
    "CountVectorizer()": CountVectorizer(),
    "TfidfVectorizer()": TfidfVectorizer(),
    "HashingVectorizer()": HashingVectorizer(),
    'TfidfVectorizer(stop_words="english", ngram_range=(1, 2), min_df=2)': TfidfVectorizer(
        stop_words="english", ngram_range=(1, 2), min_df=2
    ),
    'TfidfVectorizer(strip_accents="unicode")': TfidfVectorizer(strip_accents="unicode"),
    'TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4))': TfidfVectorizer(
        analyzer="char_wb", ngram_range=(2, 4)
    ),
    'HashingVectorizer(analyzer="char", ngram_range=(1, 3))': HashingVectorizer(
        analyzer="char", ngram_range=(1, 3)
    ),
}
SCRIPTS = {
    "English": [LETTERS],
    "six scripts": [
        LETTERS,
        "enirstaduhlgocmbfwkzpväöüß",
        "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэф",
        "αοιετσνηυρπκμλςγδωχθφβξζψάέήίόύώ",
        "अकखगचजटडतदनपबमयरलवशसहािीुेो",
        "".join(map(chr, range(0x4E00, 0x5200))),
    ],
}
SIZES = {1: range(50), 100: range(0, 1000, 500), 1000: range(1)}
"""Of each number of texts, at which the parts begin that are answered one after another."""


def memory() -> None:
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
                command = [sys.executable, "-m", "benchmarks.texts", "memory", str(path), kind]
                print(f"{name:30} {kind:27}", end="", flush=True)
                subprocess.run(command, check=True)


def speed(rounds: int) -> None:
    """Print a table for each kind of texts: scikit-learn, the graph, and how much quicker it is."""
    sizes = " | ".join(f"{size:,}: scikit-learn, graph, ratio" for size in SIZES)
    for kind, alphabets in SCRIPTS.items():
        train, held_out = sentences(3000, alphabets, 0), sentences(1000, alphabets, 1)
        print(f"\n| {kind} | columns | {sizes} |\n{'| --- ' * (2 + len(SIZES))}|")
        for name, vectorizer in QUICK.items():
            model = make_pipeline(vectorizer, LogisticRegression(max_iter=20))
            model.fit(train, np.arange(len(train)) % 2)
            with tempfile.TemporaryDirectory() as folder:
                exported = export(model, train[:500], name="model", out=folder)
                graph = Model.load(exported.path / "model.onnx")
            cells = [_compared(model, graph, held_out, size, rounds) for size in SIZES]
            columns = f"{model[-1].coef_.shape[1]:,}"
            print(f"| `{name}` | {columns} | {' | '.join(cells)} |", flush=True)


def _compared(model: Any, graph: Model, held_out: NDArray[Any], size: int, rounds: int) -> str:
    parts = [held_out[start : start + size] for start in SIZES[size]]
    theirs, ours = (
        least / len(parts)
        for least in best_of(
            [
                lambda: [model.predict_proba(part) for part in parts],
                lambda: [graph.run({"string": part.reshape(-1, 1)}) for part in parts],
            ],
            rounds,
        )
    )
    return f"{theirs:.3g} ms, {ours:.3g} ms, {theirs / ours:.2g}"


def sentences(count: int, alphabets: list[str], seed: int) -> NDArray[Any]:
    """Make up texts of 20 to 200 words, each in one script, with capitals and punctuation."""
    chance = random.Random(0)  # noqa: S311 - no secret
    words = [
        ["".join(chance.choices(letters, k=1 + n % 12)) for n in range(20_000)]
        for letters in alphabets
    ]
    weights = list(itertools.accumulate(1 / (place + 3) for place in range(20_000)))
    chance.seed(seed + 1)
    return np.array(
        [_sentences(chance, chance.choice(words), weights) for _ in range(count)], object
    )


def _sentences(chance: random.Random, words: list[str], weights: list[float]) -> str:
    pieces, begins = [], True
    for word in chance.choices(words, cum_weights=weights, k=chance.randint(20, 200)):
        mark = chance.choices(("", ". ", ", ", "\u2019s ", "! "), (85, 7, 6, 1, 1))[0]
        capital = begins or chance.random() < 0.05
        pieces.append((word.capitalize() if capital else word) + (mark or " "))
        begins = mark in (". ", "! ")
    return "".join(pieces)


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
    match sys.argv[1:]:
        case ["memory", path, kind]:
            measure(Path(path), kind)
        case ["memory"]:
            memory()
        case ["speed", *count]:
            with threadpool_limits(1):
                speed(int(count[0]) if count else 5)
        case _:
            sys.exit(__doc__)
