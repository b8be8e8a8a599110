"""How statements reckon with values whose sums or squares no float can hold."""

from __future__ import annotations

from psycopg.errors import NumericValueOutOfRange

# What Postgres raises when it cannot add values up: the statement whose name begins with `huge_` can.
TooHuge = NumericValueOutOfRange

# Powers of two lose no digit. Below `tiny` nothing counts beside something beyond `huge`, and scaled down it would be
# too small for a float.
SCALES = {"huge": 1e100, "tiny": 1e-100, "down": 2.0**-600, "up": 2.0**600}
