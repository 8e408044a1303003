"""Which events of the feed an owner of webhooks may see: those of applications that it may see."""

from typing import Any

from sqlalchemy import Uuid, and_, bindparam, case, cast, func, select, true
from sqlalchemy.sql.elements import ColumnElement

from services.financing.db.applications import CONDITIONS, reach
from services.financing.db.tables import application, event
from shared.auth import Caller
from shared.db import Row, Statement, Unit

_UUID = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
_named = event.c.data["application_id"].astext
_application_id = case(
    (event.c.kind.startswith("application."), event.c.subject_id),
    (_named.regexp_match(_UUID), cast(_named, Uuid)),
)
_news = (
    select(
        event.c.number,
        event.c.kind,
        event.c.subject_id,
        _application_id.label("application_id"),
    )
    .where(event.c.number > bindparam("after"))
    .order_by(event.c.number)
    .limit(bindparam("limit"))
    .subquery("news")
)


def _seen(visible: ColumnElement[bool]) -> Statement:
    return Statement(
        select(
            _news.c.number,
            _news.c.kind,
            func.coalesce(_news.c.application_id, _news.c.subject_id).label("stream_id"),
            visible.label("visible"),
        )
        .select_from(_news.outerjoin(application, application.c.id == _news.c.application_id))
        .order_by(_news.c.number)
    )


_WHOLE_FEED = _seen(true())
_SEEN = {
    name: _seen(and_(application.c.id.is_not(None), *conditions))
    for name, conditions in CONDITIONS.items()
}


async def sees(
    unit: Unit, owner: Caller, *, whole_feed: bool, after: int, limit: int
) -> list[Row]:
    """Return the next events of the feed and whether an owner may see them.

    Whoever reads the feed sees all of it; anybody else the events of applications, and of what
    belongs to one (`application_id` in their data), as far as those may be seen.
    """
    if whole_feed:
        return await unit.rows(_WHOLE_FEED, after=after, limit=limit)
    kind, values = reach(owner)
    asked: dict[str, Any] = {"after": after, "limit": limit, **values}
    return await unit.rows(_SEEN[kind], **asked)
