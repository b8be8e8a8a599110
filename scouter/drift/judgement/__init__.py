"""The second opinion on what the client's rules say: is it more than chance, and is it large enough to matter?

Alerts are facts and stay what they are. What is found here stands beside them in the run, and decides what people are
told of.

Reading order: `distributions`, then one file for each kind of profile (`two_sample` for PSI, `shift_and_spike` for SPC,
`margin` for custom metrics), and `holm` for several features at once. `training_rows` says how much a profile was made
from, `known_rows` who says so. Whole checks, as those of the rooms above ask: `psi_judgement`, `spc_judgement`,
`custom_judgement`, and `clients_word` where nobody wants a second opinion. How often chance may speak up: `rules` (what
people choose), `episodes`, `budget`. What the client's own rules do by chance: `run_lengths`, `expected_alerts`.
"""
