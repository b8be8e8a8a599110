"""Is a message good, and which rows is it.

Begin with `validator.py`. `entity_resolution.py` finds the profiles that records name and who may write to them,
`row_encoder.py` makes the rows and leaves out what cannot be stored (`skip_reasons.py`). Tags: `tag_permissions.py`.
"""
