"""The built-in recipes; `python -m export NAME` runs one."""
