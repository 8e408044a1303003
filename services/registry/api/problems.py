"""Every way the registry says no, declared once. Served at /problems/{slug}."""

from services.registry.db.people import (
    ExternalIdTaken,
    PersonAlreadyRegistered,
    PersonNotFound,
)
from services.registry.db.regions import RegionNotFound, RegionRetired, RegionUnknown
from services.registry.domain.nik import ImpossibleNik
from services.registry.domain.person import (
    AttestationByKin,
    EvidenceFromTheFuture,
    NotHigher,
    SelfAttestation,
)
from services.registry.domain.transition import IllegalTransition
from shared.general_problems import GENERAL_PROBLEMS
from shared.problems import Catalogue, ProblemType

PROBLEMS = GENERAL_PROBLEMS | Catalogue(
    {
        PersonNotFound: ProblemType(
            "person-not-found",
            404,
            "No such person",
            "Check the id. A person whom you may not see looks exactly like one who is absent.",
        ),
        PersonAlreadyRegistered: ProblemType(
            "person-already-registered",
            409,
            "This NIK is already registered",
            "Find the record with POST /people/lookup. If you may not see it, ask the ministry "
            "to link the person to your application.",
        ),
        ExternalIdTaken: ProblemType(
            "external-id-taken",
            409,
            "This external_id is already used",
            "Use the record that has it, or send another external_id.",
        ),
        RegionNotFound: ProblemType(
            "region-not-found",
            404,
            "No such region",
            "Search by name with GET /regions?name=. Codes are those of the Ministry of Home "
            "Affairs, not of BPS.",
        ),
        RegionRetired: ProblemType(
            "region-retired",
            410,
            "This region code went out of use",
            "Use the code in `replaced_by`. Numbers issued under the old code stay valid.",
        ),
        RegionUnknown: ProblemType(
            "region-unknown",
            409,
            "A village code does not exist",
            "Look the village up with GET /regions?name= and send its code.",
        ),
        ImpossibleNik: ProblemType(
            "impossible-nik",
            409,
            "No office can have issued this NIK",
            "Read the number again from the KTP. Leave person_nik out when it is not known.",
        ),
        IllegalTransition: ProblemType(
            "illegal-transition",
            409,
            "Not from this status",
            "Read the record again and choose one of the steps that its status allows.",
        ),
        NotHigher: ProblemType(
            "verification-not-higher",
            409,
            "The evidence proves no more than is known already",
            "Nothing needs to be done; send evidence of a higher level when there is some.",
        ),
        SelfAttestation: ProblemType(
            "self-attestation",
            409,
            "Nobody vouches for themselves",
            "Let an official of the village or of a ministry attest.",
        ),
        AttestationByKin: ProblemType(
            "attestation-by-kin",
            409,
            "A close relative cannot vouch",
            "Let somebody attest who is not related to the first degree.",
        ),
        EvidenceFromTheFuture: ProblemType(
            "evidence-from-the-future",
            409,
            "The evidence is dated in the future",
            "Correct `attested_on`.",
        ),
    }
)
