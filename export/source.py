"""Where a command gets its fitted estimator: a recipe, or files that are named by options."""

import argparse
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from export.errors import RecipeError, naming
from export.recipe import Trained, load, resolve
from export.saved import load_saved


@dataclass(frozen=True)
class Source:
    """What the command line names: a recipe's file, or a saved estimator with its rows."""

    path: Path
    options: argparse.Namespace

    def load(self) -> Trained:
        """Run the recipe, or load the files. Raises RecipeError where that cannot be done."""
        options = self.options
        if options.estimator is None:
            return load(self.path)
        return load_saved(
            options.estimator,
            options.data,
            options.target,
            trust=options.trust,
            execute=options.execute_pickle,
        )

    def named(self) -> AbstractContextManager[None]:
        """Have errors about what was loaded name its files."""
        data = self.options.data
        return naming(self.path if data is None else f"{self.path} with {data}")


def add_source(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that name a source."""
    parser.add_argument(
        "recipe", nargs="?", help="a Python file with train(), or a built-in recipe (default: iris)"
    )
    saved = parser.add_argument_group("a saved estimator, in place of a recipe")
    saved.add_argument("--estimator", type=Path, metavar="FILE", help="a .skops file (or a pickle)")
    saved.add_argument(
        "--data", type=Path, metavar="FILE", help="the rows to compare on: .parquet or .csv"
    )
    saved.add_argument("--target", metavar="COLUMN", help="the column of the data to predict")
    saved.add_argument(
        "--trust",
        action="append",
        default=[],
        metavar="TYPE",
        help="a type in the .skops file that is not scikit-learn's own; may be repeated",
    )
    saved.add_argument(
        "--execute-pickle",
        action="store_true",
        help="load a .joblib or .pkl file, which runs whatever code it holds",
    )


def source_of(options: argparse.Namespace) -> Source:
    """Return the source that the arguments name. Raises RecipeError where they contradict."""
    if options.estimator is None:
        for name in ("data", "target"):
            if getattr(options, name) is not None:
                raise RecipeError(f"--{name}", "goes with --estimator.")
        return Source(resolve(options.recipe), options)
    if options.recipe is not None:
        raise RecipeError(options.recipe, "is a recipe; --estimator takes its place. Give one.")
    if options.data is None:
        raise RecipeError("--estimator", "needs --data: the rows to compare on.")
    return Source(options.estimator, options)
