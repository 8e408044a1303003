"""The ledger and the script of each lender, for people and tests; absent in production."""

from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, HTTPException, Request, Response, status
from pydantic import BaseModel, ConfigDict, Field

from services.sandbox.behaviour import Behaviour
from services.sandbox.ledger import Entry, Ledger, Stage
from services.sandbox.lender import Lender, NoSuchApplication, NotFromHere
from shared.wire import LongText

REASONS_MAX = 20
"""The contracts' own limit: with more, or with an empty one, the partner could not read it."""

router = APIRouter(prefix="/{lender}", tags=["console"])


class Advance(BaseModel):
    """The stage to move to, and what to say with it."""

    model_config = ConfigDict(extra="forbid")

    stage: Stage
    reasons: Annotated[tuple[LongText, ...], Field(max_length=REASONS_MAX)] = ()


class Instruction(BaseModel):
    """How to act by default, for ever or for so many submissions; null ends it."""

    model_config = ConfigDict(extra="forbid")

    behaviour: Behaviour | None
    submissions: int | None = Field(None, ge=1)


def lender_of(request: Request, lender: str) -> Lender:
    """Return the lender named in the address."""
    lenders = cast("dict[str, Lender]", request.app.state.lenders)
    if lender not in lenders:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "No such lender")
    return lenders[lender]


Named = Annotated[Lender, Depends(lender_of)]


@router.get("/ledger")
async def show(lender: str, at: Named) -> dict[str, Any]:
    """Show everything the lender did: the truth about exactly once."""
    entries = [present(entry) for entry in at.ledger]
    return {
        "lender": lender,
        "totals": {
            "references": len(entries),
            "requests": sum(entry["requests"] for entry in entries),
            "effects": sum(entry["effects"] for entry in entries),
            "disbursements": sum(entry["disbursements"] for entry in entries),
        },
        "entries": entries,
        "borrowers": borrowers(at.ledger),
    }


@router.delete("/ledger", status_code=status.HTTP_204_NO_CONTENT)
async def clear(at: Named) -> Response:
    """Forget every application of this lender and stop its callbacks."""
    await at.clear()
    return Response(status_code=status.HTTP_204_NO_CONTENT)


@router.get("/ledger/{reference}")
async def show_one(reference: str, at: Named) -> dict[str, Any]:
    """Show one reference, also one that was asked for and never taken."""
    for entry in at.ledger:
        if entry.reference == reference:
            return present(entry)
    raise HTTPException(status.HTTP_404_NOT_FOUND, "No request ever named this reference")


@router.post("/ledger/{reference}/advance")
async def advance(reference: str, to: Advance, at: Named) -> dict[str, Any]:
    """Move an application to a later stage by hand."""
    try:
        return present(at.advance(reference, to.stage, to.reasons))
    except NoSuchApplication:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "Never taken") from None
    except NotFromHere as error:
        raise HTTPException(
            status.HTTP_409_CONFLICT, f"Not from {error.entry.stage} to {to.stage}"
        ) from None


@router.put("/behaviour")
async def instruct(to: Instruction, at: Named) -> dict[str, Any]:
    """Set how the lender acts on submissions that ask for nothing themselves."""
    at.script.write(to.behaviour, submissions=to.submissions)
    return {"behaviour": at.script.behaviour, "submissions_left": at.script.left}


@router.get("/behaviour")
async def instruction(at: Named) -> dict[str, Any]:
    """Show the standing instruction."""
    return {"behaviour": at.script.behaviour, "submissions_left": at.script.left}


def present(entry: Entry) -> dict[str, Any]:
    """Return an entry without the borrower's number, which the ledger never holds."""
    order = entry.order
    return {
        "reference": entry.reference,
        "lender_reference": entry.lender_reference or None,
        "amount": order.amount if order else None,
        "borrower_name": order.borrower_name if order else None,
        "borrower": order.borrower if order else None,
        "stage": entry.stage,
        "requests": entry.requests,
        "inquiries": entry.inquiries,
        "effects": entry.effects,
        "disbursements": entry.disbursements,
        "history": [
            {"event_id": s.event_id, "stage": s.stage, "at": s.at, "reasons": list(s.reasons)}
            for s in entry.history
        ],
    }


def borrowers(ledger: Ledger) -> list[dict[str, Any]]:
    """Return each borrower with all references, so that a second loan of one borrower shows."""
    found: dict[str, dict[str, Any]] = {}
    for entry in ledger:
        if entry.order is None:
            continue
        row = found.setdefault(
            entry.order.borrower,
            {
                "borrower": entry.order.borrower,
                "borrower_name": entry.order.borrower_name,
                "references": [],
                "effects": 0,
                "disbursements": 0,
            },
        )
        row["references"].append(entry.reference)
        row["effects"] += entry.effects
        row["disbursements"] += entry.disbursements
    return list(found.values())
