"""Financing as it is for computing: its contract needs nothing that runs."""

from tests.financing.api.conftest import calculator

__all__ = ["calculator"]
