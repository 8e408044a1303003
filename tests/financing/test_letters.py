"""Letters over HTTP: one for each refusal, written once, as JSON and as a PDF."""

import hashlib
from typing import Any

from shared.auth import Kind
from tests.financing.house import SHOP, House
from tests.financing.reviewers import fact, objected, proposal, ruled

BANK, OTHER = "kur-bank-nusantara", "kur-bank-samudra"
NO_LICENCE = {**SHOP, "business": {**SHOP["business"], "nib": False, "sku": False}}


async def letter_of(house: House, id: str, **headers: str) -> Any:
    return await house.app().get(f"/applications/{id}/letter", headers=headers)


async def test_our_own_refusal_is_told_by_a_letter_that_can_be_checked(house: House):
    id = (await house.submitted(40_000_000, declared=NO_LICENCE))["id"]
    reply = await letter_of(house, id)
    assert (reply.status_code, reply.headers["content-type"]) == (200, "application/json")
    assert hashlib.sha256(reply.content).hexdigest() == reply.headers["purna-letter-sha256"]
    letter = reply.json()
    assert (letter["kind"], letter["application_id"]) == ("decision", id)
    assert "5203055403880001" not in reply.text
    assert "Siti" not in reply.text
    assert "NIB" in reply.text

    pdf = await letter_of(house, id, accept="application/pdf")
    assert (pdf.status_code, pdf.headers["content-type"]) == (200, "application/pdf")
    assert pdf.content.startswith(b"%PDF-")
    assert (await letter_of(house, id, accept="application/pdf")).content == pdf.content
    refused = await letter_of(house, id, accept="text/html")
    assert (refused.status_code, refused.json()["type"]) == (406, "/problems/not-acceptable")

    events = (await house.financing.client().get("/events")).json()["items"]
    (issued,) = [event for event in events if event["kind"] == "letter.issued"]
    assert issued["data"] == {"application_id": id, "kind": "decision", "copies": []}


async def test_a_refused_kur_penempatan_pmi_goes_to_kp2mi_as_well(house: House):
    contract = {"contract_months": 24, "siskop2mi": False, "e_kpmi": False}
    declared = {**NO_LICENCE, "placement": contract}
    id = (await house.submitted(40_000_000, declared=declared))["id"]
    letter = (await letter_of(house, id)).json()
    (copies,) = [section for section in letter["sections"] if section["about"] == "copies"]
    assert "KP2MI" in copies["paragraphs"][0]["text_id"]
    ministry = house.financing.client(Kind.MINISTRY_ANALYST, id="kp2mi")
    assert (await ministry.get(f"/applications/{id}/letter")).json() == letter


async def test_the_last_lenders_refusal_is_told_with_each_lenders_reasons(house: House):
    for lender in (BANK, OTHER):
        await house.instruct(lender, "refuse")
    id = (await house.submitted(40_000_000))["id"]
    none_yet = await letter_of(house, id)
    assert (none_yet.status_code, none_yet.json()["type"]) == (404, "/problems/no-letter")
    assert "routed" in none_yet.json()["detail"]
    await house.until(id, "refused")
    reply = await letter_of(house, id)
    assert reply.json()["kind"] == "lender"
    for leg in (await house.read(id, "/submissions"))["items"]:
        assert leg["reasons"]
        assert all(reason in reply.text for reason in leg["reasons"])


async def test_an_upheld_objection_has_a_letter_of_its_own_and_the_first_one_stays(house: House):
    id = (await house.submitted(40_000_000, declared=NO_LICENCE))["id"]
    first = (await letter_of(house, id)).json()
    review = await objected(house, id, "Saya sudah punya NIB!")
    assert (await letter_of(house, id)).json() == first  # while it is contested
    await ruled(house, review, proposal("uphold"))
    second = await letter_of(house, id)
    assert second.json()["kind"] == "review"
    assert second.json()["number"] != first["number"]
    assert "Saya sudah punya NIB!" in second.text
    assert "Surat NIB sudah kami periksa." in second.text
    pool = house.financing.database.writes.pool
    kept = await pool.fetch("SELECT number, document, sha256 FROM letter ORDER BY id")
    assert [row["number"] for row in kept] == [first["number"], second.json()["number"]]
    for row in kept:
        assert hashlib.sha256(row["document"].encode()).digest() == row["sha256"]


async def test_after_an_override_to_a_yes_there_is_no_letter_of_refusal(house: House):
    id = (await house.submitted(40_000_000, declared=NO_LICENCE))["id"]
    await ruled(house, await objected(house, id), fact("business.nib", new="true"))
    reply = await letter_of(house, id)
    assert (reply.status_code, reply.json()["type"]) == (404, "/problems/no-letter")


async def test_a_letter_is_read_by_whoever_may_read_the_application(house: House):
    id = (await house.submitted(40_000_000, declared=NO_LICENCE))["id"]
    foreign = await house.app("app-b").get(f"/applications/{id}/letter")
    assert (foreign.status_code, foreign.json()["type"]) == (
        404,
        "/problems/application-not-found",
    )
