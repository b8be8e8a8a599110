"""A Postgres of our own, run from the binaries of a Python package or of the distribution."""
