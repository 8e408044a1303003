"""
The defences, how a test takes each away, and which test has to turn red then.

Nothing here is known to the program: a defence is taken away by replacing a function, a piece of
SQL or a constraint while one test runs, and put back before the next.
"""

import asyncio
import json
import re
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any, NamedTuple

import asyncpg
import pytest

from services.financing import progress, worker
from services.financing.api import applications as applications_api
from services.financing.api import reviews as reviews_api
from services.financing.channels import kur_bank
from services.financing.db import applications, channels, quotas, submissions
from services.financing.domain.submission import IllegalTransition
from shared import auth, db, edge, idempotency, public_web
from shared.db import Statement, Unit
from tests.conftest import empty

Urls = Mapping[str, str]
"""The database of each service."""

Off = Callable[[Urls], AbstractContextManager[None]]

RACES = "tests/reliability/test_races.py"
CALLBACKS = "tests/reliability/test_callbacks.py"
WORKER = "tests/financing/test_worker.py"
QUOTAS = "tests/financing/test_quotas.py"
REVIEWS = "tests/financing/test_reviews.py"
FOUNDATIONS = "tests/registry/api/test_foundations.py"


class Defence(NamedTuple):
    """What protects, how it is taken away, and the test that has to notice."""

    name: str
    how: str
    test: str
    off: Off


@dataclass(frozen=True, slots=True)
class Patched:
    """Attributes that are another thing for a while: whose, which, and what instead."""

    changes: tuple[tuple[Any, str, Any], ...]

    @contextmanager
    def __call__(self, urls: Urls) -> Generator[None]:
        """Replace them, and put them back."""
        with pytest.MonkeyPatch.context() as patch:
            for whose, which, new in self.changes:
                patch.setattr(whose, which, new)
            yield


def patched(*changes: tuple[Any, str, Any]) -> Off:
    """Replace attributes."""
    return Patched(changes)


def unlocked(*statements: Statement) -> Off:
    """Let statements read without locking what they read."""
    return patched(
        *(
            (each, "sql", re.sub(r"FOR UPDATE( OF \w+(, \w+)*)?( SKIP LOCKED)?", "", each.sql))
            for each in statements
        )
    )


@dataclass(frozen=True, slots=True)
class Dropped:
    """A constraint or an index that is not there for a while."""

    service: str
    table: str
    name: str

    @contextmanager
    def __call__(self, urls: Urls) -> Generator[None]:
        """Drop it, and make it again over emptied tables."""
        made = asyncio.run(self.drop(urls[self.service]))
        try:
            yield
        finally:
            asyncio.run(self.make(urls[self.service], made))

    async def drop(self, url: str) -> str:
        async with connected(url) as connection:
            definition = await connection.fetchval(
                "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = $1", self.name
            )
            if definition is not None:
                await connection.execute(f"ALTER TABLE {self.table} DROP CONSTRAINT {self.name}")
                return f"ALTER TABLE {self.table} ADD CONSTRAINT {self.name} {definition}"
            index = "SELECT indexdef FROM pg_indexes WHERE indexname = $1"
            made = await connection.fetchval(index, self.name)
            await connection.execute(f"DROP INDEX {self.name}")
            return made

    async def make(self, url: str, made: str) -> None:
        async with connected(url) as connection:
            await empty(connection)
            await connection.execute(made)


@asynccontextmanager
async def connected(url: str) -> AsyncGenerator[asyncpg.Connection]:
    """Connect to a database for a moment."""
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


async def _nothing(*given: Any, **named: Any) -> None:
    """Take whatever is given and say nothing."""


def _no_check(*given: Any, **named: Any) -> None:
    """Be content with whatever is given."""


async def _commit_alone(unit: Unit, act: Any, answer: Any, *, now: Any) -> None:
    await unit.commit()


def _whatever_was_sent(row: Any, act: Any) -> idempotency.Answer:
    return idempotency.Answer(row["status"], json.loads(row["headers"]), row["body"])


def _of_everybody(**named: Any) -> idempotency.Act:
    return idempotency.Act(**{**named, "caller_id": "everybody"})


_record = worker.Worker._record


async def _record_whoever_comes(self: Any, claim: Any, outcome: Any) -> None:
    """Pass the fence with the number that it asks for."""
    pool = self.database.writes.pool
    attempt = "SELECT attempt FROM submission WHERE id = $1"
    current = await pool.fetchval(attempt, claim.sub["id"])
    await _record(self, replace(claim, sub={**claim.sub, "attempt": current}), outcome)


_errand, _after = worker._errand, progress.after


def _send_again(status: Any, *, withdrawal: bool) -> worker.Errand:
    """Take silence for a no: what may have arrived is sent again."""
    errand = _errand(status, withdrawal=withdrawal)
    return worker.Errand.SEND if status is worker.Status.UNKNOWN else errand


def _forgiving(sub: Any, event: Any) -> Any:
    with suppress(IllegalTransition):
        return _after(sub, event)
    return worker.Status.SENDING


class _Believing:
    """A public key to which every signature is good."""

    def verify(self, *given: Any) -> None:
        """Say nothing against it."""


_report = submissions.report


async def _always_news(unit: Unit, **values: Any) -> bool:
    await _report(unit, **values)
    return True


_pool = db._pool


def _writable(url: str, size: int, *, read_only: bool) -> Any:
    return _pool(url, size, read_only=False)


_commit = Unit.commit


async def _commit_unheard(self: Unit, answer: tuple[Any, ...] = ()) -> None:
    with suppress(Exception):
        await _commit(self, answer)


async def _anybody(self: Any, request: Any) -> Any:
    return await auth.caller_of(request)


_EVENTS = (
    "INSERT INTO event (number, kind, subject_id, version, occurred_at, data) "
    "SELECT (SELECT coalesce(max(number), 0) FROM event) + e.ordinal, e.kind, e.subject_id, "
    "e.version, e.occurred_at, e.data::jsonb "
    "FROM unnest($1::text[], $2::uuid[], $3::bigint[], $4::timestamptz[], $5::text[]) "
    "WITH ORDINALITY AS e (kind, subject_id, version, occurred_at, data, ordinal)"
)


DEFENCES = (
    Defence(
        "answer kept for an idempotency key",
        "no answer is looked up or stored",
        f"{RACES}::test_twenty_storms_of_twenty_calls_execute_twenty_times",
        patched(
            (idempotency, "begin", _nothing),
            (idempotency, "recall", _nothing),
            (idempotency, "commit", _commit_alone),
        ),
    ),
    Defence(
        "body hash of an idempotency key",
        "a stored answer is given whatever the body",
        f"{RACES}::test_the_same_key_with_another_body_never_answers_for_the_first",
        patched((idempotency, "_answer", _whatever_was_sent)),
    ),
    Defence(
        "caller in the scope of an idempotency key",
        "every caller is taken for the same",
        f"{RACES}::test_another_callers_same_key_is_another_act",
        patched((edge, "Act", _of_everybody)),
    ),
    Defence(
        "row lock of a claim",
        "FOR UPDATE SKIP LOCKED is cut out of the query for what is due",
        f"{WORKER}::test_four_workers_send_each_submission_once",
        unlocked(submissions._DUE, applications._LOCK_ANY),
    ),
    Defence(
        "fence of a worker that was outrun",
        "a late record is given the number of the present claim",
        f"{WORKER}::test_whoever_was_outrun_does_not_put_back_what_another_sends",
        patched((worker.Worker, "_record", _record_whoever_comes)),
    ),
    Defence(
        "unknown is asked about, never sent again",
        "a submission that is unknown is sent once more",
        f"{WORKER}::test_an_answer_that_was_lost_is_asked_for_and_not_sent_again",
        patched((worker, "_errand", _send_again), (progress, "after", _forgiving)),
    ),
    Defence(
        "signature of a callback",
        "the bank's key finds every signature good",
        f"{CALLBACKS}::test_a_forged_report_is_refused_and_changes_nothing",
        patched(
            (
                kur_bank,
                "serialization",
                SimpleNamespace(load_pem_public_key=lambda _: _Believing()),
            )
        ),
    ),
    Defence(
        "five minutes of a callback's signature",
        "its time is not looked at",
        f"{CALLBACKS}::test_a_forged_report_is_refused_and_changes_nothing",
        patched((kur_bank, "fresh", _no_check)),
    ),
    Defence(
        "a lender's event counts once",
        "an event that was kept before is taken for news",
        f"{CALLBACKS}::test_each_event_is_in_the_feed_once_however_often_it_comes",
        patched((submissions, "report", _always_news)),
    ),
    Defence(
        "one application of a borrower under way",
        "the partial unique index is dropped",
        f"{RACES}::test_a_borrower_who_submits_twice_at_once_has_one_application_under_way",
        Dropped("financing", "application", "uq_application_pending"),
    ),
    Defence(
        "row lock of a quota",
        "FOR UPDATE is cut out of the query for the quotas that are drawn",
        f"{QUOTAS}::test_two_that_meet_at_a_quota_share_what_it_has",
        unlocked(quotas._DRAWN),
    ),
    Defence(
        "a quota is not overdrawn",
        "the check constraint is dropped",
        f"{QUOTAS}::test_a_total_is_never_less_than_what_is_promised",
        Dropped("financing", "quota", "ck_quota_not_overdrawn"),
    ),
    Defence(
        "one quota for the same loans",
        "the unique index is dropped",
        f"{QUOTAS}::test_there_is_one_quota_for_the_same_loans",
        Dropped("financing", "quota", "uq_quota_channel"),
    ),
    Defence(
        "four eyes, in the database",
        "the check constraint is dropped",
        f"{REVIEWS}::test_the_database_itself_holds_four_eyes",
        Dropped("financing", "review", "ck_review_four_eyes"),
    ),
    Defence(
        "four eyes, in the endpoint",
        "the proposer is not compared with who settles",
        f"{REVIEWS}::test_nobody_settles_their_own_proposal",
        patched((reviews_api, "_check_another", _no_check)),
    ),
    Defence(
        "whoever has a part does not review",
        "the parties are not looked at",
        f"{REVIEWS}::test_whoever_has_a_part_in_it_does_not_review_it",
        patched((reviews_api, "check_impartial", _no_check)),
    ),
    Defence(
        "who may see an application",
        "every caller sees all",
        "tests/financing/api/test_applications.py"
        "::test_a_foreign_application_looks_exactly_like_an_absent_one",
        patched((applications, "reach", lambda caller: ("all", {}))),
    ),
    Defence(
        "scope of a token",
        "a caller is known, but not asked for its scopes",
        f"{FOUNDATIONS}::test_without_the_scope_nothing_is_done",
        patched((auth.Requires, "__call__", _anybody)),
    ),
    Defence(
        "If-Match",
        "the version that was read is not compared",
        "tests/financing/api/test_applications.py"
        "::test_a_draft_changes_only_for_whoever_has_read_it",
        patched((applications_api, "must_match", _no_check)),
    ),
    Defence(
        "form of an address that is called",
        "any address has a good form, and resolves",
        "tests/webhooks/test_endpoints.py"
        "::test_an_address_that_is_not_public_is_refused_and_nothing_is_kept",
        patched((public_web.PublicWeb, "admit", _nothing)),
    ),
    Defence(
        "where a name leads",
        "the addresses of a name are not looked at before it is admitted",
        "tests/shared/test_public_web.py::test_a_name_that_leads_behind_our_walls_is_refused",
        patched((public_web.PublicWeb, "_resolve", _no_check)),
    ),
    Defence(
        "size of a body",
        "a body may have a gigabyte",
        f"{FOUNDATIONS}::test_a_body_without_a_length_is_cut_off_at_the_limit",
        patched((edge, "BODY_BYTES_MAX", 10**9)),
    ),
    Defence(
        "strict JSON",
        "the standard library reads the body",
        f"{FOUNDATIONS}::test_a_body_that_is_not_strict_json_is_refused",
        patched((edge, "strict_json", SimpleNamespace(read=json.loads))),
    ),
    Defence(
        "read-only lane",
        "its connections may write",
        "tests/shared/test_db.py::test_a_reader_cannot_write",
        patched((db, "_pool", _writable)),
    ),
    Defence(
        "an answer leaves after COMMIT",
        "a commit that fails is not heard of",
        f"{FOUNDATIONS}::test_a_commit_that_fails_is_never_a_success",
        patched((Unit, "commit", _commit_unheard)),
    ),
    Defence(
        "one head of the feed",
        "numbers are counted from the events that are seen, without the head's lock",
        "tests/shared/test_db.py::test_the_feed_is_numbered_without_gaps_under_many_writers",
        patched((db, "APPEND", _EVENTS)),
    ),
    Defence(
        "rest of a lender that fails",
        "its failures are not counted",
        "tests/financing/test_channel_health.py"
        "::test_after_so_many_failures_a_lender_is_left_in_peace",
        patched((channels, "note_failure", _nothing)),
    ),
    Defence(
        "one person for a NIK",
        "the unique constraint is dropped",
        "tests/registry/api/test_people.py::test_the_same_nik_is_registered_once",
        Dropped("registry", "person", "uq_person_nik_index"),
    ),
)
