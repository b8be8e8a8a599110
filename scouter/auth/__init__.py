"""Who somebody is and what he may do, without a database: values in, values out.

Begin with `permissions.py` (a caller and the verbs on spaces). `passwords.py` hashes, `tokens.py` signs and reads,
`recovery_codes.py` are for a lost password, `login_limit.py` stops who guesses. Who uses them: `users/`.
"""
