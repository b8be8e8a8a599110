"""What travels, on both wires (msgspec structs), one file a noun.

Begin with `messages.py` and `profiles.py`; `decoding.py` turns what does not fit into an error that names the field.
"""
