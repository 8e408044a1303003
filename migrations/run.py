"""
Bring a service's database to the newest schema, or compare the schema with the tables.

    python -m migrations.run upgrade registry      migrate the database at REGISTRY_DATABASE_URL
    python -m migrations.run upgrade financing     migrate the database at FINANCING_DATABASE_URL
    python -m migrations.run check                 migrate two empty databases of an embedded
                                                   server and compare them with the tables
"""

import asyncio
import os
import sys
import tempfile
from pathlib import Path

from alembic import command, context
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.ext.asyncio import create_async_engine

from shared.embedded_postgres import EmbeddedPostgres

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


def check() -> int:
    """Compare the newest schema with the tables, for both services; return the exit code."""
    with (
        tempfile.TemporaryDirectory() as folder,
        EmbeddedPostgres.start(Path(folder), settings={"fsync": "off"}) as server,
    ):
        for service in SERVICES:
            url = server.create_database(service)
            upgrade(service, url)
            try:
                command.check(config(service, url))
            except CommandError as difference:
                sys.stderr.write(f"{service}: {difference}\n")
                return 1
    return 0


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
        case ["check"]:
            return check()
        case _:
            sys.stderr.write(__doc__ or "")
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
