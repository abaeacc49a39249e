"""Records to tensors and back, generated from the signature.

A record is a JSON object with one field per feature. Knows nothing of HTTP or ONNX Runtime.
"""
