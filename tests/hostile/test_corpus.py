"""Whatever is sent to any operation, the answer is a refusal, and nothing is kept of it."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import replace

import asyncpg
import httpx
import pytest

from services.financing.db import tables as financing_tables
from services.registry.db import tables as registry_tables
from services.registry.domain.importing import PEOPLE_COLUMNS as COLUMNS
from services.sandbox import blu, kur_bank, lpdb
from services.sandbox.behaviour import Behaviour
from services.sandbox.courier import Letter
from services.sandbox.keys import BluKeys, KurBankKeys
from services.sandbox.ledger import Ledger, Order, Stage, Step
from shared import clock
from shared.auth import Kind
from tests.conftest import Service, once
from tests.hostile import corpus
from tests.hostile.attack import UNREADABLE, Attack, send
from tests.hostile.operations import ABSENT, operations, written
from tests.sandbox.lenders import CODES, lender_keys

NOWHERE = (
    "/%00", "//", "/..", "/%2e%2e/%2e%2e/etc/passwd", "/people/", "/people//", "/%ff",
    "/problems/", "/problems/%00", "/problems/%2e%2e", "/problems/kenari7f3a",
    "/" + "x" * 60_000, "/%ED%A0%80",
    "/docs/%2e%2e/x", "/livez/", "/metrics/x", "/openapi.json/x", "*", "",
)  # fmt: skip
FORMS = {
    "no body": b"",
    "no secret": b"grant_type=client_credentials&client_id=kenari7f3a",
    "another grant": b"grant_type=password&client_id=a&client_secret=b",
    "NUL in the id": b"grant_type=client_credentials&client_id=a%00b&client_secret=b",
    "NUL in the secret": b"grant_type=client_credentials&client_id=a&client_secret=b%00",
    "no UTF-8": b"grant_type=client_credentials&client_id=%ff%fe&client_secret=%ff",
    "a raw byte": b"grant_type=client_credentials&client_id=\xff&client_secret=\xff",
    "a surrogate": b"grant_type=client_credentials&client_id=%ED%A0%80&client_secret=b",
    "a long id": b"grant_type=client_credentials&client_secret=b&client_id=" + b"x" * 201,
    "a long secret": b"grant_type=client_credentials&client_id=a&client_secret=" + b"x" * 5_000,
    "a field twice": b"grant_type=client_credentials&client_id=a&client_id=b&client_secret=c",
    "a scope of rubbish": b"grant_type=client_credentials&client_id=a&client_secret=b&scope=%00",
    "5,000 fields": b"grant_type=client_credentials&" + b"&".join(b"a=1" for _ in range(5_000)),
    "one byte over 1 MiB": b"grant_type=client_credentials&client_secret=" + b"x" * 1_048_577,
    "JSON": b'{"grant_type": "client_credentials"}',
}
FORM = (b"content-type", b"application/x-www-form-urlencoded")


async def rows(url: str) -> dict[str, int]:
    """Count what every table holds."""
    connection = await asyncpg.connect(url)
    try:
        names = await connection.fetch(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        )
        counts = {
            row["tablename"]: await connection.fetchval(f'SELECT count(*) FROM "{row[0]}"')  # noqa: S608
            for row in names
        }
        head = await connection.fetchval("SELECT number FROM event_head")
        return {**counts, "the head of the feed": head}
    finally:
        await connection.close()


def attack_on(service: Service) -> Attack:
    kinds = (Kind.SERVICE, Kind.COOPERATIVE_OFFICER, Kind.AUDITOR, Kind.MINISTRY_ANALYST)
    clients = [service.client(kind) for kind in kinds]
    return Attack(service.app, tuple(one.headers["authorization"] for one in clients))


def verdict(name: str, attack: Attack) -> None:
    """Print what came of an attack, then hold it to none of the three faults."""
    tally = attack.tally
    print(  # noqa: T201 (bench/prove_hostile.py reads this line)
        f"\nhostile {name} cases={tally.cases} server_errors={len(tally.broken)} "
        f"wrongly_accepted={len(tally.accepted)} improper={len(tally.improper)}"
    )
    for found in (tally.broken, tally.accepted, tally.improper):
        assert not found, f"{len(found)} of {tally.cases}:\n" + "\n".join(found[:40])


def known_names(service: Service) -> list[str]:
    """Return every field of any model and every column of any table."""
    models = service.app.openapi()["components"]["schemas"].values()
    fields = {name for model in models for name in model.get("properties", {})}
    tables = (registry_tables.metadata, financing_tables.metadata)
    columns = {
        column.name
        for metadata in tables
        for table in metadata.tables.values()
        for column in table.columns
    }
    return sorted(fields | columns | {"is_verified", "approved_amount", "role", "__class__"})


@pytest.fixture
def services(
    registry: Service, financing: Service, registry_template: str, financing_template: str
) -> dict[str, tuple[Service, str]]:
    return {
        "registry": (registry, registry_template),
        "financing": (financing, financing_template),
    }


every_service = pytest.mark.parametrize("name", ["registry", "financing"])


@every_service
async def test_the_request_that_is_mutated_fits_the_contract(services, name):
    service, _ = services[name]
    attack = attack_on(service)
    for operation in operations(service.app.openapi()):
        if operation.secured and operation.media != "text/csv":
            await attack.choose(operation)
            answer = await attack.usual(operation)
            readable = answer.status < 500 and answer.status not in {*UNREADABLE, 403}
            assert readable, f"{operation.name}: {answer.status} {answer.body.decode()}"


@every_service
async def test_nothing_hostile_is_answered_with_a_success_or_a_server_error(services, name):
    service, url = services[name]
    attack, every = attack_on(service), operations(service.app.openapi())
    for operation in every:
        await attack.choose(operation)
    before = await rows(url)
    for operation in every:
        await attack.on(operation)
    verdict(name, attack)
    assert await rows(url) == before


@every_service
async def test_no_field_of_another_model_or_table_can_be_slipped_in(services, name):
    service, url = services[name]
    attack, names = attack_on(service), known_names(service)
    every = [one for one in operations(service.app.openapi()) if one.secured and one.body]
    for operation in every:
        await attack.choose(operation)
    before = await rows(url)
    taken = [
        one
        for operation in every
        for first in range(0, len(names), 50)
        for one in await attack.undeclared(operation, names[first : first + 50])
    ]
    verdict(f"{name} undeclared fields", attack)
    assert taken == []
    assert await rows(url) == before


@every_service
async def test_a_wrong_method_or_address_is_a_problem(services, name):
    service, _ = services[name]
    attack = attack_on(service)
    declared: dict[str, set[str]] = {}
    for operation in operations(service.app.openapi()):
        declared.setdefault(operation.address().partition("?")[0], set()).add(operation.method)
    # POST /people/lookup lies where GET and PATCH /people/{id} do: the address has all three.
    declared.pop("/people/lookup", None)
    for path, methods in declared.items():
        await attack.methods(path, methods)
    for path in NOWHERE:
        await attack.nowhere(path)
    verdict(f"{name} methods and addresses", attack)


async def test_a_token_is_not_given_for_rubbish(registry, registry_template):
    attack, before = attack_on(registry), await rows(registry_template)
    for name, form in FORMS.items():
        answer = await send(registry.app, "POST", "/oauth/token", (FORM,), [form])
        attack.tally.judge(f"token: {name}", answer, {*UNREADABLE, 401})
    for name, values in corpus.CREDENTIALS.items():
        headers = (FORM, *((b"authorization", value) for value in values))
        form = [b"grant_type=client_credentials&client_id=a"]
        answer = await send(registry.app, "POST", "/oauth/token", headers, form)
        attack.tally.judge(f"token: {name} as credentials", answer, {*UNREADABLE, 401})
    for name in ("gzip", "multipart", "JSON", "nothing"):
        media = {"multipart": b"multipart/form-data; boundary=x", "JSON": b"application/json"}
        headers = (
            (b"content-type", media.get(name, FORM[1])),
            *([(b"content-encoding", b"gzip")] if name == "gzip" else []),
        )
        answer = await send(registry.app, "POST", "/oauth/token", headers, [b"--x\r\n{}"])
        attack.tally.judge(f"token: {name}", answer, {*UNREADABLE, 401})
    pieces = [b"grant_type=client_credentials&client_id=" + b"x" * 65_000] * 800
    answer = await send(registry.app, "POST", "/oauth/token", (FORM,), pieces)
    attack.tally.judge("token: 50 MB in pieces", answer, {413})
    assert answer.pieces <= 20
    verdict("token", attack)
    assert await rows(registry_template) == before


GOOD = {"full_name": "Siti", "sex": "female", "migration_status": "returned"}
HEADER = ",".join(COLUMNS).encode() + b"\n"


def row(**changes: str) -> bytes:
    """Return a file of one person, good but for what the case changes."""
    cells = dict.fromkeys(COLUMNS, "") | {"external_id": "A-1"} | GOOD | changes
    return HEADER + ",".join(cells.values()).encode("utf-8", "surrogatepass") + b"\n"


FILES = {
    "nothing": b"",
    "a line break": b"\n",
    "JSON": b'{"kenari7f3a": 1}',
    "a header of rubbish": b"kenari7f3a,b\n1,2\n",
    "a header of 100,000 columns": b"," * 100_000 + b"\n",
    "a header without an end": b"x" * 3_000_000,
    "a column twice": HEADER.replace(b"sex", b"full_name"),
    "an undeclared column": HEADER.replace(b"sex", b"version"),
    "a cell without an end": HEADER + b'"' + b"x" * 3_000_000,
    "only NUL": b"\x00" * 10_000,
    "NUL": row(full_name="kenari7f3a\x00"),
    "a raw byte": row().replace(b"Siti", b"\xff\xfe"),
    "a surrogate": row(full_name="kenari7f3a\ud800"),
    "a private use character": row(full_name="kenari7f3a\ue000"),
    "a right-to-left override": row(full_name="kenari7f3a\u202e"),
    "only spaces": row(full_name="   "),
    "5,000 characters": row(full_name="x" * 5_000),
    "UTF-16": row().decode().encode("utf-16"),
    "gzip": gzip.compress(row()),
    "too many cells": row().replace(b"Siti", b"Siti,kenari7f3a"),
    "too few cells": HEADER + b"A-1\n",
    "half a quote": row().replace(b"Siti", b'"Si"ti'),
    "a quote inside": row().replace(b"Siti", b'Si"ti'),
    "an undeclared sex": row(sex="kenari7f3a"),
    "an undeclared status": row(migration_status="kenari7f3a"),
    "Arabic-Indic digits": row(person_nik="٥٢٠٣٠٥٥٤٠٣٨٨٠٠٠١"),
    "a NIK that cannot be": row(person_nik="9999999999999999"),
    "a day of 30 February": row(birth_date="1988-02-30"),
    "a day of year 1": row(birth_date="0001-01-01"),
    "an integer as a day": row(birth_date="19880314"),
    "rubbish for a village": row(ktp_village_code="52.02.02.2999"),
    "rubbish for a phone": row(phone="kenari7f3a"),
    "rubbish for a flag": row(married="yes"),
    "rubbish for languages": row(languages="kenari7f3a:;;:"),
    "1,000 skills": row(skills=";".join(f"skill {number}" for number in range(1_000))),
    "a NUL for an id": row(external_id="a\x00b"),
    "no id": row(external_id=""),
}


async def accepted(attack: Attack, client: httpx.AsyncClient, new: dict, content: bytes) -> int:
    """Send a file that is good, and say how many of its rows were taken."""
    opened = await client.post("/imports", json=new, headers=once())
    path = f"{opened.headers['location']}/content"
    headers = ((b"authorization", attack.tokens[0].encode()), (b"content-type", b"text/csv"))
    answer = await send(attack.app, "PUT", path, headers, [content])
    return json.loads(answer.body)["rows_accepted"]


async def test_a_file_of_rubbish_registers_nobody(registry, registry_template):
    attack = attack_on(registry)
    new = {"kind": "people", "file_name": "rubbish.csv"}
    client = registry.client()
    assert await accepted(attack, client, new, row()) == 1
    people = (await rows(registry_template))["person"]
    for name, content in FILES.items():
        opened = await client.post("/imports", json=new, headers=once())
        path = f"{opened.headers['location']}/content"
        for media in (b"text/csv", b"text/csv; charset=utf-16", b"application/json", b""):
            headers = (
                (b"authorization", attack.tokens[0].encode()),
                (b"content-type", media),
            )
            answer = await send(registry.app, "PUT", path, headers, [content])
            if answer.status == 200:
                attack.tally.bear(f"file of {name}", answer, 200)
                assert json.loads(answer.body)["rows_accepted"] == 0, name
                assert corpus.CANARY.encode() not in answer.body
            else:
                attack.tally.judge(f"file of {name}", answer, UNREADABLE)
    verdict("files", attack)
    assert (await rows(registry_template))["person"] == people


def a_letter(code: str) -> tuple[Letter, object]:
    """Return a true report of a lender about an application that is not ours, and its seal."""
    keys = lender_keys().lenders[code]
    if isinstance(keys, KurBankKeys):
        compose, seal = kur_bank.compose, kur_bank.Bank(keys).seal
    elif isinstance(keys, BluKeys):
        compose, seal = blu.compose, blu.Agency(keys).seal
    else:
        compose, seal = lpdb.compose, lpdb.Fund(keys).seal
    order = Order(
        reference=ABSENT, amount=40_000_000, borrower_name="Siti", borrower="b", fingerprint="f"
    )
    step = Step(
        event_id="5f1c8f0e-9d3b-4c55-8a39-2f6c1c3f9d10",
        stage=Stage.REFUSED,
        at="2026-11-24T09:29:59.000+07:00",
        reasons=("CAPACITY: too little",),
    )
    entry = Ledger().take(order, lender_reference="X-1", behaviour=Behaviour.APPROVE, step=step)
    return compose(entry, step), seal


def mutations(document: object, place: tuple[str | int, ...] = ()) -> Iterator[tuple]:
    """Yield every place of a document."""
    if place:
        yield place
    inside = (
        document.items()
        if isinstance(document, dict)
        else enumerate(document)
        if isinstance(document, list)
        else ()
    )
    for step, value in inside:
        yield from mutations(value, (*place, step))


@pytest.mark.parametrize("code", CODES)
async def test_even_a_signed_callback_is_read_with_care(financing, financing_template, code):
    """The lender's key may be stolen, or its program broken: what it signs is still only input."""
    attack, before = attack_on(financing), await rows(financing_template)
    letter, seal = a_letter(code)
    document = json.loads(letter.body)
    every = {**corpus.TEXTS, **corpus.INTEGERS, **corpus.DAYS, **corpus.INSTANTS, **corpus.IDS}

    async def deliver(name: str, body: bytes) -> None:
        path = f"/callbacks/{code}"
        try:
            headers = seal(path, replace(letter, body=body), clock.now())
        except UnicodeDecodeError:  # this contract signs text only
            return
        sent = tuple((key.lower().encode(), value.encode()) for key, value in headers.items())
        answer = await send(financing.app, "POST", path, sent, [body])
        attack.tally.judge(f"{code} {name}", answer, {*UNREADABLE, 401, 404})

    for place in mutations(document):
        for name, literal in every.items():
            await deliver(f"{place} {name}", written(document, place, literal).encode())
    for name, body in corpus.BODIES.items():
        content = letter.body.decode().encode(body.encoding) if body.encoding else body.content
        await deliver(f"body: {name}", content)
    verdict(f"callbacks of {code}", attack)
    assert await rows(financing_template) == before
