"""The way in: from decoded messages to rows that are committed."""
