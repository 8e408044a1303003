"""The public service agency (BLU) of the Ministry of Cooperatives."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Annotated, Literal
from uuid import UUID

import orjson
from pydantic import Field, StringConstraints

from services.financing.channels import (
    Answer,
    CallbackRejected,
    ChannelRefused,
    ChannelUnavailable,
    ChannelUnknown,
    LedgerLine,
    LedgerPage,
    LenderEvent,
    Proposal,
    Rejection,
)
from services.financing.channels.wire import (
    LINES_MAX,
    PAGE_LINES,
    REASONS_MAX,
    Said,
    epoch,
    fresh,
    need,
    read,
    read_event,
    send,
)
from services.financing.domain.submission import Stage
from shared.outbound import Outbound, Reply
from shared.wire import Amount, Code, Instant, LongText, Text

_Word = Literal[
    "diterima",
    "komite",
    "mkp",
    "sp3",
    "disetujui",
    "akad",
    "cair",
    "lunas",
    "ditolak",
    "dibatalkan",
]

STAGES: Mapping[str, Stage] = MappingProxyType(
    {
        "diterima": Stage.RECEIVED,
        "komite": Stage.KOMITE,
        "mkp": Stage.MKP,
        "sp3": Stage.SP3,
        "disetujui": Stage.APPROVED,
        "akad": Stage.AKAD,
        "cair": Stage.DISBURSED,
        "lunas": Stage.REPAID,
        "ditolak": Stage.REFUSED,
        "dibatalkan": Stage.CANCELLED,
    }
)
"""The BLU's words for the stages."""


class _Standing(Said):
    nomor: Code
    status: _Word
    waktu: Instant
    jumlah: Amount


class _Line(_Standing):
    kunci: Code


class _Ledger(Said):
    pengajuan: Annotated[tuple[_Line, ...], Field(max_length=LINES_MAX)]
    berikut: Text | None


class _Pengajuan(_Standing):
    kunci: UUID
    alasan: Annotated[tuple[LongText, ...], Field(max_length=REASONS_MAX)]


class _Event(_Pengajuan):
    peristiwa: UUID


class _Problem(Said):
    kode: Annotated[str, StringConstraints(pattern=r"^[A-Z_]{1,64}$")]


class Blu:
    """
    The BLU's API: HMAC-SHA256 over `timestamp.METHOD.path.body`, both ways.

    `key_id` and `secret` sign what we send, `callback_key_id` and `callback_secret` what it
    sends.
    """

    def __init__(
        self,
        code: str,
        outbound: Outbound,
        *,
        key_id: str,
        secret: str,
        callback_key_id: str,
        callback_secret: str,
    ) -> None:
        self.code = code
        self._outbound = outbound
        self._key_id = key_id
        self._secret = secret.encode()
        self._callback_key_id = callback_key_id
        self._callback_secret = callback_secret.encode()

    async def submit(self, proposal: Proposal, *, now: datetime) -> Answer:
        """Hand a proposal in under its Idempotency-Key."""
        reference = proposal.submission_id
        key = {"Idempotency-Key": str(reference)}
        reply = await self._call("POST", "/pengajuan", _body(proposal), key, now=now)
        if reply.status in (200, 201):
            return _answer(reference, reply)
        if reply.status == 422 and read(_Problem, reply).kode == "KUNCI_BERISI_LAIN":
            raise ChannelUnknown(
                "it has another content under this reference"
            )  # the BLU does have one
        raise _failure(reply)

    async def inquire(self, submission_id: UUID, *, now: datetime) -> Answer | None:
        """Read an application by its key; only the BLU's own 404 means that there is none."""
        reply = await self._call("GET", f"/pengajuan/{submission_id}", now=now)
        if reply.status == 200:
            return _answer(submission_id, reply)
        if reply.status == 404 and read(_Problem, reply).kode == "TIDAK_DITEMUKAN":
            return None
        raise _failure(reply)

    async def cancel(self, submission_id: UUID, *, now: datetime) -> Answer:
        """Withdraw; TERLAMBAT comes with the stage that was too far for it."""
        reply = await self._call("POST", f"/pengajuan/{submission_id}/batal", now=now)
        if reply.status == 200:
            return _answer(submission_id, reply)
        said = (reply.status, read(_Problem, reply).kode)
        if said == (409, "TERLAMBAT"):
            return _answer(submission_id, reply)
        if said == (404, "TIDAK_DITEMUKAN"):
            raise ChannelRefused(said[1])
        raise ChannelUnknown(f"it answered a withdrawal with status {reply.status}", reply)

    async def ledger(self, after: str | None, *, now: datetime) -> LedgerPage:
        """Read a page of the BLU's ledger."""
        body = orjson.dumps({"sesudah": after, "batas": PAGE_LINES})
        reply = await self._call("POST", "/pengajuan/daftar", body, now=now)
        if reply.status != 200:
            raise _failure(reply)
        said = read(_Ledger, reply)
        return LedgerPage(tuple(_line(each) for each in said.pengajuan), said.berikut)

    def verify(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes, *, now: datetime
    ) -> LenderEvent:
        """Check a callback with the callback secret; see `Channel.verify`."""
        key_id, timestamp, signature = need(headers, "X-Key-Id", "X-Timestamp", "X-Signature")
        expected = _mac(self._callback_secret, timestamp, method, path, body)
        given = signature.encode("utf-8", "surrogatepass")
        known = hmac.compare_digest(expected.encode(), given)
        if not known or key_id != self._callback_key_id:
            raise CallbackRejected(Rejection.BAD_SIGNATURE)
        fresh(datetime.fromtimestamp(epoch(timestamp), UTC), now=now)
        event = read_event(_Event, body)
        return LenderEvent(
            event_id=event.peristiwa,
            submission_id=event.kunci,
            stage=STAGES[event.status],
            occurred_at=event.waktu,
            reference=event.nomor,
            amount=event.jumlah,
            reasons=event.alasan,
        )

    async def _call(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        extra: Mapping[str, str] | None = None,
        *,
        now: datetime,
    ) -> Reply:
        timestamp = str(int(now.timestamp()))
        headers = {
            "Content-Type": "application/json",
            "X-Key-Id": self._key_id,
            "X-Timestamp": timestamp,
            "X-Signature": _mac(self._secret, timestamp, method, path, body),
            **(extra or {}),
        }
        until = self._outbound.until()
        reply = await send(
            self._outbound, method, path, headers=headers, content=body, until=until
        )
        if reply.status == 401:
            read(_Problem, reply)  # a 401 of anybody else's makes no promise
            raise ChannelUnavailable
        return reply


def _mac(secret: bytes, timestamp: str, method: str, path: str, body: bytes) -> str:
    head = f"{timestamp}.{method}.{path}.".encode("utf-8", "surrogatepass")
    return hmac.new(secret, head + body, hashlib.sha256).hexdigest()


def _body(proposal: Proposal) -> bytes:
    borrower = proposal.borrower
    pemohon = {
        "jenis": borrower.kind,
        "nama": borrower.name,
        "nik_orang": borrower.person_nik,
        "nomor_induk_koperasi": borrower.coop_registry_no,
        "tanggal_lahir": borrower.birth_date,
        "kode_desa": borrower.village_code,
    }
    return orjson.dumps(
        {
            "produk": proposal.product,
            "jumlah": proposal.amount,
            "jangka_waktu_bulan": proposal.tenor_months,
            "tujuan": proposal.purpose,
            "jenis_akad": proposal.contract_kind,
            "pemohon": pemohon,
        }
    )


def _answer(submission_id: UUID, reply: Reply) -> Answer:
    said = read(_Pengajuan, reply)
    if said.kunci != submission_id:
        raise ChannelUnknown("its answer is about another reference", reply)
    return Answer(
        stage=STAGES[said.status],
        reference=said.nomor,
        amount=said.jumlah,
        reasons=said.alasan,
        at=said.waktu,
    )


def _line(said: _Line) -> LedgerLine:
    return LedgerLine(
        our_reference=said.kunci,
        reference=said.nomor,
        stage=STAGES[said.status],
        amount=said.jumlah,
        at=said.waktu,
    )


def _failure(reply: Reply) -> Exception:
    if reply.status < 400:
        return ChannelUnknown(f"it answered with status {reply.status}", reply)
    return ChannelRefused(read(_Problem, reply).kode, reply)
