"""Files over HTTP: each row taken once, each refusal with its reasons, and never a value."""

import asyncio
import re
from collections.abc import AsyncIterator

import httpx
import pytest

from services.registry.api import uploading
from services.registry.db import imports as import_rows
from services.registry.domain.importing import COOPERATIVE_COLUMNS, PEOPLE_COLUMNS
from services.registry.intake import upload
from services.registry.intake.records import RECORD_LENGTH_MAX
from shared.auth import Kind
from tests.conftest import Service, once
from tests.registry.api.factories import ABSENT

CSV = {"Content-Type": "text/csv; charset=utf-8"}
PERSON = {
    "external_id": "A-1",
    "person_nik": "5202025405880001",
    "full_name": "Baiq Nurhayati",
    "birth_date": "1988-05-14",
    "sex": "female",
    "phone": "+6281200010037",
    "ktp_village_code": "52.02.02.2002",
    "domicile_village_code": "52.02.02.2001",
    "education": "sma",
    "migration_status": "returned",
    "country": "HK",
    "departed_on": "2014-02-10",
    "returned_on": "2022-06-18",
    "skills": "tata boga",
}
COOPERATIVE = {
    "external_id": "C-1",
    "kind": "kopdes",
    "name": "Koperasi Desa Merah Putih Maron",
    "legal_entity_no": "AHU-1",
    "coop_registry_no": "3505040020002",
    "founded_on": "2025-06-12",
    "village_codes": "35.05.04.2002",
    "has_usp": "false",
    "rats": "2025:2026-05-23",
    "figures": "2025:-3150000:41800000:57300000",
}
SIXTEEN = re.compile(r"[0-9]{16}")


def person(number: int, **changes: str) -> dict[str, str]:
    """Return the row of one of many people, each with a NIK of their own."""
    identity = {"external_id": f"A-{number}", "person_nik": f"520202540588{number:04}"}
    return PERSON | identity | changes


def file(*rows: dict[str, str], columns: tuple[str, ...] = PEOPLE_COLUMNS) -> bytes:
    """Write rows as a file."""
    lines = [columns, *([row.get(column, "") for column in columns] for row in rows)]
    return "".join(",".join(line) + "\r\n" for line in lines).encode()


@pytest.fixture
def ministry(registry: Service) -> httpx.AsyncClient:
    return registry.client(Kind.MINISTRY_ANALYST, id="ministry")


async def opened(client: httpx.AsyncClient, kind: str = "people") -> str:
    reply = await client.post(
        "/imports", json={"kind": kind, "file_name": "purna.csv"}, headers=once()
    )
    assert reply.status_code == 201, reply.text
    assert reply.json()["status"] == "waiting"
    return reply.headers["location"]


async def send(client: httpx.AsyncClient, path: str, content) -> httpx.Response:
    return await client.put(f"{path}/content", content=content, headers=CSV)


async def taken(client: httpx.AsyncClient, content, kind: str = "people") -> tuple[str, dict]:
    """Send a file to a new import and return its path and the answer."""
    path = await opened(client, kind)
    reply = await send(client, path, content)
    assert reply.status_code == 200, reply.text
    assert reply.json() == (await client.get(path)).json()
    return path, reply.json()


def counts(answer: dict) -> tuple[str, int, int, int, int]:
    """Return status, rows read, accepted, unchanged, refused."""
    names = ("status", "rows_read", "rows_accepted", "rows_unchanged", "rows_refused")
    return tuple(answer[name] for name in names)


async def refusals(client: httpx.AsyncClient, path: str) -> dict[int, list[tuple[str, str]]]:
    reply = await client.get(f"{path}/rows", params={"outcome": "refused"})
    assert not SIXTEEN.search(reply.text)
    return {
        row["number"]: [(fault["column"], fault["code"]) for fault in row["faults"]]
        for row in reply.json()["items"]
    }


async def events(registry: Service) -> list[tuple[str, int]]:
    items = (await registry.client().get("/events", params={"limit": 1000})).json()["items"]
    return [(item["kind"], item["version"]) for item in items]


async def test_a_person_is_taken_with_everything_the_row_says(ministry, registry):
    path, answer = await taken(
        ministry, file(PERSON | {"verification_level": "dukcapil_verified"})
    )
    assert counts(answer) == ("finished", 1, 1, 0, 0)
    assert answer["finished_at"] is not None
    rows = (await ministry.get(f"{path}/rows")).json()["items"]
    assert [(row["number"], row["outcome"], row["faults"]) for row in rows] == [
        (2, "accepted", [])
    ]
    found = await ministry.post(
        "/people/lookup", json={"person_nik": PERSON["person_nik"], "purpose": "registration"}
    )
    read = found.json()
    assert read["id"] == rows[0]["subject_id"]
    assert (read["external_id"], read["has_nik"], read["version"]) == ("A-1", True, 1)
    assert (read["skills"], read["education"], read["married"]) == (
        [{"name": "tata boga", "years": None}],
        "sma",
        None,
    )
    assert read["verification_level"] == "dukcapil_verified"
    stays = await registry.database.reader.rows(
        import_rows.Statement("SELECT person_id, country, departed_on FROM placement")
    )
    assert [(str(stay["person_id"]), stay["country"]) for stay in stays] == [(read["id"], "HK")]
    proofs = await registry.database.reader.rows(
        import_rows.Statement("SELECT level, evidence_kind, recorded_by FROM verification")
    )
    assert [tuple(proof) for proof in proofs] == [
        ("dukcapil_verified", "dukcapil_match", "ministry")
    ]
    assert await events(registry) == [("person.registered", 1)]


async def test_every_reason_of_a_refused_row_is_told_and_the_others_go_on(ministry, registry):
    rows = file(
        person(1),
        person(2, sex="?", phone="1", domicile_village_code="52.02"),
        person(3, domicile_village_code="52.02.02.2999"),
        person(4, external_id=""),
        person(5, full_name='"Siti" R'),
        person(6, education="sma,extra"),
        person(7, full_name="Siti\0"),
        person(8, external_id=PERSON["person_nik"], person_nik=PERSON["person_nik"]),
        person(9),
    )
    path, answer = await taken(ministry, rows + b"\r\n \r\n")
    assert counts(answer) == ("finished", 9, 2, 0, 7)
    assert await refusals(ministry, path) == {
        3: [
            ("sex", "not_a_choice"),
            ("phone", "shape"),
            ("domicile_village_code", "not_a_village"),
        ],
        4: [("domicile_village_code", "village_unknown")],
        5: [("external_id", "missing")],
        6: [("", "not_csv")],
        7: [("", "cells")],
        8: [("full_name", "not_text")],
        9: [("external_id", "is_nik")],
    }
    assert len(await events(registry)) == 2


async def test_the_same_file_again_changes_nothing(ministry, registry):
    rows = file(*(person(number) for number in range(1, 8)))
    path, first = await taken(ministry, rows)
    again = await send(ministry, path, rows)
    _, other = await taken(ministry, rows)
    assert counts(first) == ("finished", 7, 7, 0, 0)
    assert counts(again.json()) == counts(other) == ("finished", 7, 0, 7, 0)
    assert len(await events(registry)) == 7


async def test_a_row_that_says_something_else_corrects_the_record(ministry, registry):
    await taken(ministry, file(PERSON, person(2)))
    changed = PERSON | {
        "full_name": "Baiq Nur Hayati",
        "phone": "",
        "skills": "",
        "returned_on": "2022-06-19",
        "verification_level": "siskop2mi_matched",
    }
    _, answer = await taken(ministry, file(changed, person(2)))
    assert counts(answer) == ("finished", 2, 1, 1, 0)
    read = (await ministry.get("/people")).json()["items"][0]
    assert (read["full_name"], read["version"]) == ("Baiq Nur Hayati", 2)
    assert read["verification_level"] == "siskop2mi_matched"
    assert (read["phone"], read["skills"]) == (
        PERSON["phone"],
        [{"name": "tata boga", "years": None}],
    )
    assert (await events(registry))[-1] == ("person.corrected", 2)
    stays = await registry.database.reader.rows(
        import_rows.Statement("SELECT returned_on::text FROM placement ORDER BY id")
    )
    assert [stay["returned_on"] for stay in stays] == ["2022-06-19", "2022-06-18"]


async def test_a_later_stay_abroad_is_added_and_a_level_never_falls(ministry, registry):
    await taken(ministry, file(PERSON | {"verification_level": "dukcapil_verified"}))
    later = PERSON | {
        "migration_status": "departed_again",
        "country": "TW",
        "departed_on": "2025-01-05",
        "returned_on": "",
    }
    _, answer = await taken(ministry, file(later))
    assert counts(answer) == ("finished", 1, 1, 0, 0)
    read = (await ministry.get("/people")).json()["items"][0]
    assert (read["migration_status"], read["verification_level"]) == (
        "departed_again",
        "dukcapil_verified",
    )
    stays = await registry.database.reader.rows(
        import_rows.Statement("SELECT country FROM placement ORDER BY id")
    )
    assert [stay["country"] for stay in stays] == ["HK", "TW"]


async def test_a_status_that_cannot_follow_is_refused(ministry):
    await taken(ministry, file(PERSON))
    path, answer = await taken(ministry, file(PERSON | {"migration_status": "on_leave"}))
    assert counts(answer) == ("finished", 1, 0, 0, 1)
    assert await refusals(ministry, path) == {2: [("migration_status", "illegal_transition")]}


async def test_what_was_corrected_in_the_registry_since_stays(ministry):
    await taken(ministry, file(PERSON))
    person_path = f"/people/{(await ministry.get('/people')).json()['items'][0]['id']}"
    await ministry.patch(person_path, json={"full_name": "Nur"}, headers={"If-Match": '"1"'})
    _, answer = await taken(ministry, file(PERSON))
    assert counts(answer) == ("finished", 1, 0, 1, 0)
    assert (await ministry.get(person_path)).json()["full_name"] == "Nur"


@pytest.mark.parametrize("rows_a_chunk", [2, 1000])
async def test_the_second_of_two_rows_with_one_number_is_refused(
    ministry, monkeypatch, rows_a_chunk
):
    monkeypatch.setattr(upload, "CHUNK_ROWS_MAX", rows_a_chunk)
    rows = file(
        person(1, sex="?"),
        person(1),
        person(2),
        person(3),
        person(4, person_nik=person(2)["person_nik"]),
        person(3, full_name="Another"),
        person(5),
    )
    path, answer = await taken(ministry, rows)
    expected = {2: [("sex", "not_a_choice")], 6: [("person_nik", "twice")]}
    expected[7] = [("external_id", "twice")]
    assert counts(answer) == ("finished", 7, 4, 0, 3)
    assert await refusals(ministry, path) == expected
    listed = (await ministry.get(f"{path}/rows", params={"outcome": "refused"})).json()["items"]
    assert [row["faults"][0]["reason"] for row in listed[1:]] == [
        "row 4 of this file has the same",
        "row 5 of this file has the same",
    ]
    again = await send(ministry, path, rows)
    assert counts(again.json()) == ("finished", 7, 0, 4, 3)
    assert await refusals(ministry, path) == expected


async def test_a_nik_of_another_record_is_refused_whoever_registered_it(ministry, registry):
    await taken(registry.client(Kind.MOBILE_BACKEND, id="app"), file(PERSON))
    path, answer = await taken(ministry, file(PERSON, person(2)))
    assert counts(answer) == ("finished", 2, 1, 0, 1)
    assert await refusals(ministry, path) == {2: [("person_nik", "already_registered")]}


async def test_an_application_does_not_say_how_well_a_person_is_verified(registry):
    app = registry.client(Kind.MOBILE_BACKEND, id="app")
    path, answer = await taken(app, file(PERSON | {"verification_level": "dukcapil_verified"}))
    assert counts(answer) == ("finished", 1, 0, 0, 1)
    assert await refusals(app, path) == {2: [("verification_level", "forbidden")]}


async def test_columns_may_stand_in_any_order_after_a_byte_order_mark(ministry):
    rows = b"\xef\xbb\xbf" + file(PERSON, columns=tuple(reversed(PEOPLE_COLUMNS)))
    _, answer = await taken(ministry, rows)
    _, again = await taken(ministry, file(PERSON).rstrip())
    assert counts(answer) == ("finished", 1, 1, 0, 0)
    assert counts(again) == ("finished", 1, 0, 1, 0)


@pytest.mark.parametrize(
    ("content", "status", "type"),
    [
        (b"", 422, "import-header-unknown"),
        (b"external_id;person_nik\n", 422, "import-header-unknown"),
        (file(columns=COOPERATIVE_COLUMNS), 422, "import-header-unknown"),
        (file(PERSON) + b"\xff\n", 422, "import-file-unreadable"),
        (file(PERSON) + b"A-2\xc3", 422, "import-file-unreadable"),
        (file(PERSON) + b'A-2,"', 422, "import-file-unreadable"),
        (file(PERSON) + b"x" * (RECORD_LENGTH_MAX + 1), 422, "import-file-unreadable"),
        (file(PERSON) + b'"' + b"x\n" * RECORD_LENGTH_MAX, 422, "import-file-unreadable"),
    ],
)
async def test_a_file_that_cannot_be_read_stops_the_import(ministry, content, status, type):
    path = await opened(ministry)
    reply = await send(ministry, path, content)
    assert (reply.status_code, reply.json()["type"]) == (status, f"/problems/{type}")
    if type == "import-header-unknown":
        assert reply.json()["columns"] == list(PEOPLE_COLUMNS)
    assert (await ministry.get(path)).json()["status"] == "stopped"
    assert counts((await send(ministry, path, file(PERSON))).json())[:2] == ("finished", 1)


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "application/json"},
        {"Content-Type": "text/csv; charset=latin-1"},
        {"Content-Type": "text/csv", "Content-Encoding": "gzip"},
        {},
    ],
)
async def test_other_media_are_refused_before_anything_is_read(ministry, headers):
    path = await opened(ministry)
    reply = await ministry.put(f"{path}/content", content=file(PERSON), headers=headers)
    assert (reply.status_code, reply.json()["type"]) == (415, "/problems/not-csv")
    assert (await ministry.get(path)).json()["status"] == "waiting"


@pytest.mark.parametrize("declared", [True, False])
async def test_a_file_that_is_too_large_is_refused(ministry, monkeypatch, declared):
    monkeypatch.setattr(uploading, "UPLOAD_BYTES_MAX", 1_000)
    path = await opened(ministry)
    rows = file(*(person(number) for number in range(1, 9)))
    reply = await send(ministry, path, rows if declared else stream(rows))
    assert (reply.status_code, reply.json()["type"]) == (413, "/problems/upload-too-large")


async def stream(*pieces: bytes, then: asyncio.Event | None = None) -> AsyncIterator[bytes]:
    """Send pieces; wait for `then` before the last one."""
    for piece in pieces[:-1]:
        yield piece
    if then is not None:
        await then.wait()
    yield pieces[-1]


async def until_read(client: httpx.AsyncClient, path: str, rows: int) -> dict:
    """Ask until so many rows have been read."""
    async with asyncio.timeout(60):
        while True:
            answer = (await client.get(path)).json()
            if answer["rows_read"] >= rows:
                return answer


async def test_progress_is_seen_while_the_file_is_being_sent(ministry, registry, monkeypatch):
    monkeypatch.setattr(upload, "CHUNK_ROWS_MAX", 2)
    path, end = await opened(ministry), asyncio.Event()
    rows = file(*(person(number) for number in range(1, 6)))
    first, last = rows[: rows.index(b"A-4")], rows[rows.index(b"A-4") :]
    sending = asyncio.create_task(send(ministry, path, stream(first, last, then=end)))
    onlooker = registry.client(Kind.MINISTRY_ANALYST, id="ministry")
    assert counts(await until_read(onlooker, path, 2)) == ("running", 2, 2, 0, 0)
    assert len((await onlooker.get("/people")).json()["items"]) == 2
    second = await send(onlooker, path, rows)
    assert (second.status_code, second.json()["type"]) == (409, "/problems/import-busy")
    end.set()
    assert counts((await sending).json()) == ("finished", 5, 5, 0, 0)


@pytest.mark.parametrize("how", ["silence", "cancelled", "killed"])
async def test_an_upload_that_broke_off_is_continued_without_doubles(
    ministry, registry, monkeypatch, how
):
    monkeypatch.setattr(upload, "CHUNK_ROWS_MAX", 2)
    path, never = await opened(ministry), asyncio.Event()
    rows = file(*(person(number) for number in range(1, 6)))
    cut = rows.index(b"A-4") + 2
    if how == "silence":
        monkeypatch.setattr(uploading, "SILENCE_SECONDS", 0.2)
    sending = asyncio.create_task(send(ministry, path, stream(rows[:cut], b"", then=never)))
    await until_read(ministry, path, 2)
    if how == "silence":
        reply = await sending
        assert (reply.status_code, reply.json()["type"]) == (408, "/problems/upload-interrupted")
    else:
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
    assert counts((await ministry.get(path)).json()) == ("stopped", 2, 2, 0, 0)
    if how == "killed":  # what a process leaves behind that had no time to say so
        await abandoned(registry, seconds=30)
        assert (await send(ministry, path, rows)).status_code == 409
        await abandoned(registry, seconds=61)
    assert counts((await send(ministry, path, rows)).json()) == ("finished", 5, 3, 2, 0)
    assert await events(registry) == [("person.registered", 1)] * 5


async def abandoned(registry: Service, *, seconds: int) -> None:
    """Leave every import running, with its last chunk so long ago."""
    statement = import_rows.Statement(
        "UPDATE import SET status = 'running', changed_at = now() - make_interval(secs => $1)",
        "seconds",
    )
    async with registry.database.write() as unit:
        await unit.run(statement, seconds=seconds)


async def test_an_upload_that_was_taken_for_dead_writes_no_more(ministry, registry, monkeypatch):
    monkeypatch.setattr(upload, "CHUNK_ROWS_MAX", 2)
    path, end = await opened(ministry), asyncio.Event()
    rows = file(*(person(number) for number in range(1, 6)))
    cut = rows.index(b"A-4")
    sending = asyncio.create_task(send(ministry, path, stream(rows[:cut], rows[cut:], then=end)))
    await until_read(ministry, path, 2)
    await abandoned(registry, seconds=61)
    assert counts((await send(ministry, path, rows)).json()) == ("finished", 5, 3, 2, 0)
    end.set()
    late = await sending
    assert (late.status_code, late.json()["type"]) == (409, "/problems/import-busy")
    assert counts((await ministry.get(path)).json()) == ("finished", 5, 3, 2, 0)
    assert len(await events(registry)) == 5


@pytest.mark.parametrize("rows_a_chunk", [10, 1000])
async def test_files_with_the_same_people_at_once_register_each_once(
    registry, monkeypatch, rows_a_chunk
):
    monkeypatch.setattr(upload, "CHUNK_ROWS_MAX", rows_a_chunk)
    rows = [person(number) for number in range(1, 61)]
    clients = [registry.client(id=f"source-{number}") for number in range(3)]
    paths = [await opened(client) for client in clients]
    orders = (rows, rows[::-1], rows)
    await asyncio.gather(
        *(
            send(client, path, file(*order))
            for client, path, order in zip(clients, paths, orders, strict=True)
        )
    )
    answers = [(await c.get(path)).json() for c, path in zip(clients, paths, strict=True)]
    assert [answer["status"] for answer in answers] == ["finished"] * 3
    assert sum(answer["rows_accepted"] for answer in answers) == 60
    assert sum(answer["rows_refused"] for answer in answers) == 120
    assert await events(registry) == [("person.registered", 1)] * 60


async def test_a_chunk_never_holds_more_rows_than_it_may(ministry, monkeypatch):
    kept, keep = [], upload.Upload._keep

    async def noted(self, entries):
        kept.append(len(entries))
        await keep(self, entries)

    monkeypatch.setattr(upload, "CHUNK_ROWS_MAX", 7)
    monkeypatch.setattr(upload.Upload, "_keep", noted)
    await taken(ministry, file(*(person(number) for number in range(1, 31))))
    assert kept == [7, 7, 7, 7, 2]
    kept.clear()
    monkeypatch.setattr(upload, "CHUNK_LENGTH_MAX", 400)
    await taken(ministry, file(*(person(number) for number in range(1, 31))))
    assert max(kept) <= 4
    assert sum(kept) == 30


async def test_cooperatives_are_taken_corrected_and_left_unchanged(ministry, registry):
    first = COOPERATIVE | {"village_codes": "35.05.04.2002;35.05.04.2003"}
    forming = COOPERATIVE | {
        "external_id": "C-2",
        "legal_entity_no": "",
        "coop_registry_no": "",
        "rats": "",
    }
    wrong = COOPERATIVE | {"external_id": "C-3", "village_codes": "35.05.04.2999"}
    path, answer = await taken(
        ministry, file(first, forming, wrong, columns=COOPERATIVE_COLUMNS), "cooperatives"
    )
    assert counts(answer) == ("finished", 3, 2, 0, 1)
    assert await refusals(ministry, path) == {
        4: [("coop_registry_no", "twice"), ("village_codes", "village_unknown")]
    }
    changed = COOPERATIVE | {"rats": "2025:2026-05-24", "health_grade": "sehat"}
    _, answer = await taken(
        ministry,
        file(changed, forming | {"legal_entity_no": "AHU-2"}, columns=COOPERATIVE_COLUMNS),
        "cooperatives",
    )
    assert counts(answer) == ("finished", 2, 2, 0, 0)
    told = await registry.database.reader.rows(
        import_rows.Statement(
            "SELECT external_id, status, health_grade, version, (SELECT string_agg(village_code, "
            "',') FROM cooperative_village WHERE cooperative_id = id) AS villages, "
            "(SELECT held_on::text FROM rat WHERE cooperative_id = id) AS held_on, "
            "(SELECT shu FROM figures WHERE cooperative_id = id) AS shu "
            "FROM cooperative ORDER BY external_id"
        )
    )
    assert [tuple(row) for row in told] == [
        ("C-1", "active", "sehat", 2, "35.05.04.2002", "2026-05-24", -3150000),
        ("C-2", "active", None, 2, "35.05.04.2002", None, -3150000),
    ]
    assert await events(registry) == [
        ("cooperative.registered", 1),
        ("cooperative.registered", 1),
        ("cooperative.corrected", 2),
        ("cooperative.corrected", 2),
    ]


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"founded_on": "2026-01-02"}, ("rats", "before_founding")),
        ({"founded_on": "2026-01-02"}, ("figures", "before_founding")),
        ({"founded_on": "2025-06-21"}, ("legal_entity_on", "out_of_order")),
    ],
)
async def test_a_file_does_not_contradict_what_is_recorded_of_a_cooperative(
    ministry, changes, fault
):
    known = COOPERATIVE | {"legal_entity_on": "2025-06-20"}
    told = known | {"legal_entity_on": "", "rats": "", "figures": ""} | changes
    _, answer = await taken(ministry, file(known, columns=COOPERATIVE_COLUMNS), "cooperatives")
    assert counts(answer) == ("finished", 1, 1, 0, 0)
    before = (await ministry.get("/cooperatives")).json()
    path, answer = await taken(ministry, file(told, columns=COOPERATIVE_COLUMNS), "cooperatives")
    assert counts(answer) == ("finished", 1, 0, 0, 1)
    assert fault in (await refusals(ministry, path))[2]
    assert (await ministry.get("/cooperatives")).json() == before


async def test_a_file_of_an_app_does_not_rename_whom_a_register_has_matched(registry):
    app = registry.client(Kind.MOBILE_BACKEND, id="app")
    await taken(app, file(PERSON))
    (known,) = (await app.get("/people")).json()["items"]
    match = {
        "evidence_kind": "dukcapil_match",
        "reference": "DKB-1",
        "attested_by": ABSENT,
        "attested_on": "2026-01-02",
    }
    ministry = registry.client(Kind.MINISTRY_ANALYST, id="ministry")
    reply = await ministry.post(f"/people/{known['id']}/verifications", json=match, headers=once())
    assert reply.status_code == 201
    for change in (
        {"full_name": "Somebody Else"},
        {"person_nik": "5202025405880002"},
        {"birth_date": "1988-05-15"},
    ):
        path, answer = await taken(app, file(PERSON | change))
        assert counts(answer) == ("finished", 1, 0, 0, 1)
        assert ("", "identity_matched") in (await refusals(app, path))[2]
    _, answer = await taken(app, file(PERSON | {"person_nik": "", "phone": "+6281200010038"}))
    assert counts(answer) == ("finished", 1, 1, 0, 0)


async def test_who_may_import_what(registry):
    app = registry.client(Kind.MOBILE_BACKEND, id="app")
    body = {"kind": "cooperatives", "file_name": "c.csv"}
    assert (await app.post("/imports", json=body, headers=once())).status_code == 403
    for kind in (Kind.COOPERATIVE_OFFICER, Kind.AUDITOR, Kind.LENDER):
        refused = await registry.client(kind).post("/imports", json=body, headers=once())
        assert (refused.status_code, refused.json()["type"]) == (403, "/problems/forbidden")


async def test_an_import_of_another_caller_looks_like_an_absent_one(ministry, registry):
    path, _ = await taken(ministry, file(PERSON))
    stranger = registry.client(Kind.SERVICE, id="stranger")
    for reply in (
        await stranger.get(path),
        await stranger.get(f"{path}/rows"),
        await send(stranger, path, file(PERSON)),
    ):
        assert (reply.status_code, reply.json()["type"]) == (404, "/problems/import-not-found")
    assert (await stranger.get("/imports")).json()["items"] == []
    assert len((await ministry.get("/imports")).json()["items"]) == 1


async def test_pages_of_rows_follow_each_other(ministry):
    path, _ = await taken(ministry, file(*(person(number) for number in range(1, 13))))
    seen, cursor = [], None
    while True:
        query = {"limit": 5} | ({"cursor": cursor} if cursor else {})
        page = (await ministry.get(f"{path}/rows", params=query)).json()
        seen += [row["number"] for row in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == list(range(2, 14))
