"""The key file: what it opens, and what it refuses."""

import json

import httpx
import pytest
from pydantic import ValidationError

from services.financing.channels.keys import DevelopmentKeysInProduction, load, open_channels
from tests.sandbox.lenders import CODES, keys


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "financing.json"
    path.write_text(json.dumps(keys()["financing"]), encoding="utf-8")
    return path


async def test_the_file_opens_a_channel_for_every_lender(file):
    nowhere = httpx.MockTransport(lambda request: httpx.Response(500))
    async with open_channels(load(file), transport=nowhere) as channels:
        assert {code: channel.code for code, channel in channels.items()} == {
            code: code for code in CODES
        }


def test_production_refuses_generated_keys(file):
    with pytest.raises(DevelopmentKeysInProduction):
        load(file, production=True)


def test_production_takes_keys_of_its_own(file):
    content = keys()["financing"] | {"development": False}
    file.write_text(json.dumps(content), encoding="utf-8")
    assert set(load(file, production=True).channels) == set(CODES)


def test_no_secret_shows_when_keys_are_printed_or_wrong(file):
    text = repr(load(file))
    content = json.loads(file.read_text(encoding="utf-8"))
    blu = content["channels"]["blu"]
    lpdb = content["channels"]["lpdb"]
    secrets = [blu["secret"], blu["callback_secret"], lpdb["client_secret"], "PRIVATE KEY"]
    blu["callback_secret"] = 5
    file.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(ValidationError) as caught:
        load(file)
    for secret in secrets:
        assert secret not in text + str(caught.value)


def test_no_two_lenders_share_a_secret():
    every = keys()["financing"]["channels"].values()
    names = ("client_secret", "client_private_key", "webhook_secret", "secret", "callback_secret")
    secrets = [channel[name] for channel in every for name in names if name in channel]
    assert len(secrets) == len(set(secrets)) == 8
