"""
Whether what callers saw of an application could have happened one thing after the other.

A history is what several callers did at once: each act with the moments at which it began and
ended, and what was answered. It is linearizable if every act can be given one moment between the
two, such that the answers are those of one application that changes only as its life allows
(Wing and Gong 1993, with the states remembered that led nowhere). What workers and lenders do
meanwhile nobody has recorded: between two acts an application may take any steps that are theirs.
"""

import math
from collections.abc import Iterable, Sequence
from enum import StrEnum
from functools import cache
from http import HTTPStatus
from random import Random
from time import monotonic
from typing import NamedTuple
from uuid import uuid4

import httpx

from services.financing.domain.application import TRANSITIONS, Event, Status

CALLERS = frozenset({Event.SUBMIT, Event.CONTEST})
"""Steps that nobody takes but a caller; all others may happen by themselves."""


class Kind(StrEnum):
    """What a caller does."""

    READ = "read"
    EDIT = "edit"
    SUBMIT = "submit"


class Seen(NamedTuple):
    """An application as an answer shows it."""

    version: int
    status: Status


DRAFT = Seen(1, Status.DRAFTED)


class Act(NamedTuple):
    """One act; `seen` is None where it was refused, `ended` is infinite if nothing was heard."""

    kind: Kind
    began: float
    ended: float
    seen: Seen | None
    expected: int = 0
    """The version that an edit names."""

    @property
    def heard(self) -> bool:
        """Whether there was an answer."""
        return self.ended < math.inf


@cache
def _by_itself(status: Status) -> frozenset[Status]:
    """Return where an application may have come to in one step or more that no caller takes."""
    found: set[Status] = set()
    ways = [status]
    while ways:
        for event, reached in TRANSITIONS[ways.pop()].items():
            if event not in CALLERS and reached not in found:
                found.add(reached)
                ways.append(reached)
    return frozenset(found)


def _ahead(state: Seen, seen: Seen) -> bool:
    """Tell whether an application that stands so may be seen so, with nothing done by a caller."""
    if seen.version == state.version:
        return seen.status is state.status
    return seen.version > state.version and seen.status in _by_itself(state.status)


def after(state: Seen, act: Act) -> Iterable[Seen]:
    """Yield how the application may stand after an act that was answered so; nothing if it
    cannot have been.
    """
    drafted = state.status is Status.DRAFTED
    if not act.heard:
        yield state
        ends = {Kind.EDIT: {Status.DRAFTED}, Kind.SUBMIT: _by_itself(Status.SUBMITTED)}
        for status in ends.get(act.kind, ()) if drafted else ():
            yield Seen(state.version + 1, status)
        return
    if act.seen is None:
        refused = not drafted or (act.kind is Kind.EDIT and act.expected != state.version)
        if refused and act.kind is not Kind.READ:
            yield state
        return
    if act.kind is Kind.READ:
        legal = _ahead(state, act.seen)
    elif act.kind is Kind.EDIT:
        legal = drafted and act.seen == Seen(state.version + 1, Status.DRAFTED)
        legal = legal and act.expected == state.version
    else:
        submitted = act.seen.status in _by_itself(Status.SUBMITTED)
        legal = drafted and submitted and act.seen.version == state.version + 1
    if legal:
        yield act.seen


def linearizable(history: Sequence[Act], *, first: Seen) -> bool:
    """Tell whether the acts of a history fit into one order that respects their times."""
    acts = sorted(history, key=lambda act: act.began)
    dead: set[tuple[int, Seen]] = set()

    def fits(done: int, state: Seen) -> bool:
        if (1 << len(acts)) - 1 == done:
            return True
        if (done, state) in dead:
            return False
        left = [number for number in range(len(acts)) if not done >> number & 1]
        # Whatever has ended before another began comes before it.
        until = min(acts[number].ended for number in left)
        for number in left:
            act = acts[number]
            if act.began <= until:
                for state_after in after(state, act):
                    if fits(done | 1 << number, state_after):
                        return True
        dead.add((done, state))
        return False

    return fits(0, first)


async def call(client: httpx.AsyncClient, id: str, random: Random, times: int) -> list[Act]:
    """Read, edit and submit a draft as it is drawn; return what was answered, and when."""
    history: list[Act] = []
    version = 1
    for _ in range(times):
        kind = random.choice((Kind.READ, Kind.READ, Kind.EDIT, Kind.SUBMIT))
        began = monotonic()
        reply = await _answer(client, id, kind, version, tenor_months=random.randrange(18, 30))
        if reply.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
            continue  # no connection was free: nothing was done
        seen = None
        if reply.status_code == HTTPStatus.OK:
            body = reply.json()
            seen = Seen(body["version"], Status(body["status"]))
        elif reply.status_code not in {HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED}:
            reply.raise_for_status()
        history.append(Act(kind, began, monotonic(), seen, version))
        version = seen.version if seen else version
    return history


async def _answer(
    client: httpx.AsyncClient, id: str, kind: Kind, version: int, *, tenor_months: int
) -> httpx.Response:
    address = f"/applications/{id}"
    if kind is Kind.READ:
        return await client.get(address)
    if kind is Kind.EDIT:
        tag = {"If-Match": f'"{version}"'}
        return await client.patch(address, json={"tenor_months": tenor_months}, headers=tag)
    return await client.post(f"{address}/submission", headers={"Idempotency-Key": str(uuid4())})
