"""Rupiah: whole, exact, never a float."""

from typing import NewType

Rupiah = NewType("Rupiah", int)
"""Whole rupiah. Amounts on the wire lie in 1 … `AMOUNT_MAX`."""

AMOUNT_MAX = Rupiah(10_000_000_000_000)


def rupiah(amount: int) -> str:
    """Write an amount the way Indonesian readers expect it: `Rp 40.000.000`."""
    return f"Rp {amount:,}".replace(",", ".")
