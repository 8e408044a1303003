"""Identifiers: UUIDv7, so that they sort by the time they were made. They are not secrets."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """Return a fresh UUIDv7."""
    return uuid7()
