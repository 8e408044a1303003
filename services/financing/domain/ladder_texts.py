"""What a rung says to the applicant, in one sentence and in two languages."""

from datetime import date

from services.financing.domain.ladder import Rung
from services.financing.domain.products import BY_CODE
from services.financing.domain.texts import Language, Text, say

_TODAY = Text(
    "{product}: {amount:rp} hari ini; angsuran pertama {instalment:rp}, "
    "jangka waktu {tenor} bulan.",
    "{product}: {amount:rp} today; first instalment {instalment:rp}, over {tenor} months.",
)
_LATER = Text(
    "{product}: {amount:rp} mulai {from:day}; angsuran pertama {instalment:rp}, "
    "jangka waktu {tenor} bulan.",
    "{product}: {amount:rp} from {from:day} on; first instalment {instalment:rp}, "
    "over {tenor} months.",
)


def rung_text(rung: Rung, language: Language, *, today: date) -> str:
    """Return what can be had and from when; the steps say how."""
    product = BY_CODE[rung.product]
    numbers = {
        "product": product.name_id if language is Language.ID else product.name_en,
        "amount": rung.request.amount,
        "from": rung.on,
        "instalment": rung.instalment,
        "tenor": rung.request.tenor_months,
    }
    return say(_TODAY if rung.on == today else _LATER, numbers, language)
