"""The page of one feature or metric, its picture and its table: `page.py` puts them together."""
