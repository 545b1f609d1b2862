"""Tidings: incident communications as code. The way through it is in `pipeline.py`."""
