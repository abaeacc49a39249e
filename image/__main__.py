"""`python -m image`: build the runtime image with docker or podman."""

import argparse
import sys
from collections.abc import Sequence

from image.build import BESIDE, RECIPE, build, layers, layers_without_cache
from image.engine import EngineError, find


def main(arguments: Sequence[str] | None = None) -> int:
    """Build as the arguments say; return the exit code."""
    options = _parser().parse_args(arguments)
    try:
        engine = find()
        build(engine, options.tag, options.recipe)
        if options.twice:
            first = layers(engine, options.tag)
            second = layers_without_cache(engine, f"{options.tag}-again", options.recipe)
            if first != second:
                print(f"error: two builds differ: {first} and {second}", file=sys.stderr)
                return 1
            print(f"Built twice, the same {len(first)} layers: {', '.join(first)}")
    except EngineError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"Built {options.tag}; its bill of materials is in {BESIDE}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m image", description=__doc__)
    parser.add_argument("--tag", default="ml-api", help="the image's name (default: ml-api)")
    parser.add_argument("--recipe", default=RECIPE, help="your recipe's path in this folder")
    parser.add_argument(
        "--twice", action="store_true", help="build again without a cache and compare the layers"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
