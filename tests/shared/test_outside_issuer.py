"""The registry on an identity provider that is not its own."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import FastAPI
from jwt.algorithms import ECAlgorithm
from openapi_spec_validator import validate

from services.financing.app import create_app as create_financing
from services.financing.registry import ReadingPurpose, RegistryClient, RegistryUnavailable
from services.financing.settings import Settings as FinancingSettings
from services.registry.app import create_app
from services.registry.settings import BUILT_IN, Settings
from shared import clock
from shared.issuer import Issuer
from tests.shared.test_auth import WHO

PROVIDER = "https://login.example"
ENVIRON = {"REGISTRY_DATABASE_URL": "postgresql://nobody@nowhere.invalid/none", "PURNA_KEYS": "."}


@pytest.fixture
def provider() -> Issuer:
    key: dict[str, Any] = json.loads(ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP256R1())))
    return Issuer(PROVIDER, {**key, "kid": "theirs-1", "alg": "ES256", "use": "sig"})


@pytest.fixture
def outside(provider: Issuer, keys: Path, tmp_path: Path, registry_template: str) -> Settings:
    """A registry whose folder holds its key ring, and nothing to sign tokens with."""
    ring = (keys / "registry.json").read_text()
    (tmp_path / "registry.json").write_text(ring.replace("development-", "ours-"))
    jwks = tmp_path / "provider.json"
    jwks.write_text(json.dumps(provider.jwks))
    return Settings.from_env(
        {
            "PURNA_MODE": "production",
            "REGISTRY_DATABASE_URL": registry_template,
            "PURNA_KEYS": str(tmp_path),
            "PURNA_ISSUER": PROVIDER,
            "PURNA_JWKS": str(jwks),
        }
    )


@pytest.fixture
async def app(outside: Settings) -> AsyncIterator[FastAPI]:
    made = create_app(outside)
    async with made.router.lifespan_context(made):
        yield made


async def ask(app: FastAPI, method: str, path: str, token: str = "") -> int:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://purna.test"
    ) as client:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return (await client.request(method, path, headers=headers)).status_code


async def test_its_tokens_are_believed_and_no_others(app, provider, keys):
    own = Issuer.from_file(PROVIDER, keys / "issuer.json")
    renamed = Issuer(BUILT_IN, provider.jwk)
    answers = [
        await ask(app, "GET", "/people", issuer.issue(WHO, WHO.scopes, now=clock.now()))
        for issuer in (provider, own, renamed)
    ]
    assert answers == [200, 401, 401]


async def test_the_registry_issues_no_tokens_itself(app):
    assert await ask(app, "POST", "/oauth/token") == 404
    assert await ask(app, "GET", "/.well-known/jwks.json") == 404


async def test_the_contract_speaks_of_nothing_that_is_not_there(app):
    document = app.openapi()
    validate(document)
    assert {"/oauth/token", "/.well-known/jwks.json"}.isdisjoint(document["paths"])
    assert {"TokenRequest", "TokenOut", "KeysOut"}.isdisjoint(document["components"]["schemas"])
    assert "tokens" not in {tag["name"] for tag in document["tags"]}
    (scheme,) = document["components"]["securitySchemes"].values()
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    assert "/oauth/token" not in json.dumps(document["components"]["securitySchemes"])
    assert document["paths"]["/people"]["get"]["security"] == [{"oauth2": ["people:read"]}]


def test_an_outside_issuer_has_to_be_named():
    with pytest.raises(KeyError, match="PURNA_ISSUER"):
        Settings.from_env({**ENVIRON, "PURNA_JWKS": "https://login.example/jwks"})
    for unset in ({}, {"PURNA_JWKS": ""}):
        settings = Settings.from_env(ENVIRON | unset)
        assert (settings.jwks, settings.issuer) == (None, BUILT_IN)


async def test_financing_gets_its_token_where_it_is_told(financing_settings: FinancingSettings):
    """Anything else is asked of the registry."""
    asked: list[str] = []

    def wire(request: httpx.Request) -> httpx.Response:
        asked.append(f"{request.url.host}{request.url.path}")
        return httpx.Response(200, json={"access_token": "theirs", "expires_in": 300})

    settings = financing_settings.model_copy(update={"token_url": f"{PROVIDER}/token"})
    made = create_financing(settings, registry=httpx.MockTransport(wire))
    scheme = made.openapi()["components"]["securitySchemes"]["oauth2"]
    assert scheme["flows"]["clientCredentials"]["tokenUrl"] == f"{PROVIDER}/token"
    async with made.router.lifespan_context(made):
        registry: RegistryClient = made.state.registry
        with pytest.raises(RegistryUnavailable):
            await registry.person_facts(uuid4(), purpose=ReadingPurpose.ASSESSMENT)
    assert asked[0] == "login.example/token"
    assert asked[1].startswith("registry.test/people/")
