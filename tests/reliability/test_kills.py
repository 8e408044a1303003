"""A worker that is killed, wherever: one effect in the lender's ledger, and no trace missing."""

import ast
import asyncio
from contextlib import suppress
from pathlib import Path

import pytest

from bench.kills import (
    BANK,
    CASES,
    DEATH_SECONDS,
    Case,
    Ground,
    Loan,
    NotFinished,
    Nursery,
    Situation,
    effects_of,
    gaps,
    killed,
    off_the_graph,
    version_gaps,
)
from services.financing import progress
from services.financing import worker as worker_module
from services.financing.channels import ChannelRefused
from services.financing.domain.submission import IllegalTransition
from services.financing.worker import Claim, Errand, Worker, _errand
from shared.ids import new_id

AFTER_SENDING = Case(Situation.SENDING, "worker.after_send", 1)


def points_in(module: str | None) -> set[str]:
    """Return the name of every fault point in a module's source."""
    calls = (
        node
        for node in ast.walk(ast.parse(Path(str(module)).read_text()))
        if isinstance(node, ast.Call)
    )
    return {
        call.args[0].value
        for call in calls
        if isinstance(call.func, ast.Attribute)
        and call.func.attr == "at"
        and call.args
        and isinstance(call.args[0], ast.Constant)
    }


def test_every_fault_point_of_the_worker_is_killed_at():
    assert {case.point for case in CASES} == points_in(worker_module.__file__)
    assert len(set(CASES)) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: "-".join(map(str, case)))
async def test_killed_at_a_point_leaves_one_effect_and_a_whole_history(
    ground: Ground, nursery: Nursery, case: Case
):
    assert await killed(ground, case, nursery) == []


async def taken(ground: Ground, loan: Loan) -> None:
    """Wait until a lender has entered the application."""
    while effects_of(await ground.ledgers()).get(loan.borrower) != 1:  # noqa: ASYNC110
        await asyncio.sleep(0.05)  # what is waited for is in another process


async def test_killed_while_the_lender_holds_its_answer_it_is_not_sent_again(ground: Ground):
    await ground.instruct(BANK, "timeout_after_accept", 1)
    loan = await ground.submitted()
    process = await ground.start()
    try:
        async with asyncio.timeout(DEATH_SECONDS):
            await taken(ground, loan)
    finally:
        process.kill()
        await process.wait()
    await ground.finish(loan.id, "disbursed")
    assert await ground.wrongs(loan) == []
    (entry,) = [
        entry
        for entry in (await ground.ledgers())[BANK]["entries"]
        if entry["borrower_name"] == loan.borrower
    ]
    assert entry["requests"] == 1


class SendsAfresh(Worker):
    """A worker without the stable key: what it finds half sent it sends under a new one."""

    async def _proposal(self, claim: Claim):
        proposal = await super()._proposal(claim)
        object.__setattr__(proposal, "submission_id", new_id())
        return proposal


class GoesElsewhere(Worker):
    """A worker that takes silence for a no: what it finds half sent it gives up."""

    async def _speak(self, claim: Claim):
        if claim.sub["channel"] == BANK and claim.errand is Errand.SEND:
            return ChannelRefused("silence")
        return await super()._speak(claim)


@pytest.mark.parametrize(
    ("mutant", "expected"),
    [(SendsAfresh, "hold 2 effects"), (GoesElsewhere, "was left although")],
)
async def test_the_judge_turns_red_on_a_worker_that_does_not_ask_first(
    ground: Ground,
    nursery: Nursery,
    monkeypatch: pytest.MonkeyPatch,
    mutant: type[Worker],
    expected: str,
):
    """The kill is the same; only the defence is gone, and the machine that would stop it."""
    loan = await ground.submitted()
    await ground.die(AFTER_SENDING, nursery)

    def sends_at_once(status, *, withdrawal):
        errand = _errand(status, withdrawal=withdrawal)
        return Errand.SEND if status is worker_module.Status.SENDING else errand

    def forgiving(sub, event):
        with suppress(IllegalTransition):
            return whole_machine(sub, event)
        return worker_module.Status.SENDING

    whole, whole_machine = ground.worker, progress.after
    with monkeypatch.context() as patch:
        patch.setattr(worker_module, "_errand", sends_at_once)
        patch.setattr(progress, "after", forgiving)
        await ground.later(minutes=2)
        assert await mutant(whole.database, whole.channels, whole.registry, whole.clock).step()
    with suppress(NotFinished):
        await ground.finish(loan.id, "disbursed", steps=20)
    wrongs = await ground.wrongs(loan)
    assert any(expected in wrong for wrong in wrongs), wrongs


async def test_the_judge_turns_red_on_a_history_or_a_feed_with_a_hole(ground: Ground):
    loan = await ground.submitted()
    await ground.finish(loan.id, "disbursed")
    steps = (await ground.read(loan.id, "/steps"))["items"]
    events = await ground.events()
    assert off_the_graph(steps) == []
    assert off_the_graph(steps[:2] + steps[3:])
    assert gaps(events) == []
    assert gaps(events[:5] + events[6:])
    application = await ground.read(loan.id)
    own = [event for event in events if event["subject_id"] == loan.id]
    assert version_gaps(own, application) == []
    assert version_gaps(own[:-1], application)
    assert version_gaps([*own, own[-1]], application)
