"""How every state machine of the registry moves: along its table, or not at all."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import TypeVar

S = TypeVar("S", bound=StrEnum)
E = TypeVar("E", bound=StrEnum)


class IllegalTransition(Exception):
    """This step cannot be taken from where the thing stands; `members` has those that can."""

    def __init__(
        self, noun: str, status: StrEnum, event: StrEnum, allowed: Iterable[StrEnum] = ()
    ) -> None:
        self.noun, self.status, self.event = noun, status, event
        self.members = {"current_status": status, "allowed": sorted(allowed)}
        super().__init__(f"cannot {event} a {noun} that is {status}")


def step(noun: str, transitions: Mapping[S, Mapping[E, S]], status: S, event: E) -> S:
    """Return the status that `event` leads to, or raise `IllegalTransition`."""
    try:
        return transitions[status][event]
    except KeyError:
        raise IllegalTransition(noun, status, event, transitions[status]) from None
