"""What stays wrong over several checks: the list of it, and one problem with all that is known."""
