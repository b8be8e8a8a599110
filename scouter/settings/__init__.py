"""Every environment variable, read once at the start.

Begin with `settings.py`, which holds the groups and reads them. One file a group with its rows; `setting.py` is a row,
`parsers.py` its types. `rules.py` are contradictions, `environment.py` is what else stands in the environment.
"""
