"""The way of a request through one process, without a network: `python -m benchmarks.hotpath`."""
