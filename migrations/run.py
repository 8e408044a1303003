"""
Bring a service's database to the newest schema, or compare the schema with the tables.

    python -m migrations.run upgrade registry      python -m migrations.run check registry

The address of the database is read from REGISTRY_DATABASE_URL or FINANCING_DATABASE_URL.
"""

import asyncio
import os
import sys
from pathlib import Path

from alembic import command, context
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.ext.asyncio import create_async_engine

SERVICES = ("registry", "financing")
LOCK_TIMEOUT = "5s"
ROOT = Path(__file__).parent.parent


def config(service: str, url: str = "") -> Config:
    """Return Alembic's configuration of one service."""
    settings = Config(str(ROOT / "alembic.ini"), ini_section=service)
    settings.set_section_option(service, "script_location", str(ROOT / "migrations" / service))
    settings.attributes["url"] = url
    return settings


def head(service: str) -> str:
    """Return the newest revision that this program knows."""
    return ScriptDirectory.from_config(config(service)).get_current_head() or ""


def upgrade(service: str, url: str) -> None:
    """Bring the database at `url` to the newest schema."""
    command.upgrade(config(service, url), "head")


def run(metadata: MetaData) -> None:
    """Do what Alembic asks; both `env.py` files call this."""
    asyncio.run(_online(str(context.config.attributes["url"]), metadata))


async def _online(url: str, metadata: MetaData) -> None:
    scheme, _, rest = url.partition("://")
    driver = "postgresql+asyncpg" if scheme in {"postgresql", "postgres"} else scheme
    engine = create_async_engine(f"{driver}://{rest}")
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_migrate, metadata)
    finally:
        await engine.dispose()


def _migrate(connection: Connection, metadata: MetaData) -> None:
    connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'"))
    context.configure(connection=connection, target_metadata=metadata, compare_type=True)
    with context.begin_transaction():
        context.run_migrations()


def main(arguments: list[str]) -> int:
    """Run from the command line; return the exit code."""
    match arguments:
        case ["upgrade", ("registry" | "financing") as service]:
            upgrade(service, os.environ[f"{service.upper()}_DATABASE_URL"])
        case ["check", ("registry" | "financing") as service]:
            try:
                command.check(config(service, os.environ[f"{service.upper()}_DATABASE_URL"]))
            except CommandError as difference:
                sys.stderr.write(f"{difference}\n")
                return 1
        case _:
            sys.stderr.write(__doc__ or "")
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
