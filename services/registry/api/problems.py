"""Every way the registry says no, declared once. Served at /problems/{slug}."""

from services.registry.api.uploading import NotCsv, UploadInterrupted, UploadTooLarge
from services.registry.db.cooperatives import (
    BookYearNotFound,
    CooperativeNotFound,
    CoopRegistryNoTaken,
)
from services.registry.db.imports import ImportBusy, ImportNotFound
from services.registry.db.kinship import AlreadyRelatives, NotRelatives
from services.registry.db.memberships import MembershipLives, MembershipNotFound
from services.registry.db.mentorings import MentoringNotFound
from services.registry.db.officers import OfficerNotFound
from services.registry.db.people import (
    ExternalIdTaken,
    PersonAlreadyRegistered,
    PersonNotFound,
)
from services.registry.db.placements import PlacementNotFound
from services.registry.db.regions import RegionNotFound, RegionRetired, RegionUnknown
from services.registry.db.trainings import TrainingNotFound
from services.registry.domain.membership import (
    ApplicantDeceased,
    CloseRelative,
    NotAdmissible,
    NotAdmitting,
    NotAnOfficer,
    NotTheirs,
    OwnMembership,
)
from services.registry.domain.mentoring import OwnMentor
from services.registry.domain.nik import ImpossibleNik, NikAsIdentifier
from services.registry.domain.person import (
    AttestationByKin,
    EvidenceFromTheFuture,
    IdentityMatched,
    NotHigher,
    OwnRelative,
    SelfAttestation,
)
from services.registry.domain.source import Contradictory
from services.registry.domain.training import CompletedInTheFuture, CompletionUndated
from services.registry.domain.transition import IllegalTransition
from services.registry.intake.records import FileUnreadable
from services.registry.intake.upload import HeaderUnknown
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
        NikAsIdentifier: ProblemType(
            "nik-as-identifier",
            409,
            "The external_id is the person's NIK",
            "Send an identifier of your own as external_id, and the NIK as person_nik alone.",
        ),
        IdentityMatched: ProblemType(
            "identity-matched",
            403,
            "A state register stands behind this identity",
            "Ask the ministry to correct the NIK, name, date of birth or sex. You may correct "
            "everything else.",
        ),
        PlacementNotFound: ProblemType(
            "placement-not-found",
            404,
            "No such placement",
            "Read the stays of this person with GET /people/{id}/placements.",
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
        ImportNotFound: ProblemType(
            "import-not-found",
            404,
            "No such import",
            "List your imports with GET /imports.",
        ),
        ImportBusy: ProblemType(
            "import-busy",
            409,
            "A file is being sent to this import already",
            "Wait until it has ended; GET /imports/{id} shows its progress. An upload that broke "
            "off without a word is given up after a minute.",
            retry_after_seconds=60,
        ),
        NotCsv: ProblemType(
            "not-csv",
            415,
            "The body has another media type",
            "Save the file as CSV in UTF-8 and send it as it is, not compressed.",
        ),
        UploadTooLarge: ProblemType(
            "upload-too-large",
            413,
            "The file is too large",
            "Cut it into several files, each with the header; sent rows stay as they are.",
        ),
        UploadInterrupted: ProblemType(
            "upload-interrupted",
            408,
            "The file did not arrive to its end",
            "Send the same file again: the rows that were taken will be unchanged.",
        ),
        HeaderUnknown: ProblemType(
            "import-header-unknown",
            422,
            "The first row does not name the columns",
            "Begin the file with a row that names each of `columns`; leave cells empty where "
            "nothing is known.",
        ),
        FileUnreadable: ProblemType(
            "import-file-unreadable",
            422,
            "The file cannot be read any further",
            "Correct the row named in `detail`, save the file as CSV in UTF-8 and send it again; "
            "the rows before it stay as they are.",
        ),
        OwnRelative: ProblemType(
            "own-relative",
            409,
            "Nobody is their own relative",
            "Send the id of the other person as `relative_id`.",
        ),
        AlreadyRelatives: ProblemType(
            "already-relatives",
            409,
            "These two are recorded as relatives",
            "Nothing needs to be done.",
        ),
        NotRelatives: ProblemType(
            "not-relatives",
            404,
            "These two are not recorded as relatives",
            "Read the relatives of this person with GET /people/{id}/relatives.",
        ),
        Contradictory: ProblemType(
            "contradictory-facts",
            409,
            "These facts cannot all be true",
            "Correct the fields named in `contradictions`, beginning with the first. A book year "
            "that is recorded already is corrected with PUT.",
        ),
        CooperativeNotFound: ProblemType(
            "cooperative-not-found",
            404,
            "No such cooperative",
            "Check the id, or look for the cooperative with GET /cooperatives?village_code=.",
        ),
        BookYearNotFound: ProblemType(
            "book-year-not-found",
            404,
            "Nothing is recorded for this book year",
            "Read the cooperative to see its book years; record a new one with POST.",
        ),
        CoopRegistryNoTaken: ProblemType(
            "coop-registry-no-taken",
            409,
            "Another cooperative has this Nomor Induk Koperasi",
            "Read the number again from the certificate. If it is right, use the record that has "
            "it, or ask the ministry to correct that one.",
        ),
        OfficerNotFound: ProblemType(
            "officer-not-found",
            404,
            "No such seat",
            "Read the seats of this cooperative with GET /cooperatives/{id}/officers.",
        ),
        MembershipNotFound: ProblemType(
            "membership-not-found",
            404,
            "No such membership",
            "Check the id. A membership that you may not see looks exactly like an absent one.",
        ),
        MembershipLives: ProblemType(
            "membership-exists",
            409,
            "There is a membership already",
            "Read it with GET /memberships?person_id=. A new application is possible after it has "
            "ended.",
        ),
        NotAdmitting: ProblemType(
            "cooperative-not-admitting",
            409,
            "The cooperative takes in no members",
            "Apply when it is active again, or to another cooperative of the village.",
        ),
        ApplicantDeceased: ProblemType(
            "applicant-deceased",
            409,
            "The death of this person is recorded",
            "Nothing, where that is true. If it was recorded by mistake, ask the ministry to "
            "correct `migration_status`.",
        ),
        NotAdmissible: ProblemType(
            "not-admissible",
            409,
            "The rules of admission refuse",
            "Each of the `reasons` says what can be done about it.",
        ),
        NotTheirs: ProblemType(
            "step-of-the-other-party",
            403,
            "This step belongs to the other party",
            "Officers of the cooperative decide; only the member's own app resigns.",
        ),
        NotAnOfficer: ProblemType(
            "not-an-officer",
            403,
            "No serving officer stands behind this decision",
            "Let a client act whose person holds a seat on a board of this cooperative today.",
        ),
        OwnMembership: ProblemType(
            "own-membership",
            403,
            "An officer does not decide on themselves",
            "Let another officer of the cooperative decide.",
        ),
        CloseRelative: ProblemType(
            "close-relative",
            403,
            "An officer does not decide on a close relative",
            "Let an officer decide who is not related to the member to the first degree.",
        ),
        OwnMentor: ProblemType(
            "own-mentor",
            409,
            "Nobody mentors themselves",
            "Choose another person as `mentor_id`.",
        ),
        MentoringNotFound: ProblemType(
            "mentoring-not-found",
            404,
            "No such mentoring",
            "Check the id. The mentoring of a person whom you may not see looks like an absent "
            "one.",
        ),
        TrainingNotFound: ProblemType(
            "training-not-found",
            404,
            "No such training",
            "Check the id. The training of a person whom you may not see looks like an absent "
            "one.",
        ),
        CompletionUndated: ProblemType(
            "completion-undated",
            409,
            "`completed_on` belongs to `complete` alone",
            "Send `completed_on` with the event `complete`, and leave it out otherwise.",
        ),
        CompletedInTheFuture: ProblemType(
            "completed-in-the-future",
            409,
            "The completion is dated in the future",
            "Correct `completed_on`, or record the completion when it has happened.",
        ),
    }
)
