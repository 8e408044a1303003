"""Each channel against the lender's real application: the contract, spoken end to end."""

from datetime import timedelta
from uuid import uuid4

import pytest

from services.financing.channels import (
    Borrower,
    ChannelRefused,
    ChannelUnavailable,
    ChannelUnknown,
)
from services.financing.domain.submission import Stage
from shared.clock import now
from shared.money import Rupiah
from tests.sandbox.lenders import CODES, NIK, QUICK, a_proposal, a_world

every_lender = pytest.mark.parametrize("code", CODES)


def ending_in(digits: int) -> Rupiah:
    return Rupiah(40_000_000 + digits)


@every_lender
async def test_a_proposal_is_received_and_can_be_asked_for(world, code):
    await world.behave(code, "hold")
    proposal = a_proposal()
    answer = await world.channels[code].submit(proposal, now=now())
    assert answer.stage is Stage.RECEIVED
    assert answer.reasons == ()
    assert answer.reference
    assert abs(now() - answer.at) < timedelta(minutes=1)
    assert await world.channels[code].inquire(proposal.submission_id, now=now()) == answer


@every_lender
async def test_the_same_again_is_the_same_loan(world, code):
    await world.behave(code, "hold")
    proposal = a_proposal()
    first = await world.channels[code].submit(proposal, now=now())
    assert await world.channels[code].submit(proposal, now=now()) == first
    entry = await world.entry(code, proposal)
    assert (entry["requests"], entry["effects"]) == (2, 1)


@every_lender
async def test_a_reference_of_another_content_is_to_be_asked_about(world, code):
    """The lender has something under our reference: nobody else may be tried on that word."""
    proposal = a_proposal()
    await world.channels[code].submit(proposal, now=now())
    other = a_proposal(submission_id=proposal.submission_id, amount=Rupiah(41_000_000))
    with pytest.raises(ChannelUnknown):
        await world.channels[code].submit(other, now=now())
    found = await world.channels[code].inquire(proposal.submission_id, now=now())
    assert found is not None
    assert found.amount == proposal.amount
    assert (await world.entry(code, proposal))["amount"] == proposal.amount


@every_lender
async def test_what_was_never_submitted_has_never_been_seen(world, code):
    assert await world.channels[code].inquire(uuid4(), now=now()) is None


@every_lender
async def test_a_refusal_is_an_answer_with_reasons(world, code):
    proposal = a_proposal(amount=ending_in(901))
    answer = await world.channels[code].submit(proposal, now=now())
    assert answer.stage is Stage.REFUSED
    assert answer.reasons == (
        "CAPACITY: the instalment exceeds what the declared income can carry",
        "DOCUMENTS: the business licence (NIB) is missing",
    )
    assert (await world.entry(code, proposal))["effects"] == 0


@every_lender
async def test_a_timeout_after_accepting_is_unknown_and_the_loan_is_there(code):
    async with a_world(seconds=2) as world:
        proposal = a_proposal(amount=ending_in(904))
        with pytest.raises(ChannelUnknown):
            await world.channels[code].submit(proposal, now=now())
        found = await world.channels[code].inquire(proposal.submission_id, now=now())
        assert found is not None
        again = await world.channels[code].submit(proposal, now=now())
        assert again.reference == found.reference
        assert (await world.entry(code, proposal))["effects"] == 1


@every_lender
@pytest.mark.parametrize(
    ("digits", "effects"),
    [(905, 1), (906, 0), (907, 1), (911, 1)],
    ids=["garbage", "error_5xx", "error_after_accept", "other_reference"],
)
async def test_an_answer_that_proves_nothing_is_unknown(world, code, digits, effects):
    proposal = a_proposal(amount=ending_in(digits))
    with pytest.raises(ChannelUnknown):
        await world.channels[code].submit(proposal, now=now())
    found = await world.channels[code].inquire(proposal.submission_id, now=now())
    assert (found is not None) == bool(effects)
    assert (await world.entry(code, proposal))["effects"] == effects


@every_lender
async def test_a_resting_lender_took_nothing_and_says_when_to_come_again(world, code):
    await world.behave(code, "unavailable", submissions=1)
    proposal = a_proposal()
    with pytest.raises(ChannelUnavailable) as caught:
        await world.channels[code].submit(proposal, now=now())
    assert caught.value.retry_after == timedelta(seconds=2)
    assert await world.channels[code].inquire(proposal.submission_id, now=now()) is None
    assert (await world.channels[code].submit(proposal, now=now())).stage is Stage.RECEIVED


@every_lender
async def test_a_slow_lender_within_the_deadline_is_a_lender(world, code):
    answer = await world.channels[code].submit(a_proposal(amount=ending_in(903)), now=now())
    assert answer.stage is Stage.RECEIVED


@every_lender
async def test_a_withdrawal_holds_and_may_be_said_twice(world, code):
    await world.behave(code, "hold")
    channel, proposal = world.channels[code], a_proposal()
    await channel.submit(proposal, now=now())
    assert (await channel.cancel(proposal.submission_id, now=now())).stage is Stage.CANCELLED
    assert (await channel.cancel(proposal.submission_id, now=now())).stage is Stage.CANCELLED
    found = await channel.inquire(proposal.submission_id, now=now())
    assert found is not None
    assert found.stage is Stage.CANCELLED


@every_lender
async def test_a_withdrawal_after_pencairan_is_answered_with_the_stage(world, code):
    channel, proposal = world.channels[code], a_proposal()
    await channel.submit(proposal, now=now())
    await world.box.wait(5 if code == "lpdb" else 3)
    assert (await channel.cancel(proposal.submission_id, now=now())).stage is Stage.DISBURSED


@every_lender
async def test_a_withdrawal_of_nothing_is_refused(world, code):
    with pytest.raises(ChannelRefused):
        await world.channels[code].cancel(uuid4(), now=now())


@every_lender
async def test_a_message_out_of_the_contract_is_refused_without_its_content(world, code):
    borrower = Borrower(kind="person", name="Siti", person_nik=f"{NIK}9")
    with pytest.raises(ChannelRefused) as caught:
        await world.channels[code].submit(a_proposal(borrower=borrower), now=now())
    assert NIK not in repr(caught.value)


@pytest.mark.parametrize("code", ["kur-bank-nusantara", "kur-bank-samudra", "lpdb"])
async def test_a_token_that_the_lender_forgot_is_fetched_anew(world, code):
    channel = world.channels[code]
    await channel.submit(a_proposal(), now=now())
    channel._token._token = "forgotten"
    assert (await channel.submit(a_proposal(), now=now())).stage is Stage.RECEIVED


@pytest.mark.parametrize("code", ["kur-bank-nusantara", "kur-bank-samudra", "blu"])
async def test_our_clock_far_off_is_no_answer_about_the_loan(world, code):
    with pytest.raises(ChannelUnavailable):
        await world.channels[code].submit(a_proposal(), now=now() + timedelta(hours=1))


async def test_every_callback_of_every_lender_verifies_at_its_own_channel(world):
    proposals = {code: a_proposal() for code in CODES}
    for code, proposal in proposals.items():
        await world.channels[code].submit(proposal, now=now())
    letters = await world.box.wait(3 + 3 + 5 + 3)
    told: dict[str, list[Stage]] = {code: [] for code in CODES}
    for letter in letters:
        code = letter.url.path.rsplit("/", 1)[-1]
        event = world.channels[code].verify(
            letter.method, letter.url.path, letter.headers, letter.content, now=now()
        )
        assert event.submission_id == proposals[code].submission_id
        assert event.amount == proposals[code].amount
        told[code].append(event.stage)
    bank = [Stage.APPROVED, Stage.AKAD, Stage.DISBURSED]
    assert told == {
        "kur-bank-nusantara": bank,
        "kur-bank-samudra": bank,
        "lpdb": [Stage.KOMITE, Stage.MKP, Stage.SP3, Stage.AKAD, Stage.DISBURSED],
        "blu": bank,
    }


async def test_the_first_bank_refuses_a_large_kur_kecil_and_the_second_takes_it(world):
    large = Rupiah(300_000_000)
    first = await world.channels["kur-bank-nusantara"].submit(
        a_proposal(product="kur-kecil", amount=large), now=now()
    )
    second = await world.channels["kur-bank-samudra"].submit(
        a_proposal(product="kur-kecil", amount=large), now=now()
    )
    assert (first.stage, second.stage) == (Stage.REFUSED, Stage.RECEIVED)
    assert first.reasons == ("APPETITE: the amount is above what this lender grants at present",)


async def test_a_cooperative_is_a_borrower_of_every_contract():
    koperasi = Borrower(
        kind="cooperative",
        name="Koperasi Pekerja Migran Sejahtera",
        coop_registry_no="5201010020001",
        village_code="52.01.01.2001",
    )
    async with a_world(pace=QUICK) as world:
        for channel in world.channels.values():
            answer = await channel.submit(a_proposal(borrower=koperasi), now=now())
            assert answer.stage is Stage.RECEIVED
