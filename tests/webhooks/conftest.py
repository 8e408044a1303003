"""The post office, on financing alone: what is told needs no registry and no lender."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from tests.conftest import emptied, serving
from tests.financing.conftest import house
from tests.webhooks.post import Post, open_post

__all__ = ["house", "post"]


@pytest.fixture
async def post(financing_app: FastAPI, financing_template: str, keys: Path) -> AsyncIterator[Post]:
    await emptied(financing_template)
    async with serving(financing_app, keys) as financing, open_post(financing, keys) as office:
        yield office
