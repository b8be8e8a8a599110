"""Scouter for Python: a self-hosted monitoring server for machine-learning services."""

__version__ = "0.1.0"
