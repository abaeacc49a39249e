"""Export the models that the runtime's tests serve: `python -m tests.runtime.models FOLDER`.

`usual` gets the built-in recipes' models, `unusual` those of `recipes/`. Run where the build
stage is installed; the tests themselves run without it.
"""

import sys
from pathlib import Path

from export.__main__ import main

RECIPES = {
    "usual": ["iris", "penguins"],
    "unusual": [str(path) for path in sorted(Path(__file__).parent.glob("recipes/*.py"))],
}


def export_all(folder: Path) -> int:
    """Export every model; return how many could not be."""
    return sum(
        main(["--quiet", "--out", str(folder / kind), recipe])
        for kind, recipes in RECIPES.items()
        for recipe in recipes
    )


if __name__ == "__main__":
    sys.exit(export_all(Path(sys.argv[1])))
