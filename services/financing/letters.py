"""
A refusal is told by letter, written in the transaction that refuses and kept as it is.

The letter's text is what was hashed: its SHA-256 can be checked by whoever has it. Its number
comes from a sequence: it never repeats, and a gap means only that something was undone.
"""

import hashlib
from datetime import datetime

import orjson

from services.financing.db import applications, letters, submissions
from services.financing.domain.eligibility import BorrowerKind
from services.financing.domain.letter import (
    ENDED,
    Asked,
    Finding,
    Leg,
    Occasion,
    copied_to,
    letter,
    number,
)
from services.financing.domain.review import Subject
from services.financing.domain.submission import Status
from shared.clock import WIB
from shared.db import Row, Unit
from shared.events import Event
from shared.ids import new_id
from shared.money import Rupiah


async def issue(unit: Unit, app: Row, *, ruled: Row | None, now: datetime) -> None:
    """Write the letter of a locked application that has just been refused, or has to wait.

    `ruled` is the review that led to it, if one did.
    """
    occasion = await _occasion(unit, app, None if ruled is None else _finding(ruled))
    id, issued_on = new_id(), now.astimezone(WIB).date()
    no = number(await letters.next_serial(unit), issued_on)
    written = orjson.dumps(
        letter(occasion, number=no, issued_on=issued_on), option=orjson.OPT_SORT_KEYS
    )
    await letters.add(
        unit,
        id=id,
        application_id=app["id"],
        decision_id=app["decision_id"],
        review_id=None if ruled is None else ruled["id"],
        number=no,
        document=written.decode(),
        sha256=hashlib.sha256(written).digest(),
        issued_at=now,
    )
    unit.record(
        Event(
            kind="letter.issued",
            subject_id=id,
            version=1,
            occurred_at=now,
            data={
                "application_id": str(app["id"]),
                "kind": occasion.kind,
                "copies": list(copied_to(occasion)),
            },
        )
    )


def _finding(ruled: Row) -> Finding:
    objects = ruled["subject"] == Subject.OBJECTION
    return Finding(ruled["reason"] if objects else None, ruled["why"])


async def _occasion(unit: Unit, app: Row, finding: Finding | None) -> Occasion:
    decided = await applications.decided(unit, app["id"])
    legs = [
        Leg(each["channel"], each["product"], Status(each["status"]), each["reasons"])
        for each in await submissions.legs(unit, app["id"])
        if each["decision_id"] == app["decision_id"] and each["status"] in ENDED
    ]
    asked = Asked(
        str(app["id"]),
        BorrowerKind(app["borrower_kind"]),
        Rupiah(app["amount"]),
        app["tenor_months"],
        placement=orjson.loads(app["declared"]).get("placement") is not None,
    )
    return Occasion(asked, orjson.loads(decided["outcome"]), legs, finding)
