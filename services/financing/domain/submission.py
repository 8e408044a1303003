"""One application on its way to one lender: what the lender may report, and what it adds up to."""

from enum import StrEnum


class Stage(StrEnum):
    """What a lender says of a submission. The LPDB names its own stages; the others use fewer."""

    RECEIVED = "received"
    KOMITE = "komite"
    MKP = "mkp"
    SP3 = "sp3"
    APPROVED = "approved"
    AKAD = "akad"
    DISBURSED = "disbursed"
    REPAID = "repaid"
    REFUSED = "refused"
    CANCELLED = "cancelled"
