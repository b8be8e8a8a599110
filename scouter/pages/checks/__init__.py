"""What a check saw."""
