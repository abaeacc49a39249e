"""What can go wrong in a benchmark."""


class BenchmarkError(Exception):
    """A measurement that could not be made."""
