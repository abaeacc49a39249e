"""Skiff beside other servers of the same models: `python -m benchmarks.serving`.

Biased in no one's favour but this: every service gets one core and one worker, whatever it
could do with more, and a small model, so that what is measured is the service.
"""
