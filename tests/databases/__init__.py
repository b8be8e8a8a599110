"""Databases as other people run them: with settings, roles and encodings of their own, and behind a pooler."""
