"""Numbers as text, the way the clients write them."""

from __future__ import annotations

import math
from decimal import Decimal


def float_text(value: float) -> str:
    """The shortest digits that read back as `value`, without an exponent and without a trailing `.0`."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return format(Decimal(repr(float(value))), "f").removesuffix(".0")
