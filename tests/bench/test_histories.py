"""What the check of histories accepts, and that it refuses what cannot have happened."""

import asyncio
import math
from random import Random

import pytest

from bench.histories import DRAFT, Act, Kind, Seen, call, linearizable
from services.financing.domain.application import Status
from tests.financing.conftest import house
from tests.financing.house import House
from tests.reliability.borrowers import drafted, somebody

__all__ = ["house"]

EDITED = Seen(2, Status.DRAFTED)
ROUTED = Seen(2, Status.ROUTED)
SENT = Seen(3, Status.SENT)


def read(began: float, ended: float, seen: Seen) -> Act:
    return Act(Kind.READ, began, ended, seen)


def submit(began: float, ended: float, seen: Seen | None) -> Act:
    return Act(Kind.SUBMIT, began, ended, seen)


def edit(began: float, ended: float, seen: Seen | None, expected: int = 1) -> Act:
    return Act(Kind.EDIT, began, ended, seen, expected)


@pytest.mark.parametrize(
    ("history", "fits"),
    [
        ([read(0, 1, DRAFT), submit(2, 3, ROUTED), read(4, 5, ROUTED)], True),
        ([submit(0, 9, ROUTED), read(1, 2, DRAFT), read(3, 4, ROUTED)], True),
        ([submit(0, 1, ROUTED), read(2, 3, SENT), read(4, 5, SENT)], True),
        # Read your write: it is over, and somebody still sees the draft.
        ([submit(0, 1, ROUTED), read(2, 3, DRAFT)], False),
        # What one has seen another may not miss later.
        ([submit(0, 9, ROUTED), read(1, 2, ROUTED), read(3, 4, DRAFT)], False),
        # Two submissions, both taken.
        ([submit(0, 5, ROUTED), submit(0, 5, ROUTED)], False),
        ([submit(0, 5, ROUTED), submit(0, 5, None)], True),
        # Nobody took it, and yet it was refused for being taken.
        ([submit(0, 1, None), read(2, 3, DRAFT)], False),
        # Two edits of the same version, both kept: one is lost.
        ([edit(0, 5, EDITED), edit(0, 5, EDITED)], False),
        ([edit(0, 5, EDITED), edit(0, 5, None)], True),
        # The same version in two states, and a state from which nothing leads there.
        ([submit(0, 1, ROUTED), read(2, 3, Seen(2, Status.SENT))], False),
        ([submit(0, 1, ROUTED), read(2, 3, SENT), read(4, 5, Seen(4, Status.DRAFTED))], False),
        # Nothing was heard of a submission: it may have been taken late, or not at all.
        ([submit(0, math.inf, None), read(1, 2, DRAFT)], True),
        ([submit(0, math.inf, None), read(1, 2, ROUTED)], True),
    ],
)
def test_a_history_fits_into_one_order_or_not(history: list[Act], *, fits: bool):
    assert linearizable(history, first=DRAFT) is fits


async def test_what_four_callers_see_at_once_while_a_worker_works_fits_into_one_order(
    house: House,
):
    random = Random(3)
    for _ in range(6):
        id = await drafted(house, await somebody(house))

        async def work() -> None:
            for _ in range(6):
                await house.worker.step()

        callers = [call(house.app(), id, random, 6) for _ in range(4)]
        _, *seen = await asyncio.gather(work(), *callers)
        history = [act for each in seen for act in each]
        assert linearizable(history, first=DRAFT), history
