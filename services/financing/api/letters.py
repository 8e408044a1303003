"""/applications/{id}/letter: the letter of a refusal, as JSON or as an accessible PDF."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Request, Response
from pydantic import Field

from services.financing.api.applications import ApplicationsReader
from services.financing.api.letter_pdf import Press
from services.financing.api.problems import PROBLEMS
from services.financing.db import applications, letters
from services.financing.db.applications import ApplicationNotFound
from services.financing.domain.letter import About, Kind, NoLetter
from shared.accept import NotAcceptable, preferred
from shared.edge import Read, router
from shared.wire import Out

JSON, PDF = "application/json", "application/pdf"
routes = router("/applications", tags=["applications"])


class ParagraphOut(Out):
    """One thing that a letter says, and on what it rests; an empty basis where there is none."""

    text_id: str
    text_en: str
    basis_id: str
    basis_en: str


class SectionOut(Out):
    """One part of a letter. `ordered`: its paragraphs are steps, to be taken in this order."""

    about: About
    heading_id: str
    heading_en: str
    ordered: bool
    paragraphs: list[ParagraphOut]


class LetterOut(Out):
    """A letter as it was issued; it never changes. It names no person and no NIK."""

    number: Annotated[str, Field(description="Unique; a letter is quoted by it")]
    kind: Kind
    issued_on: date
    issued_on_id: Annotated[str, Field(description="The same day in Indonesian words")]
    application_id: UUID
    amount: int
    tenor_months: int
    title_id: str
    title_en: str
    addressee_id: str
    addressee_en: str
    sections: list[SectionOut]


@routes.get(
    "/{id}/letter",
    response_model=LetterOut,
    responses=PROBLEMS.openapi(ApplicationNotFound, NoLetter, NotAcceptable)
    | {
        200: {
            "description": "The letter",
            "content": {PDF: {"schema": {"type": "string", "contentMediaType": PDF}}},
        }
    },
    operation_id="get_letter",
)
async def get_letter(caller: ApplicationsReader, db: Read, request: Request, id: UUID) -> Response:
    """Show the letter about the decision in force, where it was no, or not yet.

    With `Accept: application/pdf` it is an accessible PDF in Indonesian. `Purna-Letter-SHA256` is
    the SHA-256 of the letter's JSON, byte for byte as this address answers it.
    """
    app = await applications.get(db, caller, id)
    row = await letters.in_force(db, id)
    if row is None:
        raise NoLetter(f"The application is {app['status']}: nobody has refused it as it stands.")
    media = preferred(request.headers.get("accept"), (JSON, PDF))
    headers = {"purna-letter-sha256": row["sha256"].hex(), "vary": "Accept"}
    if media == JSON:
        return Response(row["document"], headers=headers, media_type=JSON)
    press: Press = request.app.state.press
    name = row["number"].replace("/", "-")
    headers["content-disposition"] = f'inline; filename="{name}.pdf"'
    pdf = await press.pdf(row["document"], row["issued_at"])
    return Response(pdf, headers=headers, media_type=PDF)
