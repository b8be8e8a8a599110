"""What a profile would have alerted on in the past, and what people would have been told. Nothing is
stored, nothing sent.

`dry_runs.py` is the whole of it, from the request to the answer. On its way: `documents.py` (the profile as it is asked
for), `variants.py` (all that decides about it), `estimates.py` (how much there is to read), `replaying.py` (records
through checks, judgement and policy, which are those of `drift/` and `policy/`). The answer: `timeline.py`, `told.py`,
`summaries.py`, `expectations.py`, `comparison.py`, and `tables.py` for people.
"""
