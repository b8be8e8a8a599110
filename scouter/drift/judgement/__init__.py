"""The second opinion on what the client's rules say: is it more than chance, and is it large enough to matter?

Nothing asks for it yet: it is what problems and messages will be decided by.

Reading order: `distributions`, then one file for each kind of profile (`two_sample` for PSI, `shift_and_spike` for SPC,
`margin` for custom metrics), `holm` for several features at once, `training_rows` for how much a profile was made from,
`run_lengths` for the client's own rule, and `episodes` for how often chance may speak up.
"""
