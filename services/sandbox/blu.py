"""The contract of the BLU: plain REST in Indonesian words, HMAC-SHA256, Idempotency-Key."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Annotated, cast

import orjson
from fastapi import APIRouter, Depends, FastAPI, Request, Response
from pydantic import Field

from services.sandbox.behaviour import NoSuchBehaviour
from services.sandbox.courier import Letter
from services.sandbox.desk import (
    PAGE_MAX,
    TOLERANCE_SECONDS,
    Malformed,
    No,
    Noes,
    Terms,
    Unauthorised,
    install,
    lender_of,
    order,
    path_of,
    read,
)
from services.sandbox.keys import BluKeys
from services.sandbox.ledger import Entry, Stage, Step
from services.sandbox.lender import (
    Broken,
    Lender,
    NoSuchApplication,
    NoSuchPlace,
    NotFromHere,
    OtherContent,
    Resting,
)
from shared.clock import Now
from shared.wire import Amount, Code, Day, LongText, Months, PersonNik, Text, VillageCode

NOES: Noes = MappingProxyType(
    {
        Malformed: No(400, "ISIAN_SALAH", "Isian tidak ada atau tidak sah"),
        NoSuchBehaviour: No(400, "ISIAN_SALAH", "X-Sandbox-Behaviour tidak dikenal"),
        NoSuchPlace: No(400, "ISIAN_SALAH", "sesudah bukan tempat dalam buku"),
        Unauthorised: No(401, "TIDAK_BERWENANG", "Kunci, waktu atau tanda tangan tidak sah"),
        NoSuchApplication: No(404, "TIDAK_DITEMUKAN", "Tidak ada pengajuan dengan kunci ini"),
        OtherContent: No(422, "KUNCI_BERISI_LAIN", "Kunci sudah dipakai dengan isi lain"),
        NotFromHere: No(409, "TERLAMBAT", "Pengajuan tidak dapat dibatalkan lagi"),
        Broken: No(500, "GANGGUAN", "Terjadi gangguan"),
        Resting: No(503, "ISTIRAHAT", "Tidak ada yang dicatat; coba lagi"),
    }
)

WORDS: Mapping[Stage, str] = MappingProxyType(
    {
        Stage.RECEIVED: "diterima",
        Stage.KOMITE: "komite",
        Stage.MKP: "mkp",
        Stage.SP3: "sp3",
        Stage.APPROVED: "disetujui",
        Stage.AKAD: "akad",
        Stage.DISBURSED: "cair",
        Stage.REPAID: "lunas",
        Stage.REFUSED: "ditolak",
        Stage.CANCELLED: "dibatalkan",
    }
)


class Pemohon(Terms):
    """The borrower."""

    jenis: Code
    nama: Text
    nik_orang: PersonNik | None = None
    nomor_induk_koperasi: Code | None = None
    tanggal_lahir: Day | None = None
    kode_desa: VillageCode | None = None


class Pengajuan(Terms):
    """The body of POST /pengajuan."""

    produk: Code
    jumlah: Amount
    jangka_waktu_bulan: Months
    tujuan: LongText
    jenis_akad: Code
    pemohon: Pemohon


class Daftar(Terms):
    """The body of POST /pengajuan/daftar."""

    sesudah: Text | None = None
    batas: Annotated[int, Field(strict=True, ge=1, le=PAGE_MAX)] = PAGE_MAX


class Agency:
    """The BLU's secrets."""

    def __init__(self, keys: BluKeys) -> None:
        self.keys = keys

    def authenticate(
        self, target: str, headers: Mapping[str, str], body: bytes, *, now: datetime
    ) -> None:
        """Raise `Unauthorised` unless the request is signed; `target` is `METHOD.path`."""
        timestamp = headers.get("X-Timestamp", "")
        if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) < 12):
            raise Unauthorised
        if abs(now.timestamp() - int(timestamp)) > TOLERANCE_SECONDS:
            raise Unauthorised
        if headers.get("X-Key-Id") != self.keys.key_id:
            raise Unauthorised
        expected = mac(self.keys.secret, f"{timestamp}.{target}", body)
        if not hmac.compare_digest(expected.encode(), headers.get("X-Signature", "").encode()):
            raise Unauthorised

    def seal(self, path: str, letter: Letter, now: datetime) -> Mapping[str, str]:
        """Return the headers of a callback."""
        timestamp = str(int(now.timestamp()))
        return {
            "X-Key-Id": self.keys.callback_key_id,
            "X-Timestamp": timestamp,
            "X-Signature": mac(self.keys.callback_secret, f"{timestamp}.POST.{path}", letter.body),
        }


def mac(secret: str, head: str, body: bytes) -> str:
    """Return the signature of `timestamp.METHOD.path` and the raw body, in lower-case hex."""
    return hmac.new(secret.encode(), f"{head}.".encode() + body, hashlib.sha256).hexdigest()


router = APIRouter()


def agency_of(request: Request) -> Agency:
    """Return the agency that this request is addressed to."""
    return cast("Agency", request.app.state.agency)


async def signed(request: Request, now: Now) -> bytes:
    """Return the raw body of a request whose signature holds."""
    body = await request.body()
    target = f"{request.method}.{path_of(request)}"
    agency_of(request).authenticate(target, request.headers, body, now=now)
    return body


Signed = Annotated[bytes, Depends(signed)]


@router.post("/pengajuan")
async def apply(request: Request, body: Signed) -> Response:
    """Take an application once for each Idempotency-Key."""
    key = request.headers.get("Idempotency-Key", "")
    if not 0 < len(key) <= 64:
        raise Malformed("Idempotency-Key")
    terms = read(Pengajuan, body)
    pemohon = terms.pemohon
    number = pemohon.nik_orang or pemohon.nomor_induk_koperasi or pemohon.nama
    taking = await lender_of(request).take(
        order(
            terms,
            reference=key,
            amount=terms.jumlah,
            borrower=(pemohon.nama, number),
            secret=agency_of(request).keys.secret,
        ),
        asked=request.headers.get("X-Sandbox-Behaviour"),
    )
    content = view(taking.entry) | {"kunci": taking.reference}
    return _say(200 if taking.repeated else 201, **content)


@router.post("/pengajuan/daftar")
async def ledger(request: Request, body: Signed) -> Response:
    """Show a page of everything that was ever taken, for the partner to compare."""
    asked = read(Daftar, body)
    entries, following = lender_of(request).export(asked.sesudah, asked.batas)
    lines = [view(entry) | {"alasan": list[str]()} for entry in entries]
    return _say(200, pengajuan=lines, berikut=following)


@router.get("/pengajuan/{key}", dependencies=[Depends(signed)])
async def get(request: Request, key: str) -> Response:
    """Tell what became of an application."""
    return _say(200, **view(lender_of(request).tell(key)))


@router.post("/pengajuan/{key}/batal", dependencies=[Depends(signed)])
async def cancel(request: Request, key: str) -> Response:
    """Withdraw an application before its pencairan."""
    return _say(200, **view(lender_of(request).cancel(key)))


def view(entry: Entry, step: Step | None = None) -> dict[str, object]:
    """Return an application as this contract writes it, at a step or at its last one."""
    step = step or entry.history[-1]
    assert entry.order is not None  # noqa: S101 (an entry with a history has its order)
    return {
        "kunci": entry.reference,
        "nomor": entry.lender_reference,
        "status": WORDS[step.stage],
        "waktu": step.at,
        "jumlah": entry.order.amount,
        "alasan": list(step.reasons),
    }


def compose(entry: Entry, step: Step) -> Letter:
    """Write the callback of one step."""
    body = orjson.dumps({"peristiwa": step.event_id, **view(entry, step)})
    return Letter(event_id=step.event_id, body=body)


def desk(lender: Lender, agency: Agency) -> FastAPI:
    """Return the application that speaks this contract."""
    app = FastAPI(title="BLU", docs_url=None, redoc_url=None)
    app.state.lender = lender
    app.state.agency = agency
    app.include_router(router)
    install(app, NOES, _refuse)
    return app


def _refuse(request: Request, no: No, error: Exception) -> Response:
    sentence = f"{no.sentence}: {error}" if isinstance(error, Malformed) else no.sentence
    content = view(error.entry) if isinstance(error, NotFromHere) else {}
    return _say(no.status, kode=no.code, pesan=sentence, **content)


def _say(status: int, /, **content: object) -> Response:
    return Response(orjson.dumps(content), status, media_type="application/json")
