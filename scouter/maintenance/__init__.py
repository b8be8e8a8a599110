"""The background: what happens on a schedule and not on a request."""
