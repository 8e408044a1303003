"""Every way financing says no, declared once. Served at /problems/{slug}."""

from services.financing.channels import CallbackRejected
from services.financing.db.applications import (
    ApplicationNotFound,
    ApplicationPending,
    DecisionNotFound,
)
from services.financing.db.submissions import SubmissionNotFound
from services.financing.domain.application import IllegalTransition
from shared.general_problems import GENERAL_PROBLEMS
from shared.problems import Catalogue, ProblemType

PROBLEMS = GENERAL_PROBLEMS | Catalogue(
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
        SubmissionNotFound: ProblemType(
            "submission-not-found",
            404,
            "No such submission on this channel",
            "Send the reference that came with the application.",
        ),
        CallbackRejected: ProblemType(
            "callback-rejected",
            401,
            "The callback is not believed",
            "Sign the raw bytes with the key agreed for this channel, within five minutes.",
        ),
    }
)
