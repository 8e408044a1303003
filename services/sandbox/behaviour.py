"""How a pretend lender may act on a submission, and how the way is chosen."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Behaviour(StrEnum):
    """One scripted way of answering a submission. docs/partners-kit.md has the table."""

    APPROVE = "approve"
    REFUSE = "refuse"
    REFUSE_LATER = "refuse_later"
    SLOW = "slow"
    TIMEOUT_AFTER_ACCEPT = "timeout_after_accept"
    GARBAGE = "garbage"
    ERROR_5XX = "error_5xx"
    ERROR_AFTER_ACCEPT = "error_after_accept"
    UNAVAILABLE = "unavailable"
    DUPLICATE_CALLBACKS = "duplicate_callbacks"
    OUT_OF_ORDER_CALLBACKS = "out_of_order_callbacks"
    OTHER_REFERENCE = "other_reference"
    HOLD = "hold"


BY_AMOUNT: Mapping[int, Behaviour] = MappingProxyType(
    {
        901: Behaviour.REFUSE,
        902: Behaviour.REFUSE_LATER,
        903: Behaviour.SLOW,
        904: Behaviour.TIMEOUT_AFTER_ACCEPT,
        905: Behaviour.GARBAGE,
        906: Behaviour.ERROR_5XX,
        907: Behaviour.ERROR_AFTER_ACCEPT,
        908: Behaviour.UNAVAILABLE,
        909: Behaviour.DUPLICATE_CALLBACKS,
        910: Behaviour.OUT_OF_ORDER_CALLBACKS,
        911: Behaviour.OTHER_REFERENCE,
        912: Behaviour.HOLD,
        913: Behaviour.APPROVE,
    }
)
"""The behaviour asked for by the last three digits of the amount."""


class NoSuchBehaviour(Exception):
    """The header X-Sandbox-Behaviour names none of the scripted behaviours."""


@dataclass(slots=True)
class Script:
    """A lender's standing instruction; `left` bounds it to so many submissions."""

    behaviour: Behaviour | None = None
    left: int | None = None

    def write(self, behaviour: Behaviour | None, *, submissions: int | None = None) -> None:
        """Act like this from now on, or for the next `submissions` only; None ends it."""
        self.behaviour = behaviour
        self.left = submissions

    def next(self) -> Behaviour | None:
        """Return the behaviour of the next submission and count it."""
        if self.behaviour is None or self.left == 0:
            return None
        if self.left is not None:
            self.left -= 1
        return self.behaviour


def choose(*, header: str | None, amount: int, script: Script) -> Behaviour | None:
    """
    Return the behaviour asked for: by the header, else by the amount, else by the script.

    None means that nobody asked, and the lender's own appetite decides.

    Raises:
        NoSuchBehaviour: the header names none.
    """
    if header is not None:
        try:
            return Behaviour(header)
        except ValueError:
            raise NoSuchBehaviour from None
    return BY_AMOUNT.get(amount % 1000) or script.next()
