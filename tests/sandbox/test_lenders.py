"""The sandbox seen from behind its counters: stages, callbacks, counts and scripts."""

import asyncio
import json

import pytest

from services.financing.channels import Borrower, ChannelRefused
from services.sandbox.lender import Pace
from shared.clock import now
from shared.money import Rupiah
from tests.sandbox.lenders import CODES, NIK, a_proposal, a_world

every_lender = pytest.mark.parametrize("code", CODES)
BANK = ["received", "approved", "akad", "disbursed"]


def stages_of(entry):
    return [step["stage"] for step in entry["history"]]


def ids_of(letters):
    return [
        body.get("eventId") or body.get("id") or body.get("peristiwa")
        for body in (json.loads(letter.content) for letter in letters)
    ]


async def test_the_lpdb_walks_its_pipeline(world):
    proposal = a_proposal()
    await world.channels["lpdb"].submit(proposal, now=now())
    await world.box.wait(5)
    entry = await world.entry("lpdb", proposal)
    assert stages_of(entry) == ["received", "komite", "mkp", "sp3", "akad", "disbursed"]
    assert (entry["effects"], entry["disbursements"]) == (1, 1)


@every_lender
async def test_each_callback_is_an_event_of_the_ledger(world, code):
    proposal = a_proposal()
    await world.channels[code].submit(proposal, now=now())
    letters = await world.box.wait(5 if code == "lpdb" else 3)
    entry = await world.entry(code, proposal)
    assert ids_of(letters) == [step["event_id"] for step in entry["history"][1:]]
    assert {letter.url.path for letter in letters} == {f"/callbacks/{code}"}


async def test_a_refusal_is_also_told_by_callback(world):
    for amount in (40_000_901, 40_000_902):
        await world.channels["blu"].submit(a_proposal(amount=Rupiah(amount)), now=now())
    letters = await world.box.wait(2)
    assert {json.loads(letter.content)["status"] for letter in letters} == {"ditolak"}
    assert all(json.loads(letter.content)["alasan"] for letter in letters)


async def test_duplicate_callbacks_come_three_times_with_one_event_id(world):
    await world.channels["blu"].submit(a_proposal(amount=Rupiah(40_000_909)), now=now())
    letters = await world.box.wait(9)
    ids = ids_of(letters)
    assert sorted(ids.count(event) for event in set(ids)) == [3, 3, 3]


async def test_out_of_order_callbacks_come_last_first(world):
    await world.channels["blu"].submit(a_proposal(amount=Rupiah(40_000_910)), now=now())
    letters = await world.box.wait(3)
    told = [json.loads(letter.content)["status"] for letter in letters]
    assert told == ["cair", "akad", "disetujui"]


async def test_a_callback_is_sent_again_until_it_is_taken(world):
    world.box.answers.extend([500, 401, 302])
    await world.channels["blu"].submit(a_proposal(), now=now())
    letters = await world.box.wait(6)
    first, *again = ids_of(letters)
    assert again[:3] == [first] * 3
    assert len(set(ids_of(letters))) == 3


async def test_a_held_application_moves_only_by_hand(world):
    await world.behave("blu", "hold")
    proposal = a_proposal()
    await world.channels["blu"].submit(proposal, now=now())
    address = f"/blu/ledger/{proposal.submission_id}/advance"
    assert stages_of(await world.entry("blu", proposal)) == ["received"]
    assert (await world.console.post(address, json={"stage": "akad"})).status_code == 200
    back = await world.console.post(address, json={"stage": "approved"})
    assert back.status_code == 409
    refused = await world.console.post(address, json={"stage": "refused", "reasons": ["X: y"]})
    assert refused.json()["history"][-1]["reasons"] == ["X: y"]
    assert (await world.console.post(address, json={"stage": "disbursed"})).status_code == 409
    told = [json.loads(letter.content)["status"] for letter in await world.box.wait(2)]
    assert told == ["akad", "ditolak"]


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize(
    "reason", ["The house was not visited", "NIB: missing: 2 pages", "X: ", ": y"]
)
async def test_whatever_is_said_at_the_console_can_be_read_by_the_partner(world, code, reason):
    await world.behave(code, "hold")
    proposal = a_proposal()
    await world.channels[code].submit(proposal, now=now())
    address = f"/{code}/ledger/{proposal.submission_id}/advance"
    said = await world.console.post(address, json={"stage": "refused", "reasons": [reason]})
    assert said.status_code == 200
    (letter,) = await world.box.wait(1)
    told = world.channels[code].verify(
        "POST", letter.url.path, letter.headers, letter.content, now=now()
    )
    assert told.reasons[0].endswith(reason)
    found = await world.channels[code].inquire(proposal.submission_id, now=now())
    assert found is not None
    assert found.reasons == told.reasons


@pytest.mark.parametrize("reasons", [[""], ["a\nb"], ["x" * 2001], ["x"] * 21])
async def test_a_reason_that_no_contract_can_carry_is_not_taken(world, reasons):
    await world.behave("blu", "hold")
    proposal = a_proposal()
    await world.channels["blu"].submit(proposal, now=now())
    address = f"/blu/ledger/{proposal.submission_id}/advance"
    said = await world.console.post(address, json={"stage": "refused", "reasons": reasons})
    assert said.status_code == 422
    assert stages_of(await world.entry("blu", proposal)) == ["received"]


async def test_a_disbursed_loan_can_be_repaid_by_hand_and_then_rests(world):
    proposal = a_proposal()
    await world.channels["blu"].submit(proposal, now=now())
    await world.box.wait(3)
    address = f"/blu/ledger/{proposal.submission_id}/advance"
    assert (await world.console.post(address, json={"stage": "repaid"})).status_code == 200
    assert (await world.console.post(address, json={"stage": "refused"})).status_code == 409


async def test_a_withdrawn_application_goes_no_further():
    pace = Pace(stage=0.05, retry=0)
    async with a_world(pace=pace) as world:
        proposal = a_proposal()
        await world.channels["blu"].submit(proposal, now=now())
        await world.channels["blu"].cancel(proposal.submission_id, now=now())
        other = a_proposal()
        await world.channels["blu"].submit(other, now=now())
        await world.box.wait(4)  # the withdrawal, and three stages of the later application
        assert stages_of(await world.entry("blu", proposal)) == ["received", "cancelled"]


async def test_a_second_loan_of_one_borrower_shows_whatever_its_reference(world):
    siti = a_proposal()
    again = a_proposal()
    other = a_proposal(borrower=Borrower(kind="person", name="Budi", person_nik=NIK[::-1]))
    for proposal in (siti, siti, again, other):
        await world.channels["blu"].submit(proposal, now=now())
    ledger = await world.ledger("blu")
    assert ledger["totals"]["requests"] == 4
    assert ledger["totals"]["effects"] == 3
    loans = {row["borrower_name"]: row["effects"] for row in ledger["borrowers"]}
    assert loans == {"Siti Aminah": 2, "Budi": 1}


async def test_requests_are_counted_also_where_nothing_was_taken(world):
    proposal = a_proposal()
    await world.behave("lpdb", "error_5xx", submissions=2)
    for _ in range(2):
        with pytest.raises(Exception, match="500"):
            await world.channels["lpdb"].submit(proposal, now=now())
    await world.channels["lpdb"].inquire(proposal.submission_id, now=now())
    entry = await world.entry("lpdb", proposal)
    assert (entry["requests"], entry["inquiries"], entry["effects"]) == (2, 1, 0)
    assert entry["stage"] is None


async def test_the_header_goes_before_the_amount_and_the_amount_before_the_script(world):
    await world.behave("blu", "refuse")
    by_script = await world.channels["blu"].submit(a_proposal(), now=now())
    by_amount = await world.channels["blu"].submit(
        a_proposal(amount=Rupiah(40_000_912)), now=now()
    )
    assert (by_script.stage, by_amount.stage) == ("refused", "received")
    await world.behave("blu", None)
    assert (await world.channels["blu"].submit(a_proposal(), now=now())).stage == "received"
    channel = world.channels["blu"]
    send = channel._outbound.send

    async def asking(*args, headers, **rest):
        return await send(*args, headers=headers | {"X-Sandbox-Behaviour": "refuse"}, **rest)

    channel._outbound.send = asking
    by_header = await channel.submit(a_proposal(amount=Rupiah(40_000_912)), now=now())
    assert by_header.stage == "refused"


async def test_a_script_for_one_submission_is_over_after_it(world):
    await world.behave("blu", "refuse", submissions=1)
    stages = [(await world.channels["blu"].submit(a_proposal(), now=now())).stage for _ in "ab"]
    assert stages == ["refused", "received"]


async def test_the_two_banks_keep_two_ledgers(world):
    proposal = a_proposal()
    await world.channels["kur-bank-nusantara"].submit(proposal, now=now())
    assert (await world.ledger("kur-bank-samudra"))["entries"] == []
    asked = await world.channels["kur-bank-samudra"].inquire(proposal.submission_id, now=now())
    assert asked is None


async def test_a_cleared_ledger_is_empty_and_sends_nothing_more(world):
    await world.behave("blu", "hold")
    proposal = a_proposal()
    await world.channels["blu"].submit(proposal, now=now())
    assert (await world.console.delete("/blu/ledger")).status_code == 204
    assert (await world.ledger("blu"))["entries"] == []
    assert await world.channels["blu"].inquire(proposal.submission_id, now=now()) is None


async def test_submissions_that_arrive_together_book_one_loan(world):
    await world.behave("lpdb", "hold")
    proposal = a_proposal()
    sent = [world.channels["lpdb"].submit(proposal, now=now()) for _ in range(10)]
    answers = await asyncio.gather(*sent)
    assert len({answer.reference for answer in answers}) == 1
    entry = await world.entry("lpdb", proposal)
    assert (entry["requests"], entry["effects"]) == (10, 1)


async def test_the_ledger_outlives_its_process_and_goes_on(tmp_path):
    held, going = a_proposal(), a_proposal()
    async with a_world(ledger_folder=tmp_path) as world:
        await world.behave("blu", "hold")
        await world.channels["blu"].submit(held, now=now())
        await world.behave("blu", None)
        await world.channels["blu"].submit(going, now=now())
        await world.box.wait(3)
        before = await world.ledger("blu")
    with (tmp_path / "blu.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"kind": "requested", "refer')  # killed inside a write
    async with a_world(ledger_folder=tmp_path) as world:
        assert await world.ledger("blu") == before
        await world.channels["blu"].submit(held, now=now())
        assert (await world.entry("blu", held))["requests"] == 2
    async with a_world(ledger_folder=tmp_path) as world:
        assert (await world.entry("blu", held))["requests"] == 2


async def test_an_application_under_way_is_finished_by_the_next_process(tmp_path):
    slow = Pace(stage=60, retry=0)
    proposal = a_proposal()
    async with a_world(pace=slow, ledger_folder=tmp_path) as world:
        await world.channels["blu"].submit(proposal, now=now())
    async with a_world(ledger_folder=tmp_path) as world:
        await world.box.wait(4)  # what was reached before is told once more
        assert stages_of(await world.entry("blu", proposal)) == BANK


async def test_no_ledger_holds_a_persons_number(tmp_path):
    async with a_world(ledger_folder=tmp_path) as world:
        for code in CODES:
            await world.channels[code].submit(a_proposal(), now=now())
            assert NIK not in json.dumps(await world.ledger(code))
            assert NIK not in (tmp_path / f"{code}.jsonl").read_text(encoding="utf-8")


@every_lender
async def test_every_no_is_json_in_the_manner_of_the_contract(world, code):
    key = {"lpdb": "error", "blu": "kode"}.get(code, "responseCode")
    for method, path in (
        ("GET", "/nowhere"),
        ("POST", "/nowhere"),
        ("POST", "/pengajuan"),
        ("POST", "/v1.0/kur/applications"),
        ("POST", "/v1.0/access-token/b2b"),
        ("POST", "/token"),
        ("PUT", "/proposals/x"),
        ("DELETE", "/v1.0/kur/applications"),
    ):
        reply = await world.console.request(method, f"/{code}{path}", content=b"{}")
        assert reply.status_code in {400, 401, 404, 405}, reply.text
        assert key in reply.json(), reply.text


@every_lender
async def test_an_unsigned_request_reaches_no_ledger(world, code):
    for method, path in (
        ("POST", "/pengajuan"),
        ("POST", "/v1.0/kur/applications"),
        ("PUT", "/proposals/x"),
    ):
        await world.console.request(method, f"/{code}{path}", json={"amount": 1})
    assert (await world.ledger(code))["entries"] == []


async def test_an_unknown_lender_has_no_console(world):
    for path in ("/nobody/ledger", "/blu/ledger/none"):
        assert (await world.console.get(path)).status_code == 404


async def test_the_sandbox_says_when_it_is_ready(world):
    assert (await world.console.get("/readyz")).status_code == 200


async def test_nothing_runs_on_after_the_sandbox_has_stopped():
    before = asyncio.all_tasks()
    async with a_world(pace=Pace(stage=0, retry=60)) as world:
        world.box.answers.append(500)  # so that a callback waits for its second try
        await world.channels["blu"].submit(a_proposal(), now=now())
        await world.channels["lpdb"].submit(a_proposal(), now=now())
        await world.box.wait(1)
        assert asyncio.all_tasks() > before
    assert asyncio.all_tasks() == before


async def test_an_unknown_behaviour_is_refused_and_nothing_is_taken(world):
    channel, proposal = world.channels["blu"], a_proposal()
    send = channel._outbound.send

    async def asking(*args, headers, **rest):
        return await send(*args, headers=headers | {"X-Sandbox-Behaviour": "dance"}, **rest)

    channel._outbound.send = asking
    with pytest.raises(ChannelRefused):
        await channel.submit(proposal, now=now())
    assert (await world.entry("blu", proposal))["effects"] == 0
