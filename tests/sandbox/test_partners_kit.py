"""The kit's document against the code: its table, its variables and its examples are true."""

import json
import re
from pathlib import Path

import pytest

from services.financing import progress, worker
from services.financing.channels import Rejection, blu, kur_bank, lpdb, wire
from services.financing.domain import breaker, patience
from services.sandbox import blu as blu_desk
from services.sandbox import kur_bank as kur_bank_desk
from services.sandbox import lpdb as lpdb_desk
from services.sandbox.behaviour import BY_AMOUNT
from services.sandbox.lender import PROFILES

KIT = Path("docs/partners-kit.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^(?:20[01] )?(\{\".*\})$", KIT, flags=re.MULTILINE)
MODELS = (
    kur_bank_desk.TokenRequest,
    kur_bank._Token,
    kur_bank_desk.Application,
    kur_bank._Application,
    kur_bank._Event,
    lpdb_desk.Proposal,
    lpdb._Proposal,
    lpdb._Event,
    blu_desk.Pengajuan,
    blu._Pengajuan,
    blu._Event,
)


def test_the_table_of_behaviours_is_the_one_in_force():
    rows = re.findall(r"^\| (9\d\d) \| `(\w+)` \|", KIT, flags=re.MULTILINE)
    assert rows == [(str(digits), behaviour) for digits, behaviour in BY_AMOUNT.items()]


def test_every_lender_and_every_variable_has_its_place():
    source = Path("services/sandbox/settings.py").read_text(encoding="utf-8")
    for name in set(re.findall(r"\b(?:SANDBOX|PURNA)_[A-Z_]+", source)) | set(PROFILES):
        assert name in KIT, name


def test_every_refusal_of_a_contract_is_listed():
    for desk in (lpdb_desk, blu_desk):
        for no in desk.NOES.values():
            assert re.search(rf"`{no.code}` (?:\d+, )?{no.status}", KIT), no


def test_every_reason_not_to_believe_a_callback_is_listed():
    for reason in Rejection:
        assert f"`{reason}`" in KIT, reason


def test_the_waits_are_those_in_force():
    waits = {
        "tolerance": (wire.TOLERANCE, "Timestamps may be 300 s off"),
        "first": (patience.WAIT_FIRST, "after about 30 s, doubled to 1 h"),
        "longest": (patience.WAIT_MAX, "doubled to 1 h"),
        "asked": (patience.INQUIRY_FIRST, "after about 5 s; never seen"),
        "asked at last": (patience.INQUIRY_MAX, "doubled from 5 s to 4 h"),
        "polled": (progress.POLL_AFTER, "every 15 minutes"),
        "stray": (worker.STRAY, "from ten minutes after"),
        "rest": (breaker.REST, "alone for 30 s"),
    }
    seconds = {name: int(wait.total_seconds()) for name, (wait, _) in waits.items()}
    assert seconds == {
        "tolerance": 300,
        "first": 30,
        "longest": 3600,
        "asked": 5,
        "asked at last": 14_400,
        "polled": 900,
        "stray": 600,
        "rest": 30,
    }
    assert (patience.ATTEMPTS_MAX, patience.INQUIRIES_MAX, breaker.FAILURES_MAX) == (8, 24, 5)
    for _, words in waits.values():
        assert words in KIT, words


@pytest.mark.parametrize(
    ("model", "example"),
    list(zip(MODELS, EXAMPLES, strict=True)),
    ids=[f"{model.__module__}.{model.__name__}" for model in MODELS],
)
def test_each_example_is_one_of_the_contract(model, example):
    assert model.model_validate_json(example)
    assert json.loads(example)
