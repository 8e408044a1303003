"""What a reader is told about a schedule, in two languages."""

from collections.abc import Mapping

from services.financing.domain.schedule import Charge, Repayment
from services.financing.domain.texts import Text

CHARGES: Mapping[Charge, Text] = {
    Charge.INTEREST: Text("bunga", "interest"),
    Charge.MARGIN: Text("margin", "margin"),
    Charge.PROFIT_SHARE: Text("bagi hasil", "share of profit"),
    Charge.UJRAH: Text("ujrah", "ujrah (fee)"),
}
"""What is paid beyond the principal, by its name."""

_PROJECTION = Text(
    "Ini proyeksi, bukan janji: yang dibagi adalah laba yang benar-benar diperoleh.",
    "This is a projection and no promise: what is shared is the profit that is really made.",
)
REMARKS: Mapping[Repayment, Text] = {
    Repayment.FLAT: Text(
        "Bunga flat dihitung dari seluruh pinjaman sampai akhir, padahal pokok terus berkurang. "
        "Bandingkan suku bunga efektifnya; KUR memakai suku bunga efektif.",
        "A flat rate is charged on the whole loan to the end, although it is being repaid. "
        "Compare its effective rate; the rate of KUR is an effective one.",
    ),
    Repayment.MUSYARAKAH: _PROJECTION,
    Repayment.MUDHARABAH: _PROJECTION,
}
"""What a reader has to know of some ways to repay."""

PROJECTED = frozenset({Repayment.MUSYARAKAH, Repayment.MUDHARABAH})
"""The ways of which the amounts are expected only."""
