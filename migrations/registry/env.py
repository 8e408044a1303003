"""The registry's schema, one revision at a time."""

from migrations.run import run
from services.registry.db.tables import metadata

run(metadata)
