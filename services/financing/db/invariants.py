"""
What is always true of the rows of financing, whatever failed on the way.

Each law is a query for what breaks it; `shared/invariants.py` says who asks and how. Constraints
keep some of them already: asked here, they also show a constraint that somebody has dropped.
"""
# ruff: noqa: S608 (every part of every query is a constant)

from typing import Final

from services.financing.db.submissions import BY_REVIEW
from services.financing.db.tables import BOOKED, LIVE, OPEN, PENDING, SET_ASIDE
from services.financing.domain import application, review
from services.financing.domain.submission import AWAITING
from shared.invariants import Law, feed_laws, no_nik, path_laws
from shared.money import AMOUNT_MAX

_BINDING = "stage IN ('akad', 'disbursed', 'repaid')"
_ENDED = "status IN ('refused', 'cancelled', 'failed')"
_UNDER_WAY = "status IN ('routed', 'sent', 'unknown', 'answered')"
_AWAITING = "status IN ({})".format(", ".join(sorted(f"'{status}'" for status in AWAITING)))
_HAS_LIVE = f"EXISTS (SELECT FROM submission WHERE application_id = application.id AND {LIVE})"
_HAS_LOAN = f"EXISTS (SELECT FROM submission WHERE application_id = application.id AND {BOOKED})"
_IS_BOOKED = f"SELECT application_id FROM submission WHERE {BOOKED}"
_RULED = (
    "EXISTS (SELECT FROM lender_report AS other "
    f"WHERE other.submission_id = submission.id AND other.heard_by = '{BY_REVIEW}')"
)
_SAID = (
    "EXISTS (SELECT FROM lender_report "
    f"WHERE lender_report.submission_id = submission.id AND {_BINDING})"
)

_ONE_EFFECT = (
    Law(
        "one_application_under_way",
        "A borrower has one application at a time that a lender may still turn into a loan.",
        f"SELECT min(id::text) AS id FROM application WHERE {PENDING} "
        "GROUP BY borrower_kind, borrower_id HAVING count(*) > 1",
    ),
    Law(
        "one_lender_at_a_time",
        "An application is with one lender at a time.",
        f"SELECT application_id::text AS id FROM submission WHERE {LIVE} "
        "GROUP BY application_id HAVING count(*) > 1",
    ),
    Law(
        "one_loan",
        "Of one application comes one loan, unless two people are looking at how two came of it.",
        f"SELECT application_id::text AS id FROM ({_IS_BOOKED}) AS booked "
        "JOIN application ON application.id = application_id AND status <> 'in_review' "
        "GROUP BY application_id HAVING count(*) > 1",
    ),
    Law(
        "no_sending_beside_a_loan",
        "Where a lender has made a loan, no other lender is about to be asked.",
        "SELECT id::text AS id FROM submission WHERE status = 'queued' AND due_at IS NOT NULL "
        f"AND application_id IN ({_IS_BOOKED})",
    ),
    Law(
        "loan_said_by_its_lender",
        "A submission counts as a loan exactly if its lender has said so, or two people have "
        "found it so.",
        f"SELECT id::text AS id FROM submission WHERE {BOOKED} AND NOT {_SAID} UNION ALL "
        f"SELECT id::text FROM submission WHERE NOT ({BOOKED}) AND {_SAID} AND NOT {_RULED}",
    ),
    Law(
        "report_counted_once",
        "What a lender has reported is kept once for ever.",
        "SELECT min(event_id::text) AS id FROM lender_report GROUP BY channel, event_id "
        "HAVING count(*) > 1",
    ),
    Law(
        "report_of_its_own_submission",
        "A report belongs to a submission that went to the lender that made it.",
        "SELECT event_id::text AS id FROM lender_report AS report "
        "JOIN submission ON submission.id = report.submission_id "
        "WHERE (submission.channel, submission.application_id) "
        "<> (report.channel, report.application_id)",
    ),
)
_NOTHING_LOST = (
    Law(
        "under_way_means_with_a_lender",
        "An application that is under way is with a lender or about to be; one that has ended, "
        "or has not begun, is not.",
        f"SELECT id::text AS id FROM application WHERE {_UNDER_WAY} AND NOT {_HAS_LIVE} UNION ALL "
        f"SELECT id::text FROM application WHERE NOT ({_UNDER_WAY}) AND status <> 'in_review' "
        f"AND {_HAS_LIVE}",
    ),
    Law(
        "loan_has_a_lender",
        "An application that is signed, disbursed or closed has a lender who has made the loan.",
        "SELECT id::text AS id FROM application WHERE status IN ('akad', 'disbursed', 'closed') "
        f"AND NOT {_HAS_LOAN}",
    ),
    Law(
        "nobody_forgotten",
        "Every submission that is under way has a time at which it is looked at next, unless two "
        "people look at its application, or an operator at the submission.",
        f"SELECT id::text AS id FROM submission WHERE {LIVE} AND due_at IS NULL "
        "AND application_id NOT IN (SELECT id FROM application WHERE status = 'in_review') "
        f"AND id NOT IN (SELECT submission_id FROM quarantine WHERE {SET_ASIDE}) "
        f"AND application_id NOT IN ({_IS_BOOKED})",
    ),
    Law(
        "set_aside_for_an_operator",
        "An application says that it is set aside exactly while one of its submissions is in "
        "quarantine, and nothing is said about that one meanwhile.",
        "SELECT id::text AS id FROM application WHERE set_aside <> EXISTS (SELECT FROM quarantine "
        f"WHERE application_id = application.id AND {SET_ASIDE}) UNION ALL "
        "SELECT submission.id::text FROM submission JOIN quarantine ON submission_id = "
        f"submission.id AND quarantine.{SET_ASIDE} WHERE due_at IS NOT NULL",
    ),
    Law(
        "waiting_stands_in_a_row",
        "An application waits for quota exactly if it stands in the row of a lender.",
        "SELECT id::text AS id FROM application WHERE (status = 'waiting') <> EXISTS ("
        "SELECT FROM quota_waiting WHERE application_id = application.id AND left_at IS NULL)",
    ),
    Law(
        "looked_at_means_open_review",
        "An application is looked at by two people exactly if one review of it is open.",
        "SELECT id::text AS id FROM application "
        "WHERE (status IN ('contested', 'in_review'))::integer <> (SELECT count(*) FROM review "
        f"WHERE review.application_id = application.id AND review.{OPEN})",
    ),
    Law(
        "clock_runs_while_waited_for",
        "The clock of a submission runs exactly until its lender answers, that of a review until "
        "it is decided.",
        "SELECT subject.id::text AS id FROM ("
        f"SELECT id, {_AWAITING} AS open FROM submission "
        f"UNION ALL SELECT id, {OPEN} FROM review) AS subject "
        "LEFT JOIN deadline ON deadline.subject_id = subject.id AND deadline.met_at IS NULL "
        "WHERE open <> (deadline.id IS NOT NULL)",
    ),
)
_DECIDED = (
    Law(
        "decision_as_it_was_made",
        "What was known at each decision is, byte for byte, what was hashed when it was made.",
        "SELECT id::text AS id FROM decision "
        "WHERE sha256(convert_to(facts, 'UTF8')) <> facts_sha256",
    ),
    Law(
        "letter_as_it_was_written",
        "Each letter is, byte for byte, what was hashed when it was written.",
        "SELECT id::text AS id FROM letter WHERE sha256(convert_to(document, 'UTF8')) <> sha256",
    ),
    Law(
        "no_told_by_letter",
        "Whoever is refused, or has to wait for readiness, has a letter that says why.",
        "SELECT id::text AS id FROM application WHERE status IN ('refused', 'incubating') "
        "AND NOT EXISTS (SELECT FROM letter WHERE application_id = application.id)",
    ),
    Law(
        "ruled_by_two",
        "A review is decided by two people, neither of whom has a part in the application.",
        "SELECT id::text AS id FROM review WHERE status = 'decided' AND NOT coalesce("
        "proposed_by <> confirmed_by AND NOT ARRAY[proposed_by, confirmed_by] && "
        "array_remove(ARRAY[applied_by, objected_by, registered_by], NULL), false)",
    ),
)
_MONEY = (
    Law(
        "amounts_within_bounds",
        f"Every amount is whole rupiah between 1 and {AMOUNT_MAX:,}.",
        f"SELECT id::text AS id FROM application WHERE amount NOT BETWEEN 1 AND {AMOUNT_MAX} "
        "UNION ALL SELECT event_id::text FROM lender_report "
        f"WHERE amount NOT BETWEEN 1 AND {AMOUNT_MAX}",
    ),
    Law(
        "more_than_asked_is_looked_at",
        "Where a lender reports more than was asked for, two people look at it, or the feed says "
        "that it contradicts what is known.",
        "SELECT event_id::text AS id FROM lender_report AS report "
        "JOIN application ON application.id = report.application_id "
        "WHERE report.stage IN ('akad', 'disbursed') AND report.amount > application.amount "
        "AND NOT EXISTS (SELECT FROM review WHERE review.application_id = application.id "
        "AND review.subject = 'contradiction') "
        "AND report.submission_id NOT IN (SELECT subject_id FROM event "
        "WHERE kind = 'submission.contradicted')",
    ),
    Law(
        "quota_not_overdrawn",
        "No more is held and used of a quota than there is.",
        "SELECT id::text AS id FROM quota WHERE held < 0 OR used < 0 OR held + used > total",
    ),
    Law(
        "quota_adds_up",
        "What a quota says is held and used is the sum of what is held and used of it.",
        "SELECT quota.id::text AS id FROM quota LEFT JOIN (SELECT quota_id, "
        "coalesce(sum(amount) FILTER (WHERE status = 'held'), 0) AS held, "
        "coalesce(sum(amount) FILTER (WHERE status = 'used'), 0) AS used "
        "FROM quota_holding GROUP BY quota_id) AS taken ON taken.quota_id = quota.id "
        "WHERE (quota.held, quota.used) <> (coalesce(taken.held, 0), coalesce(taken.used, 0))",
    ),
    Law(
        "quota_given_back",
        "Quota is held or used only for a submission that has not come to nothing.",
        "SELECT quota_holding.submission_id::text AS id FROM quota_holding "
        "LEFT JOIN submission ON submission.id = quota_holding.submission_id "
        "WHERE quota_holding.status IN ('held', 'used') "
        f"AND (submission.id IS NULL OR submission.{_ENDED})",
    ),
)

LAWS: Final[tuple[Law, ...]] = (
    *_ONE_EFFECT,
    *_NOTHING_LOST,
    *_DECIDED,
    *_MONEY,
    *path_laws("application", application.Status.DRAFTED, application.TRANSITIONS),
    *path_laws("review", review.Status.OPEN, review.TRANSITIONS),
    *feed_laws("application", "review", "quota"),
    no_nik(
        event="data",
        application="declared",
        application_step="data",
        decision="facts, outcome",
        review="reason, why, evidence, correction",
        review_step="data",
        letter="document",
        channel_pause="reason, resumed_because",
        quarantine="error, sent, returned, note",
        ledger_case="our_reference, ours, theirs, note",
    ),
)
