"""The ways to say no that a service has where it has webhooks."""

from shared.general_problems import GENERAL_PROBLEMS
from shared.problems import Catalogue, ProblemType
from shared.public_web import AddressRefused
from shared.webhooks.store import DeliveryNotFound, EndpointNotFound, TooManyEndpoints
from shared.webhooks.subscription import IllegalEndpointStep


class DeliveryPending(Exception):
    """The delivery is on its way already."""


WEBHOOK_PROBLEMS = Catalogue(
    {
        EndpointNotFound: ProblemType(
            "webhook-endpoint-not-found",
            404,
            "No such endpoint",
            "Check the id. An endpoint of another caller looks exactly like one that is absent.",
        ),
        DeliveryNotFound: ProblemType(
            "webhook-delivery-not-found",
            404,
            "No such delivery",
            "See GET /webhook-endpoints/{id}/deliveries; what has ended is kept for thirty days.",
        ),
        DeliveryPending: ProblemType(
            "webhook-delivery-pending",
            409,
            "The delivery is on its way already",
            "Wait for its next call, or mend the receiver: pausing and resuming an endpoint "
            "calls at once whatever waits.",
        ),
        IllegalEndpointStep: ProblemType(
            "illegal-endpoint-step",
            409,
            "Not from this status",
            "Read the endpoint again: its status says what can happen next.",
        ),
        TooManyEndpoints: ProblemType(
            "too-many-webhook-endpoints",
            409,
            "No more endpoints for this caller",
            "Remove one that is not used, or let one receiver take more kinds of events.",
        ),
        AddressRefused: ProblemType(
            "webhook-address-refused",
            422,
            "This address is not called",
            "Receive at a public https address, on port 443, under a name of your own.",
        ),
    }
)
"""What a service adds to its own table."""

PROBLEMS = GENERAL_PROBLEMS | WEBHOOK_PROBLEMS
"""What the router declares."""
