"""What the three contracts have in common at the counter: reading a body, and saying no."""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar, cast

from fastapi import FastAPI, Request, Response
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.exceptions import HTTPException

from services.sandbox.behaviour import NoSuchBehaviour
from services.sandbox.ledger import Order
from services.sandbox.lender import (
    RETRY_AFTER_SECONDS,
    Broken,
    Garbled,
    Lender,
    NoSuchApplication,
    NoSuchPlace,
    NotFromHere,
    OtherContent,
    Resting,
)

PAGE_MAX = 200
"""How many applications one page of a ledger's export has at most."""

TOLERANCE_SECONDS = 300

Model = TypeVar("Model", bound=BaseModel)


class Malformed(Exception):
    """A field of the request is missing or wrong; carries the field's name, never its value."""


class Unauthorised(Exception):
    """The caller did not prove who it is; carries the reason."""


class Terms(BaseModel):
    """A request body with nothing undeclared; the types of the wire are strict themselves."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class No:
    """One way of saying no: the status, and the contract's own code and sentence."""

    status: int
    code: str
    sentence: str


Noes = Mapping[type[Exception], No]
Writer = Callable[[Request, No, Exception], Response]

REFUSALS: tuple[type[Exception], ...] = (
    Malformed,
    NoSuchBehaviour,
    Unauthorised,
    NoSuchApplication,
    NoSuchPlace,
    OtherContent,
    NotFromHere,
    Broken,
    Resting,
)
"""Every contract must have a `No` for each of these."""


def install(app: FastAPI, noes: Noes, write: Writer) -> None:
    """Let every refusal, unknown address included, leave in the words of the contract."""
    for kind in REFUSALS:
        app.add_exception_handler(kind, _handler(noes[kind], write))
    app.add_exception_handler(Garbled, _garbled)

    async def elsewhere(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 404
        return write(request, No(status, "00", "No such address or method"), error)

    app.add_exception_handler(HTTPException, elsewhere)


def _handler(no: No, write: Writer) -> Callable[[Request, Exception], Response]:
    def handle(request: Request, error: Exception) -> Response:
        response = write(request, no, error)
        if isinstance(error, Resting):
            response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
        return response

    return handle


def _garbled(request: Request, error: Exception) -> Response:
    return Response("<html><body>It works!</body></html>", media_type="text/html")


def lender_of(request: Request) -> Lender:
    """Return the lender whose contract this request speaks."""
    return cast("Lender", request.app.state.lender)


def path_of(request: Request) -> str:
    """Return the path below the lender's address, which is what the signatures cover."""
    path: str = request.scope["path"]
    return path.removeprefix(request.scope.get("root_path", ""))


def read(model: type[Model], body: bytes) -> Model:
    """Return the body as the contract's model. `Malformed` names the field, not the value."""
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors(include_input=False)[0]["loc"])
        raise Malformed(where or "body") from None


def order(
    terms: BaseModel, *, reference: str, amount: int, borrower: tuple[str, str], secret: str
) -> Order:
    """
    Return the order behind a request body.

    `borrower` is the name and the number that identifies the borrower; the ledger keeps only a
    keyed digest of the number, because a digest without a key could be guessed back.
    """
    name, number = borrower
    content = hashlib.sha256(terms.model_dump_json().encode())
    digest = hmac.new(secret.encode(), number.encode(), hashlib.sha256)
    return Order(
        reference=reference,
        amount=amount,
        borrower_name=name,
        borrower=digest.hexdigest()[:24],
        fingerprint=content.hexdigest(),
    )
