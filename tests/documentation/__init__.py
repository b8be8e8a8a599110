"""The documentation as data: its pages, and the reference that is made from what the program declares."""
