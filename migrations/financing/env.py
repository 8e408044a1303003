"""The financing's schema, one revision at a time."""

from services.financing.db.tables import metadata

from migrations.run import run

run(metadata)
