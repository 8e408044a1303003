"""As many borrowers as a test needs, each with one application."""

from itertools import count
from typing import Any

from tests.conftest import once
from tests.financing.house import SHOP, House

_numbers = count(1)
AMOUNT = 40_000_000


async def somebody(house: House) -> dict[str, str]:
    """Register a person whom no other test has."""
    number = next(_numbers)
    id = await house.person(
        full_name=f"Purna Pekerja {number}", person_nik=f"520305540388{number:04}"
    )
    return {"kind": "person", "id": id}


def asked(borrower: dict[str, str]) -> dict[str, Any]:
    """Return what an application of this borrower asks for."""
    return {"borrower": borrower, "amount": AMOUNT, "tenor_months": 24, "declared": SHOP}


async def drafted(house: House, borrower: dict[str, str]) -> str:
    """Draft an application and return its id."""
    reply = await house.app().post("/applications", json=asked(borrower), headers=once())
    assert reply.status_code == 201, reply.text
    return reply.json()["id"]


async def routed(house: House) -> dict[str, Any]:
    """Submit an application of somebody new: it waits to be sent to the first lender."""
    id = await drafted(house, await somebody(house))
    reply = await house.app().post(f"/applications/{id}/submission", headers=once())
    assert reply.json()["status"] == "routed", reply.text
    return reply.json()


async def legs(house: House, id: str) -> list[dict[str, Any]]:
    """Return the submissions of an application, in the order of its route."""
    return (await house.read(id, "/submissions"))["items"]
