"""Financing's client against the registry's real application: the two agree on every word."""

from datetime import date
from uuid import UUID

import pytest

from services.financing.domain.eligibility import (
    CooperativeKind,
    MigrationStatus,
    VerificationLevel,
)
from services.financing.registry import (
    KnownFigures,
    KnownRat,
    ReadingPurpose,
    RegistryClient,
    RegistryRefused,
    SubjectNotFound,
)
from services.registry.db import clients
from shared import clock
from shared.auth import Kind
from shared.clock import WIB
from shared.issuer import Client, hash_secret
from shared.outbound import Outbound
from tests.conftest import Service, once

NIK = "5203055403880001"
VILLAGE = "52.03.05.2001"
SECRET = "a secret & a half: +%"
NOBODY = UUID("01938d5e-0000-7000-8000-000000000000")
READS = frozenset({"facts:read", "people:nik"})


@pytest.fixture
async def financing_client(registry: Service):
    """Open clients with these scopes; the last one is closed with the test."""
    async with Outbound("http://registry.test", transport=registry.transport) as line:

        async def opened(scopes=READS, kind=Kind.SERVICE):
            row = Client(
                id="financing",
                secret_hash=hash_secret(SECRET),
                kind=kind,
                scopes=scopes,
                cooperative_id=None,
                person_id=None,
                channel=None,
            )
            async with registry.database.write() as unit:
                await clients.put(unit, row, name="Financing", now=clock.now())
            return RegistryClient(line, client_id="financing", client_secret=SECRET)

        yield opened


async def made(client, path, **body):
    reply = await client.post(path, json=body, headers=once())
    assert reply.is_success, reply.text
    return reply.json()


@pytest.fixture
async def woman(registry: Service):
    return await made(
        registry.client(Kind.MOBILE_BACKEND, id="app-a"),
        "/people",
        full_name="Siti Rahmawati",
        sex="female",
        birth_date="1988-03-14",
        person_nik=NIK,
        married=True,
        ktp_village_code=VILLAGE,
        domicile_village_code=VILLAGE,
    )


@pytest.fixture
async def kopdes(registry: Service):
    service = registry.client()
    founded = await made(
        service,
        "/cooperatives",
        kind="kopdes",
        name="Koperasi Desa Merah Putih Sukamaju",
        founded_on="2025-07-21",
        status="active",
        legal_entity_no="AHU-0001",
        coop_registry_no="3300000000001",
        village_codes=[VILLAGE],
        has_usp=True,
        microsite_url="https://sukamaju.example",
    )
    path = f"/cooperatives/{founded['id']}"
    await made(service, f"{path}/rats", book_year=2025, held_on="2026-03-01")
    await made(
        service,
        f"{path}/figures",
        book_year=2025,
        shu=-1_000_000,
        equity=250_000_000,
        assets=300_000_000,
    )
    return founded


async def test_a_person_is_read_as_registered(financing_client, woman):
    client = await financing_client()
    known = await client.person_facts(UUID(woman["id"]), purpose=ReadingPurpose.PREQUALIFICATION)
    assert (known.id, known.full_name) == (UUID(woman["id"]), "Siti Rahmawati")
    assert (known.birth_date, known.married) == (date(1988, 3, 14), True)
    assert (known.ktp_village_code, known.domicile_village_code) == (VILLAGE, VILLAGE)
    assert known.migration_status is MigrationStatus.RETURNED
    assert known.verification_level is VerificationLevel.SELF_DECLARED
    assert known.registered_by == "app-a"
    assert (known.returned_on, known.proofs, known.memberships) == (None, (), ())
    assert (known.mentored, known.trained) == (False, False)


async def test_a_returnee_without_papers_is_read_too(registry, financing_client):
    nobody_knows = await made(registry.client(), "/people", full_name="Budi", sex="male")
    client = await financing_client()
    known = await client.person_facts(UUID(nobody_knows["id"]), purpose=ReadingPurpose.SUBMISSION)
    assert (known.birth_date, known.married, known.person_nik) == (None, None, None)


@pytest.mark.parametrize(
    ("purpose", "scopes", "nik"),
    [
        (ReadingPurpose.PREQUALIFICATION, READS, None),
        (ReadingPurpose.ASSESSMENT, READS, None),
        (ReadingPurpose.SUBMISSION, READS, NIK),
        (ReadingPurpose.SUBMISSION, frozenset({"facts:read"}), None),
    ],
)
async def test_the_nik_comes_with_a_submission_only(financing_client, woman, purpose, scopes, nik):
    client = await financing_client(scopes)
    known = await client.person_facts(UUID(woman["id"]), purpose=purpose)
    assert known.person_nik == nik
    assert NIK not in repr(known)


async def test_what_was_learnt_here_is_read_as_proof(registry, financing_client, woman):
    service = registry.client()
    mentor = await made(service, "/people", full_name="Dewi", sex="female")
    mentoring = await made(service, "/mentorings", person_id=woman["id"], mentor_id=mentor["id"])
    await made(service, f"/mentorings/{mentoring['id']}/steps", event="start")
    training = await made(
        service,
        "/trainings",
        person_id=woman["id"],
        topic="entrepreneurship",
        title="Wirausaha",
        provider="BP3MI",
    )
    client = await financing_client()
    before = await client.person_facts(UUID(woman["id"]), purpose=ReadingPurpose.ASSESSMENT)
    today = clock.now().astimezone(WIB).date()
    await made(service, f"/trainings/{training['id']}/steps", event="start")
    await made(
        service,
        f"/trainings/{training['id']}/steps",
        event="complete",
        completed_on=today.isoformat(),
    )
    after = await client.person_facts(UUID(woman["id"]), purpose=ReadingPurpose.ASSESSMENT)
    assert (before.mentored, before.trained) == (True, False)
    assert (after.mentored, after.trained) == (True, True)
    assert {proof.since for proof in after.proofs} == {today}


async def test_an_active_membership_is_read_with_its_cooperative(
    registry, financing_client, woman, kopdes
):
    app = registry.client(Kind.MOBILE_BACKEND, id="app-a")
    service = registry.client()
    chair = await made(service, "/people", full_name="Ketua", sex="male")
    await made(
        service,
        f"/cooperatives/{kopdes['id']}/officers",
        person_id=chair["id"],
        board="pengurus",
        position="ketua",
        since="2025-07-21",
    )
    applied = await made(app, "/memberships", person_id=woman["id"], cooperative_id=kopdes["id"])
    client = await financing_client()
    before = await client.person_facts(UUID(woman["id"]), purpose=ReadingPurpose.ASSESSMENT)
    officer = registry.client(
        Kind.COOPERATIVE_OFFICER,
        id="officer",
        cooperative_id=UUID(kopdes["id"]),
        person_id=UUID(chair["id"]),
    )
    await made(officer, f"/memberships/{applied['id']}/steps", event="approve")
    after = await client.person_facts(UUID(woman["id"]), purpose=ReadingPurpose.ASSESSMENT)
    assert before.memberships == ()
    (membership,) = after.memberships
    assert membership.cooperative_id == UUID(kopdes["id"])
    assert (membership.kind, membership.has_usp) == (CooperativeKind.KOPDES, True)


async def test_a_cooperative_is_read_with_its_meetings_and_figures(financing_client, kopdes):
    client = await financing_client()
    known = await client.cooperative_facts(UUID(kopdes["id"]), purpose=ReadingPurpose.ASSESSMENT)
    assert (known.id, known.kind) == (UUID(kopdes["id"]), CooperativeKind.KOPDES)
    assert (known.status, known.founded_on) == ("active", date(2025, 7, 21))
    assert (known.legal_entity_no, known.coop_registry_no) == ("AHU-0001", "3300000000001")
    assert known.rats == (KnownRat(book_year=2025, held_on=date(2026, 3, 1)),)
    assert known.figures == (
        KnownFigures(book_year=2025, shu=-1_000_000, equity=250_000_000, assets=300_000_000),
    )
    assert (known.has_usp, known.microsite_url) == (True, "https://sukamaju.example")
    assert (known.certificate_valid_until, known.health_grade) == (None, None)
    assert (known.npwp, known.nib) == (None, None)


async def test_who_is_not_there_is_not_found(financing_client):
    client = await financing_client()
    with pytest.raises(SubjectNotFound):
        await client.person_facts(NOBODY, purpose=ReadingPurpose.ASSESSMENT)
    with pytest.raises(SubjectNotFound):
        await client.cooperative_facts(NOBODY, purpose=ReadingPurpose.ASSESSMENT)


@pytest.mark.parametrize(
    ("scopes", "kind"),
    [(frozenset({"people:read"}), Kind.SERVICE), (READS, Kind.MOBILE_BACKEND)],
)
async def test_a_client_that_may_not_read_facts_is_refused(financing_client, woman, scopes, kind):
    client = await financing_client(scopes, kind)
    with pytest.raises(RegistryRefused):
        await client.person_facts(UUID(woman["id"]), purpose=ReadingPurpose.ASSESSMENT)


async def test_a_wrong_secret_is_refused(registry, financing_client, woman):
    await financing_client()
    async with Outbound("http://registry.test", transport=registry.transport) as line:
        stranger = RegistryClient(line, client_id="financing", client_secret="guessed")
        with pytest.raises(RegistryRefused):
            await stranger.person_facts(UUID(woman["id"]), purpose=ReadingPurpose.ASSESSMENT)


async def test_each_reading_is_known_to_its_subject(registry, financing_client, woman):
    client = await financing_client()
    await client.person_facts(UUID(woman["id"]), purpose=ReadingPurpose.ASSESSMENT)
    await client.person_facts(UUID(woman["id"]), purpose=ReadingPurpose.SUBMISSION)
    app = registry.client(Kind.MOBILE_BACKEND, id="app-a")
    readings = (await app.get(f"/people/{woman['id']}/facts-readings")).json()["items"]
    assert [(each["caller_id"], each["purpose"]) for each in readings] == [
        ("financing", "assessment"),
        ("financing", "submission"),
    ]
