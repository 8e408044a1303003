"""The financing's schema, one revision at a time."""

from migrations.run import run
from services.financing.db.tables import metadata

run(metadata)
