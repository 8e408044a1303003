"""What operators rely on: health, metrics, request ids, silent logs, refusals to start."""

import io
import json
from pathlib import Path

import httpx
import pytest
import structlog

from services.financing.app import create_app as create_financing
from services.financing.channels.keys import DevelopmentKeysInProduction
from services.financing.settings import Settings as FinancingSettings
from services.registry.app import create_app as create_registry
from services.registry.settings import Settings as RegistrySettings
from shared import logs
from shared.auth import Kind
from shared.faults import Faults, FaultsInProduction
from shared.keys import DevelopmentKeys, KeysMissing, UnknownMode, mode
from tests.conftest import ISSUER, Service, once, serving

NIK = "5203055403880001"


async def test_a_healthy_service_says_so(registry: Service):
    client = registry.anonymous()
    assert (await client.get("/livez")).json() == {"status": "alive"}
    ready = await client.get("/readyz")
    assert ready.status_code == 200
    assert ready.json()["checks"] == {"database": "ok", "migrations": "ok"}


async def test_without_its_database_a_service_lives_and_is_not_ready(keys: Path):
    settings = RegistrySettings(
        mode="development",
        database_url="postgresql://nobody@127.0.0.1:1/none",
        keys=keys,
        issuer=ISSUER,
    )
    async with serving(create_registry(settings), keys) as service:
        client = service.anonymous()
        assert (await client.get("/livez")).status_code == 200
        ready = await client.get("/readyz")
        assert ready.status_code == 503
        assert "cannot be reached" in ready.json()["checks"]["database"]


async def test_an_older_schema_is_not_ready(registry: Service):
    pool = registry.database.writes.pool
    await pool.execute("UPDATE alembic_version SET version_num = 'older'")
    try:
        ready = await registry.anonymous().get("/readyz")
    finally:
        await pool.execute("UPDATE alembic_version SET version_num = '0001'")
    assert ready.status_code == 503
    assert "older" in ready.json()["checks"]["migrations"]


async def test_every_answer_carries_its_request_id(registry: Service):
    client = registry.anonymous()
    given = "01938d5e-0000-7000-8000-000000000001"
    kept = await client.get("/people", headers={"X-Request-Id": given})
    assert kept.headers["x-request-id"] == given
    assert kept.json()["instance"] == f"urn:uuid:{given}"
    made = await client.get("/nowhere", headers={"X-Request-Id": f"{NIK}\n"})
    assert made.headers["x-request-id"] != NIK
    assert made.headers["cache-control"] == "no-store"


async def test_the_metrics_name_templates_and_never_paths(registry: Service):
    client = registry.client()
    await client.get("/people/01938d5e-0000-7000-8000-000000000001")
    await client.get(f"/{NIK}")
    text = (await client.get("/metrics")).text
    assert 'route="/people/{id}"' in text
    assert "01938d5e" not in text
    assert NIK not in text


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch):
    """What this process writes to its log."""
    lines = io.BytesIO()
    before = structlog.get_config()
    logs.configure()
    structlog.configure(logger_factory=structlog.BytesLoggerFactory(file=lines))
    structlog.configure(cache_logger_on_first_use=False)
    yield lines
    structlog.configure(**before)


async def test_no_log_line_carries_what_identifies_a_person(registry: Service, written):
    client = registry.client(Kind.MOBILE_BACKEND, id="app-a")
    person = {"full_name": "Siti Canaria", "sex": "female", "person_nik": NIK}
    made = await client.post("/people", json=person, headers=once())
    await client.post("/people", json=person, headers=once())
    await client.post("/people", json={**person, "person_nik": NIK[:-1]}, headers=once())
    await client.post("/people/lookup", json={"person_nik": NIK, "purpose": "financing"})
    await client.get(f"/people/{NIK}")
    await client.get("/people", params={"name": "Canaria"})
    text = written.getvalue().decode()
    for line in text.splitlines():
        assert set(json.loads(line)) <= logs.ALLOWED
    assert made.status_code == 201
    for secret in (NIK, NIK[:-1], "Canaria", made.json()["id"]):
        assert secret not in text


async def test_an_unforeseen_error_is_logged_without_its_text(registry: Service, written):
    async def broken(request):
        raise RuntimeError(f"the row of {NIK} is wrong")

    registry.app.router.add_route("/broken", broken)
    reply = await registry.anonymous().get("/broken")
    registry.app.router.routes.pop()
    assert (reply.status_code, reply.json()["type"]) == (500, "/problems/internal-error")
    text = written.getvalue().decode()
    assert "RuntimeError" in text
    assert NIK not in text
    assert NIK not in reply.text


async def test_every_problem_has_its_page(registry: Service):
    client = registry.anonymous()
    schemas = registry.app.openapi()
    slugs = {
        slug
        for path in schemas["paths"].values()
        for operation in path.values()
        for response in operation["responses"].values()
        for slug in response.get("content", {})
        .get("application/problem+json", {})
        .get("examples", {})
    }
    assert len(slugs) > 10
    for slug in slugs:
        page = await client.get(f"/problems/{slug}")
        assert (page.status_code, page.headers["content-type"]) == (
            200,
            "text/html; charset=utf-8",
        )
    assert (await client.get("/problems/no-such-problem")).status_code == 404


async def test_the_documentation_needs_no_other_host(registry: Service):
    client = registry.anonymous()
    for path in ("/docs", "/redoc"):
        page = (await client.get(path)).text
        assert "static-offline-docs" in page
        assert "cdn" not in page.lower()


async def test_production_refuses_keys_of_development(
    keys: Path, financing_settings: FinancingSettings
):
    registry = RegistrySettings(
        mode="production", database_url="postgresql://x@y/z", keys=keys, issuer=ISSUER
    )
    with pytest.raises(DevelopmentKeys):
        create_registry(registry)
    production = financing_settings.model_copy(update={"mode": "production"})
    with pytest.raises((DevelopmentKeys, DevelopmentKeysInProduction)):
        create_financing(production)


@pytest.mark.parametrize("written", ["Production", "prod", "", "production "])
def test_a_mode_that_is_neither_is_not_taken_for_development(written):
    with pytest.raises(UnknownMode, match="PURNA_MODE is production or development"):
        mode({"PURNA_MODE": written})
    assert (mode({}), mode({"PURNA_MODE": "production"})) == ("development", "production")


def test_production_refuses_fault_points():
    with pytest.raises(FaultsInProduction):
        Faults.from_env({"PURNA_FAULT": "worker.after_send"}, production=True)
    assert Faults.from_env({}, production=True).point is None


def test_a_missing_key_file_is_a_sentence(tmp_path: Path):
    settings = RegistrySettings(
        mode="development", database_url="postgresql://x@y/z", keys=tmp_path, issuer=ISSUER
    )
    with pytest.raises(KeysMissing, match=r"registry\.json"):
        create_registry(settings)


async def test_a_token_is_traded_for_id_and_secret(financing: Service, registry: Service):
    ask = {"grant_type": "client_credentials"}
    good = await registry.anonymous().post(
        "/oauth/token", data=ask, auth=httpx.BasicAuth("financing", "only for tests")
    )
    assert (good.status_code, good.json()["token_type"]) == (200, "Bearer")
    wrong = await registry.anonymous().post(
        "/oauth/token", data=ask, auth=httpx.BasicAuth("financing", "guessed")
    )
    absent = await registry.anonymous().post(
        "/oauth/token", data=ask, auth=httpx.BasicAuth("nobody", "guessed")
    )
    assert wrong.status_code == absent.status_code == 401
    assert wrong.json() | {"instance": ""} == absent.json() | {"instance": ""}
    more = await registry.anonymous().post(
        "/oauth/token",
        data={**ask, "scope": "people:write"},
        auth=httpx.BasicAuth("financing", "only for tests"),
    )
    assert (more.status_code, more.json()["error"]) == (400, "invalid_scope")
    assert wrong.json()["error"] == "invalid_client"
