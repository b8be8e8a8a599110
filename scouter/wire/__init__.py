"""What travels, on both wires (msgspec structs), one file a noun.

Begin with `messages.py` and `profiles.py`; `decoding.py` turns what does not fit into an error that names the field.
`notifications.py` and `problem_messages.py` are what lies in the outbox, `recipients.py` whom it goes to.
"""
