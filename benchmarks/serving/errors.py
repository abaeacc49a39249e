"""What can go wrong in a benchmark: BenchmarkError -> TooShortError."""


class BenchmarkError(Exception):
    """A measurement that could not be made."""


class TooShortError(BenchmarkError):
    """A time in which not even one request for each connection was answered."""
