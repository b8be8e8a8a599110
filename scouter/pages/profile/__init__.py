"""The page of one profile: `page.py` puts it together from its verdict, alerts, checks and features."""
