"""The sandbox's first page, whose address is what `make run` prints."""

import json
from pathlib import Path

import httpx
import pytest

from services.sandbox.app import create_app
from services.sandbox.settings import Settings
from tests.sandbox.lenders import CODES, keys

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("mode", ["development", "production"])
async def test_the_first_page_leads_to_every_lender_and_to_the_kit(mode):
    own = keys()["lenders"] | {"development": mode == "development"}
    settings = Settings.from_env({"SANDBOX_KEYS_JSON": json.dumps(own), "PURNA_MODE": mode})
    wire = httpx.ASGITransport(create_app(settings))
    async with httpx.AsyncClient(transport=wire, base_url="http://sandbox.test") as client:
        page = (await client.get("/")).raise_for_status().json()
        assert {one["lender"] for one in page["lenders"]} == set(CODES)
        kit = (ROOT / page["kit"]).read_text()
        for one in page["lenders"]:
            assert f"`{one['address']}`" in kit
            looks = [one[name] for name in ("ledger", "behaviour") if name in one]
            assert len(looks) == (2 if mode == "development" else 0)
            for look in looks:
                assert (await client.get(look)).status_code == 200
