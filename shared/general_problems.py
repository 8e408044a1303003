"""The ways to say no that every service has: identity, input, repeats, versions, outages."""

from shared.auth import Forbidden, IssuerUnavailable, Unauthenticated
from shared.db import CommitUnknown, Contended, DatabaseUnavailable
from shared.edge import BodyNotForm, BodyNotJson, BodyTooLarge
from shared.etag import PreconditionFailed, PreconditionMissing
from shared.idempotency import (
    IdempotencyKeyMalformed,
    IdempotencyKeyMissing,
    IdempotencyKeyReused,
    IdempotentRequestInFlight,
)
from shared.issuer import ClientUnknown, ScopeNotGranted
from shared.paging import CursorInvalid
from shared.problems import Catalogue, ProblemType
from shared.strict_json import NotStrictJson

GENERAL_PROBLEMS = Catalogue(
    {
        Unauthenticated: ProblemType(
            "unauthenticated",
            401,
            "We do not know who is calling",
            "Get a token from the registry's POST /oauth/token, or from the issuer that this "
            "deployment uses, and send it as `Authorization: Bearer`.",
        ),
        Forbidden: ProblemType(
            "forbidden",
            403,
            "This caller may not do this",
            "Ask for a token with the scope named in `detail`, or let another kind of caller act.",
        ),
        ClientUnknown: ProblemType(
            "client-unknown", 401, "Unknown client or wrong secret", "Check both; secrets rotate."
        ),
        ScopeNotGranted: ProblemType(
            "scope-not-granted",
            400,
            "The client may not have this scope",
            "Ask without `scope` to get every scope that the client has.",
        ),
        IssuerUnavailable: ProblemType(
            "issuer-unavailable",
            503,
            "Tokens cannot be verified at the moment",
            "Send the request again in a few seconds.",
            retry_after_seconds=5,
        ),
        NotStrictJson: ProblemType(
            "not-strict-json",
            400,
            "The body is not strict JSON",
            "Send one UTF-8 JSON value without repeated keys, NaN or deep nesting.",
        ),
        BodyNotJson: ProblemType(
            "body-not-json",
            415,
            "The body has another media type",
            "Send application/json in UTF-8, not compressed.",
        ),
        BodyNotForm: ProblemType(
            "body-not-form",
            415,
            "The body holds no form fields",
            "Send application/x-www-form-urlencoded, not compressed.",
        ),
        BodyTooLarge: ProblemType(
            "body-too-large",
            413,
            "The body is too large",
            "Send less at once; files go to /imports.",
        ),
        IdempotencyKeyMissing: ProblemType(
            "idempotency-key-missing",
            400,
            "This call needs an Idempotency-Key",
            "Send a fresh UUID as Idempotency-Key, and the same one when you repeat the call.",
        ),
        IdempotencyKeyMalformed: ProblemType(
            "idempotency-key-malformed",
            400,
            "The Idempotency-Key cannot be used",
            "Send one key of 1 to 255 visible ASCII characters.",
        ),
        IdempotencyKeyReused: ProblemType(
            "idempotency-key-reused",
            422,
            "The Idempotency-Key was used with another body",
            "Use a fresh key for a new act; repeat an act with exactly the same body.",
        ),
        IdempotentRequestInFlight: ProblemType(
            "idempotent-request-in-flight",
            409,
            "The first request with this key has not ended",
            "Send the same request again in a second to receive its answer.",
            retry_after_seconds=1,
        ),
        PreconditionMissing: ProblemType(
            "precondition-missing",
            428,
            "A change needs If-Match",
            "Read the resource and send its ETag as If-Match.",
        ),
        PreconditionFailed: ProblemType(
            "precondition-failed",
            412,
            "The resource has changed since it was read",
            "Read it again, look at what changed, and send the change with the new ETag.",
        ),
        CursorInvalid: ProblemType(
            "cursor-invalid",
            400,
            "The cursor cannot be used",
            "Start again without a cursor; one is valid for the same caller, path and filters.",
        ),
        DatabaseUnavailable: ProblemType(
            "database-unavailable",
            503,
            "The service cannot reach its database",
            "Nothing was changed. Send the request again in a few seconds.",
            retry_after_seconds=2,
        ),
        CommitUnknown: ProblemType(
            "commit-unknown",
            503,
            "The change may or may not have been kept",
            "Send the same request with the same Idempotency-Key: it is done once either way.",
            retry_after_seconds=2,
        ),
        Contended: ProblemType(
            "contended",
            503,
            "Another change was faster",
            "Nothing was changed. Send the request again.",
            retry_after_seconds=1,
        ),
    }
)
