"""
What is always true of the rows of the registry, whatever failed on the way.

Each law is a query for what breaks it; `shared/invariants.py` says who asks and how.
"""

from typing import Final

from services.registry.db.tables import LIVE_MEMBERSHIP
from services.registry.domain import membership
from shared.invariants import Law, feed_laws, no_nik, path_laws

_STEPS = {"": {"apply": membership.Status.APPLIED}, **membership.TRANSITIONS}
"""A membership's history has its application as the first step."""

_MEMBERSHIPS = (
    Law(
        "one_membership_in_a_cooperative",
        "A person has one membership in a cooperative that has not ended.",
        "SELECT min(id::text) AS id FROM membership "  # noqa: S608 (a constant)
        f"WHERE {LIVE_MEMBERSHIP} GROUP BY person_id, cooperative_id HAVING count(*) > 1",
    ),
    *path_laws("membership", "", _STEPS),
)
_PEOPLE = (
    Law(
        "one_record_for_a_nik",
        "A NIK belongs to one person, and is kept only enciphered.",
        "SELECT min(id::text) AS id FROM person WHERE nik_index IS NOT NULL GROUP BY nik_index "
        "HAVING count(*) > 1 UNION ALL SELECT id::text FROM person "
        "WHERE (nik_index IS NULL) <> (nik_cipher IS NULL)",
    ),
    Law(
        "verified_by_evidence",
        "Whoever is more than self-declared has evidence of that very level.",
        "SELECT id::text AS id FROM person WHERE verification_level <> 'self_declared' "
        "AND NOT EXISTS (SELECT FROM verification "
        "WHERE verification.person_id = person.id AND level = verification_level)",
    ),
)

LAWS: Final[tuple[Law, ...]] = (
    *_PEOPLE,
    *_MEMBERSHIPS,
    *feed_laws("person", "cooperative", "membership", "mentoring", "training"),
    no_nik(
        event="data",
        person="full_name, skills, languages, certificates, nik_warnings",
        membership_step="reason",
        verification="reference",
    ),
)
