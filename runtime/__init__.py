"""Skiff's serve time: load a checked artifact and answer requests, without scikit-learn.

Imports the standard library, numpy, onnxruntime, starlette, uvicorn, msgspec and
prometheus_client; never `export`, scikit-learn, onnx or a pickle.
"""

__version__ = "0.1.0"
