"""Skiff by itself, where it is pressed most: `python -m benchmarks.scale FIGURE`."""
