"""Two people of the ministry, and what they do at a review."""

from typing import Any

import httpx

from shared.auth import Kind
from tests.conftest import once
from tests.financing.house import House

WRONG = "Saya sudah punya NIB sejak bulan lalu."


def reviewer(house: House, id: str = "reviewer-a", **more: Any) -> httpx.AsyncClient:
    return house.financing.client(Kind.MINISTRY_ANALYST, id=id, **more)


async def objected(house: House, id: str, reason: str = WRONG) -> dict[str, Any]:
    path = f"/applications/{id}/objection"
    reply = await house.app().post(path, json={"reason": reason}, headers=once())
    assert reply.status_code == 201, reply.text
    return reply.json()


def proposal(ruling: str, **more: Any) -> dict[str, Any]:
    return {
        "ruling": ruling,
        "why": "Surat NIB sudah kami periksa.",
        "evidence": "NIB di OSS, dilihat 24 November 2026",
        **more,
    }


def fact(path: str, new: str) -> dict[str, Any]:
    return proposal("override", correction={"path": path, "new": new})


async def act(
    house: House, review: dict[str, Any], act: str, body: dict[str, Any], by: str
) -> httpx.Response:
    """Propose, confirm or reject, as somebody who has read the review as it is given."""
    headers = {**once(), "If-Match": f'"{review["version"]}"'}
    path = f"/reviews/{review['id']}/{act}"
    return await reviewer(house, by).post(path, json=body, headers=headers)


async def proposed(
    house: House, review: dict[str, Any], body: dict[str, Any], by: str = "reviewer-a"
) -> dict[str, Any]:
    reply = await act(house, review, "proposal", body, by)
    assert reply.status_code == 200, reply.text
    return reply.json()


async def ruled(house: House, review: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    """Let two people rule so."""
    waiting = await proposed(house, review, body)
    reply = await act(house, waiting, "confirmation", {}, "reviewer-b")
    assert reply.status_code == 200, reply.text
    return reply.json()


async def open_review(house: House, id: str) -> dict[str, Any]:
    """The review of an application that somebody has still to act on."""
    items = (await reviewer(house).get("/reviews")).json()["items"]
    (one,) = [
        each
        for each in items
        if each["application_id"] == id and each["status"] in {"open", "proposed"}
    ]
    return one
