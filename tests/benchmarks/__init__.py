"""Benchmarks: `scripts/bench`. Each prints what it measured, on what, and the ratio that the design asks for."""
