"""What the service speaks over HTTP: one module per contract, and what they share.

With `runtime.app`, all that knows HTTP.
"""
