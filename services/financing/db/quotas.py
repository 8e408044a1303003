"""Named queries on quotas: what is left, what is held for whom, and who waits.

Rows are locked in one order everywhere: the application, its submission, then quotas by id.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import (
    Integer,
    Text,
    and_,
    bindparam,
    cast,
    exists,
    func,
    insert,
    or_,
    select,
    text,
    update,
)

from services.financing.db.tables import quota, quota_holding, quota_waiting
from services.financing.domain.quota import HELD_DAYS, WINDOW_DAYS, Holding, Quota, Waiting
from shared.db import Reader, Row, Statement, Unit
from shared.sql_json import as_object, as_text, columns, page_of

WAITING_MAX = 200
"""How many of those who wait are looked at in one go."""


class QuotaExists(Exception):
    """There is a quota for this lender, product, province and year already."""


class QuotaCommitted(Exception):
    """More than the new total is held or used already."""


class QuotaNotFound(Exception):
    """There is no such quota, or the caller may not see it."""


_drawn_by_waiting = and_(
    quota_waiting.c.left_at.is_(None),
    quota_waiting.c.channel == quota.c.channel,
    or_(quota.c.product.is_(None), quota.c.product == quota_waiting.c.product),
    or_(quota.c.province_code.is_(None), quota.c.province_code == quota_waiting.c.province_code),
)
_waited_for = exists().where(_drawn_by_waiting)
_in_province = or_(
    quota.c.province_code.is_(None), quota.c.province_code == bindparam("province_code")
)
_FIELDS = (
    quota.c.id,
    quota.c.channel,
    quota.c.product,
    quota.c.province_code,
    quota.c.total,
    quota.c.held,
    quota.c.used,
)
_LEFT = Statement(
    select(*_FIELDS, _waited_for.label("waited_for")).where(
        quota.c.year == bindparam("year"), _in_province
    )
)
_DRAWN = Statement(
    select(*_FIELDS, _waited_for.label("waited_for"))
    .where(
        quota.c.year == bindparam("year"),
        quota.c.channel == bindparam("channel"),
        or_(quota.c.product.is_(None), quota.c.product == bindparam("product")),
        _in_province,
    )
    .order_by(quota.c.id)
    .with_for_update(of=quota)
)
_OF_CHANNEL = Statement(
    select(*_FIELDS)
    .where(quota.c.year == bindparam("year"), quota.c.channel == bindparam("channel"))
    .order_by(quota.c.id)
    .with_for_update()
)
_HOLD = Statement(
    """
    WITH moved AS (
      UPDATE quota SET held = held + $2 WHERE id = any($1::uuid[]) RETURNING id
    )
    INSERT INTO quota_holding
           (quota_id, submission_id, application_id, amount, status, expires_on,
            created_at, changed_at)
    SELECT id, $3, $4, $2, 'held', $5, $6, $6 FROM moved
    """,
    *("ids", "amount", "submission_id", "application_id", "expires_on", "now"),
)
_HOLDINGS = Statement(
    select(quota_holding, quota.c.total, quota.c.held, quota.c.used)
    .join(quota, quota.c.id == quota_holding.c.quota_id)
    .where(quota_holding.c.submission_id == bindparam("submission_id"))
    .order_by(quota.c.id)
    .with_for_update()
)
_MOVE = Statement(
    """
    WITH holding AS (
      UPDATE quota_holding SET status = $3, amount = $4, changed_at = $5
      WHERE quota_id = $1 AND submission_id = $2
    )
    UPDATE quota SET held = held + $6, used = used + $7, recheck = recheck OR $6 + $7 < 0
    WHERE id = $1
    """,
    *("quota_id", "submission_id", "status", "amount", "now", "held", "used"),
)
_EXPIRED = Statement(
    select(quota_holding.c.submission_id)
    .where(quota_holding.c.status == Holding.HELD, quota_holding.c.expires_on < bindparam("on"))
    .limit(1)
)
_WAIT = Statement(
    insert(quota_waiting).values(
        {column.name: bindparam(column.name) for column in quota_waiting.c if not column.identity}
    )
)
_LEAVE = Statement(
    update(quota_waiting)
    .where(quota_waiting.c.application_id == bindparam("of"), quota_waiting.c.left_at.is_(None))
    .values(left_at=bindparam("now"))
)
_waiting_fields = (
    quota_waiting.c.number,
    quota_waiting.c.application_id,
    quota_waiting.c.channel,
    quota_waiting.c.product,
    quota_waiting.c.province_code,
    quota_waiting.c.amount,
)
_NEXT = Statement(
    select(*_waiting_fields, quota_waiting.c.leg_no, quota_waiting.c.rate_bp)
    .where(quota_waiting.c.channel == bindparam("channel"), quota_waiting.c.left_at.is_(None))
    .order_by(quota_waiting.c.number)
    .limit(bindparam("limit"))
)
_REACHABLE = Statement(
    """
    SELECT id, status FROM application WHERE id = any($1::uuid[]) ORDER BY id
    FOR UPDATE SKIP LOCKED
    """,
    "ids",
)
# One process at a time serves those who wait for a lender; the others need not wait for it.
_RECHECK = Statement(
    """
    SELECT channel FROM (SELECT DISTINCT channel FROM quota WHERE recheck AND year = $1) AS found
    WHERE pg_try_advisory_xact_lock(hashtextextended('quota:' || channel, 0))
    LIMIT 1
    """,
    "year",
)
_RECHECKED = Statement(
    update(quota)
    .where(quota.c.channel == bindparam("of"), quota.c.year == bindparam("of_year"))
    .values(recheck=False)
)

_taken = (
    select(func.coalesce(func.sum(quota_holding.c.amount), 0))
    .where(
        quota_holding.c.quota_id == quota.c.id,
        quota_holding.c.created_at > bindparam("since"),
        text("quota_holding.status IN ('held', 'used')"),
    )
    .scalar_subquery()
)
_in_row = (
    select(
        func.json_build_object(
            "applications",
            func.count(),
            "amount",
            func.coalesce(func.sum(quota_waiting.c.amount), 0),
        )
    )
    .where(_drawn_by_waiting)
    .scalar_subquery()
)
_shown = as_object(
    **columns(quota, "id", "channel", "product", "province_code", "year", "total", "held", "used"),
    remaining=quota.c.total - quota.c.held - quota.c.used,
    waiting=_in_row,
    taken_lately=_taken,
    **columns(quota, "version", "created_at", "changed_at"),
)


_only = cast(bindparam("only"), Text)
_of_year = cast(bindparam("of_year"), Integer)
_visible = or_(_only.is_(None), quota.c.channel == _only)
_GET = Statement(
    select(quota, as_text(_shown).label("body")).where(_visible, quota.c.id == bindparam("id"))
)
_LOCK = Statement(select(quota).where(quota.c.id == bindparam("id")).with_for_update())
_PAGE = Statement(
    page_of(
        select(quota.c.id, _shown.label("body"))
        .where(
            quota.c.id > bindparam("after"),
            _visible,
            or_(_of_year.is_(None), quota.c.year == _of_year),
        )
        .order_by(quota.c.id)
        .limit(bindparam("limit"))
    )
)
_ADD = Statement(insert(quota))
_CHANGE = Statement(
    update(quota)
    .where(quota.c.id == bindparam("of"))
    .values(
        total=bindparam("total"),
        recheck=True,
        version=quota.c.version + 1,
        changed_at=bindparam("now"),
    )
)
_PLACES = Statement(
    """
    WITH mine AS (
      SELECT * FROM quota_waiting WHERE application_id = $1 AND left_at IS NULL
    ), drawn AS (
      SELECT mine.number, quota.* FROM mine JOIN quota ON quota.channel = mine.channel
      WHERE quota.year = $2
        AND (quota.product IS NULL OR quota.product = mine.product)
        AND (quota.province_code IS NULL OR quota.province_code = mine.province_code)
    )
    SELECT mine.channel, mine.product, mine.amount, mine.created_at,
           coalesce(ahead.applications, 0) AS applications_ahead,
           coalesce(ahead.amount, 0)::bigint AS amount_ahead,
           left_.remaining, left_.taken::bigint
    FROM mine
    LEFT JOIN LATERAL (
      SELECT min(total - held - used) AS remaining,
             max((SELECT coalesce(sum(h.amount), 0) FROM quota_holding h
                  WHERE h.quota_id = drawn.id AND h.created_at > $3
                    AND h.status IN ('held', 'used'))) AS taken
      FROM drawn WHERE drawn.number = mine.number
    ) AS left_ ON true
    LEFT JOIN LATERAL (
      SELECT count(*) AS applications, sum(other.amount) AS amount FROM quota_waiting other
      WHERE other.left_at IS NULL AND other.channel = mine.channel AND other.number < mine.number
        AND EXISTS (
          SELECT 1 FROM drawn WHERE drawn.number = mine.number
            AND (drawn.product IS NULL OR drawn.product = other.product)
            AND (drawn.province_code IS NULL OR drawn.province_code = other.province_code))
    ) AS ahead ON true
    ORDER BY mine.number
    """,
    *("id", "year", "since"),
)


async def left(db: Reader | Unit, *, year: int, province: str | None) -> list[Row]:
    """Return every quota of a year that may cover a loan in a province.

    `waited_for` tells whether somebody waits for it already.
    """
    return await db.rows(_LEFT, year=year, province_code=province)


async def hold(
    unit: Unit,
    *,
    application_id: UUID,
    submission_id: UUID,
    channel: str,
    product: str,
    province: str | None,
    amount: int,
    on: date,
    now: datetime,
    in_turn: bool = False,
) -> bool:
    """
    Hold money for a submission in every quota that covers it; False when one has too little.

    Whoever comes `in_turn` has waited; anybody else gets nothing where somebody waits already.
    """
    drawn = await unit.rows(
        _DRAWN, year=on.year, channel=channel, product=product, province_code=province
    )
    for each in drawn:
        waited_for = each["waited_for"] and not in_turn
        if waited_for or quota_of(each).remaining < amount:
            return False
    if drawn:
        await unit.run(
            _HOLD,
            ids=[each["id"] for each in drawn],
            amount=amount,
            submission_id=submission_id,
            application_id=application_id,
            expires_on=on + timedelta(days=HELD_DAYS),
            now=now,
        )
    return True


async def give_back(unit: Unit, submission_id: UUID, *, now: datetime) -> None:
    """Release what a submission holds or has used: no loan has come of it, or none is found."""
    for each in await unit.rows(_HOLDINGS, submission_id=submission_id):
        amount = each["amount"]
        if each["status"] == Holding.HELD:
            await _move(unit, each, Holding.RELEASED, amount, held=-amount, used=0, now=now)
        elif each["status"] == Holding.USED:
            await _move(unit, each, Holding.RELEASED, amount, held=0, used=-amount, now=now)


async def expire(unit: Unit, submission_id: UUID, *, now: datetime) -> None:
    """Release what has been held for too long; what is used by now stays used."""
    for each in await unit.rows(_HOLDINGS, submission_id=submission_id):
        if each["status"] == Holding.HELD:
            amount = each["amount"]
            await _move(unit, each, Holding.EXPIRED, amount, held=-amount, used=0, now=now)


async def use(unit: Unit, submission_id: UUID, *, granted: int, now: datetime) -> bool:
    """
    Turn what is held for a submission into what is used; False when a quota is exceeded.

    A lender's akad stands, whatever the quota says: where the holding has lapsed and nothing is
    left, or more was granted than held, the excess is kept beside the quota and reported.
    """
    within = True
    for each in await unit.rows(_HOLDINGS, submission_id=submission_id):
        if each["status"] in {Holding.USED, Holding.EXCEEDED}:
            continue
        back = each["amount"] if each["status"] == Holding.HELD else 0
        room = each["total"] - each["held"] - each["used"] + back
        fits = granted <= room
        within = within and fits
        status, used = (Holding.USED, granted) if fits else (Holding.EXCEEDED, 0)
        await _move(unit, each, status, granted, held=-back, used=used, now=now)
    return within


async def _move(
    unit: Unit,
    holding: Row,
    status: Holding,
    amount: int,
    *,
    held: int,
    used: int,
    now: datetime,
) -> None:
    await unit.run(
        _MOVE,
        quota_id=holding["quota_id"],
        submission_id=holding["submission_id"],
        status=status,
        amount=amount,
        held=held,
        used=used,
        now=now,
    )


async def lapsed(unit: Unit, *, on: date) -> UUID | None:
    """Return a submission whose money has been held for too long."""
    row = await unit.row(_EXPIRED, on=on)
    return row["submission_id"] if row else None


async def wait(unit: Unit, **values: Any) -> None:
    """Put an application into the row of those who wait for a lender's quota."""
    await unit.run(_WAIT, left_at=None, **values)


async def leave(unit: Unit, application_id: UUID, *, now: datetime) -> None:
    """Take an application out of every row that it waits in."""
    await unit.run(_LEAVE, of=application_id, now=now)


async def to_recheck(unit: Unit, *, year: int) -> str | None:
    """Return a lender whose quota has grown, ours to serve until the unit ends; or None."""
    row = await unit.row(_RECHECK, year=year)
    return row["channel"] if row else None


async def rechecked(unit: Unit, channel: str, *, year: int) -> None:
    """Note that all who wait for a lender have been looked at."""
    await unit.run(_RECHECKED, of=channel, of_year=year)


async def next_in_row(unit: Unit, channel: str) -> list[Row]:
    """Return the first `WAITING_MAX` who wait for a lender."""
    return await unit.rows(_NEXT, channel=channel, limit=WAITING_MAX)


async def reachable(unit: Unit, ids: Sequence[UUID]) -> dict[UUID, str]:
    """Lock those of these applications that nobody else holds; return the status of each."""
    rows = await unit.rows(_REACHABLE, ids=sorted(ids))
    return {row["id"]: row["status"] for row in rows}


async def of_channel(unit: Unit, channel: str, *, year: int) -> list[Quota]:
    """Return a lender's quotas of a year, held against other writers."""
    return [quota_of(row) for row in await unit.rows(_OF_CHANNEL, year=year, channel=channel)]


async def get(db: Reader | Unit, id: UUID, *, only: str | None, now: datetime) -> Row:
    """Return one quota with its JSON as `body`; raises `QuotaNotFound`."""
    row = await db.row(_GET, id=id, only=only, since=now - timedelta(days=WINDOW_DAYS))
    return _found(row)


async def page(
    db: Reader, *, only: str | None, year: int | None, after: UUID, limit: int, now: datetime
) -> Row | None:
    """Return a page of quotas; `only` of one lender, `year` of one year."""
    since = now - timedelta(days=WINDOW_DAYS)
    return await db.row(_PAGE, only=only, of_year=year, after=after, limit=limit, since=since)


async def lock(unit: Unit, id: UUID) -> Row:
    """Return one quota, held against other writers; raises `QuotaNotFound`."""
    return _found(await unit.row(_LOCK, id=id))


async def add(unit: Unit, **values: Any) -> None:
    """Write a new quota; raises `QuotaExists`."""
    try:
        await unit.run(_ADD, held=0, used=0, recheck=True, version=1, **values)
    except asyncpg.UniqueViolationError:
        raise QuotaExists("This lender has a quota for the same loans of that year.") from None


async def set_total(unit: Unit, id: UUID, *, total: int, now: datetime) -> None:
    """Change what a lender may lend; raises `QuotaCommitted` below what is held and used."""
    try:
        await unit.run(_CHANGE, of=id, total=total, now=now)
    except asyncpg.CheckViolationError:
        raise QuotaCommitted("More than that is held or used already.") from None


async def places(db: Reader, application_id: UUID, *, year: int, now: datetime) -> list[Row]:
    """Return where an application waits, each with what is before it and what is left."""
    since = now - timedelta(days=WINDOW_DAYS)
    return await db.rows(_PLACES, id=application_id, year=year, since=since)


def quota_of(row: Row) -> Quota:
    """Return a row as the domain reads it."""
    return Quota(
        id=row["id"],
        channel=row["channel"],
        product=row["product"],
        province=row["province_code"],
        total=row["total"],
        held=row["held"],
        used=row["used"],
    )


def waiting_of(row: Row) -> Waiting:
    """Return a row of those who wait as the domain reads it."""
    return Waiting(
        number=row["number"],
        application_id=row["application_id"],
        channel=row["channel"],
        product=row["product"],
        province=row["province_code"],
        amount=row["amount"],
    )


def _found(row: Row | None) -> Row:
    if row is None:
        raise QuotaNotFound("There is no quota with this id that you may see.")
    return row
