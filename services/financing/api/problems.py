"""Every way financing says no, declared once. Served at /problems/{slug}."""

from services.financing.api.records import RecordUnreadable
from services.financing.channels import CallbackRejected
from services.financing.db.applications import (
    ApplicationNotFound,
    ApplicationPending,
    DecisionNotFound,
)
from services.financing.db.channels import ChannelNotPaused, ChannelPaused
from services.financing.db.quarantine import QuarantineNotFound
from services.financing.db.quotas import QuotaCommitted, QuotaExists, QuotaNotFound
from services.financing.db.reconciliations import (
    CaseNotFound,
    ReconciliationNotFound,
    ReconciliationRunning,
)
from services.financing.db.reviews import ReviewNotFound
from services.financing.db.submissions import SubmissionNotFound
from services.financing.domain import review
from services.financing.domain.application import IllegalTransition, NotADraft
from services.financing.domain.eligibility import BorrowerDeceased
from services.financing.domain.letter import NoLetter
from services.financing.domain.products import ProductNotFound
from services.financing.domain.quarantine import NotSetAside
from services.financing.domain.reconciliation import CaseClosed, MendNotPossible
from services.financing.domain.routing import ChannelNotFound, NoSuchChannel
from services.financing.progress import LenderHasIt
from services.financing.registry import RegistryRefused, RegistryUnavailable, SubjectNotFound
from shared.accept import NotAcceptable
from shared.problems import Catalogue, ProblemType
from shared.webhooks.problems import PROBLEMS as SHARED_PROBLEMS

PROBLEMS = SHARED_PROBLEMS | Catalogue(
    {
        ApplicationNotFound: ProblemType(
            "application-not-found",
            404,
            "No such application",
            "Check the id. One that you may not see looks exactly like one that is absent.",
        ),
        ApplicationPending: ProblemType(
            "application-pending",
            409,
            "The borrower has another application under way",
            "Wait for its answer, or withdraw it first: a borrower has one at a time.",
        ),
        BorrowerDeceased: ProblemType(
            "borrower-deceased",
            409,
            "The borrower has died",
            "If this is wrong, let the registry correct the person's record first.",
        ),
        DecisionNotFound: ProblemType(
            "decision-not-found",
            404,
            "Not decided yet",
            "Submit the application with POST /applications/{id}/submission.",
        ),
        IllegalTransition: ProblemType(
            "illegal-transition",
            409,
            "Not from this status",
            "Read the application again: its status says what can happen next.",
        ),
        NotADraft: ProblemType(
            "not-a-draft",
            409,
            "The application has been submitted",
            "Withdraw it with POST /applications/{id}/withdrawal and draft it anew.",
        ),
        ChannelNotFound: ProblemType(
            "channel-not-found",
            422,
            "No such lender, or it has no such product",
            "Name a lender by its code and one of its products; a route shows both.",
        ),
        NoSuchChannel: ProblemType(
            "no-such-channel",
            404,
            "No such lender",
            "See GET /channels for every code. One that you may not see looks like an absent one.",
        ),
        ChannelPaused: ProblemType(
            "channel-paused",
            409,
            "The lender is paused already",
            "Read GET /channels/{code}: it says who has paused it and why.",
        ),
        ChannelNotPaused: ProblemType(
            "channel-not-paused",
            409,
            "The lender is not paused",
            "Nothing is to be done: it is spoken to. GET /channels/{code} shows how it fares.",
        ),
        QuarantineNotFound: ProblemType(
            "quarantine-not-found",
            404,
            "Nothing with this id is or was set aside",
            "Check the id; GET /quarantine lists every one.",
        ),
        NotSetAside: ProblemType(
            "not-set-aside",
            409,
            "It is not set aside any more",
            "Read it again: somebody has decided on it, or the lender has spoken.",
        ),
        ReconciliationNotFound: ProblemType(
            "reconciliation-not-found",
            404,
            "No such comparison",
            "Check the id; GET /reconciliations lists every one.",
        ),
        ReconciliationRunning: ProblemType(
            "reconciliation-running",
            409,
            "The lender's ledger is being compared already",
            "Follow that one: GET /reconciliations?channel= lists it last.",
        ),
        CaseNotFound: ProblemType(
            "case-not-found",
            404,
            "No such case",
            "Check the id; GET /cases lists every one.",
        ),
        CaseClosed: ProblemType(
            "case-closed",
            409,
            "The case is not open any more",
            "Read it again: somebody has resolved it, or the difference is gone.",
        ),
        MendNotPossible: ProblemType(
            "mend-not-possible",
            409,
            "This does not mend the case",
            "Choose another mend; `detail` says why this one does not fit.",
        ),
        QuotaNotFound: ProblemType(
            "quota-not-found",
            404,
            "No such quota",
            "Check the id. One that you may not see looks exactly like one that is absent.",
        ),
        QuotaExists: ProblemType(
            "quota-exists",
            409,
            "There is such a quota already",
            "Find it with GET /quotas and change its total with PATCH /quotas/{id}.",
        ),
        QuotaCommitted: ProblemType(
            "quota-committed",
            409,
            "More than that is held or used already",
            "Read the quota again: its total cannot be less than held and used together.",
        ),
        NoLetter: ProblemType(
            "no-letter",
            404,
            "There is no letter of refusal",
            "A letter is written when an application is refused or has to wait; read its status.",
        ),
        NotAcceptable: ProblemType(
            "not-acceptable",
            406,
            "None of these media types is offered",
            "Accept application/json or application/pdf.",
        ),
        ReviewNotFound: ProblemType(
            "review-not-found",
            404,
            "No such review",
            "Check the id. One that you may not see looks exactly like one that is absent.",
        ),
        review.IllegalTransition: ProblemType(
            "review-not-from-this-status",
            409,
            "The review does not stand so",
            "Read the review again: its status says what can happen next.",
        ),
        review.AlreadyReviewed: ProblemType(
            "already-reviewed",
            409,
            "This decision has been reviewed",
            "Read GET /reviews for what was found. Where the facts have changed, draft anew.",
        ),
        review.RulingNotPossible: ProblemType(
            "ruling-not-possible",
            409,
            "This ruling does not answer the case",
            "Choose one that `detail` names; an override names the fact that was wrong.",
        ),
        review.ConflictOfInterest: ProblemType(
            "conflict-of-interest",
            403,
            "You have a part in this application",
            "Leave the review to somebody who has no part in it.",
        ),
        review.SamePerson: ProblemType(
            "another-person-needed",
            403,
            "Four eyes: another person has to settle this",
            "Let a reviewer with a client of their own confirm or reject the proposal.",
        ),
        LenderHasIt: ProblemType(
            "lender-has-it",
            409,
            "A lender may make a loan of this application",
            "Wait until that lender reports its end, or have it ended there; then try again.",
        ),
        RecordUnreadable: ProblemType(
            "record-unreadable",
            409,
            "The decision was made by another version",
            "It cannot be decided again here: uphold it, or let the applicant apply anew.",
        ),
        SubmissionNotFound: ProblemType(
            "submission-not-found",
            404,
            "No such submission on this channel",
            "Send the reference that came with the application.",
        ),
        ProductNotFound: ProblemType(
            "product-not-found",
            404,
            "No such product",
            "See GET /products for every code.",
        ),
        SubjectNotFound: ProblemType(
            "subject-not-found",
            409,
            "The registry does not know this borrower",
            "Register the person or the cooperative in the registry, and send that id.",
        ),
        RegistryUnavailable: ProblemType(
            "registry-unavailable",
            503,
            "The registry cannot be read at the moment",
            "Nothing was changed. Send the request again in a few seconds.",
            retry_after_seconds=5,
        ),
        RegistryRefused: ProblemType(
            "registry-refused",
            502,
            "The registry does not let financing read",
            "Nothing was changed. Tell the operator: the client of financing needs the scope "
            "facts:read. Send the request again once that is mended.",
            retry_after_seconds=60,
        ),
        CallbackRejected: ProblemType(
            "callback-rejected",
            401,
            "The callback is not believed",
            "Sign the raw bytes with the key agreed for this channel, within five minutes.",
        ),
    }
)
