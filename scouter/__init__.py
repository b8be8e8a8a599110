"""Scouter for Python: a self-hosted monitoring server for machine-learning services."""
