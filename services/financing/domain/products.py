"""What can be lent: every product, its scheme, and who may borrow."""

from enum import StrEnum
from typing import NamedTuple

from services.financing.domain.eligibility import BorrowerKind
from services.financing.domain.rules import blu, kur, lpdb, pmk49


class ProductNotFound(Exception):
    """No product has this code."""


class Scheme(StrEnum):
    """The three doors: subsidised bank credit, the revolving fund, the service agency."""

    KUR = "kur"
    LPDB = "lpdb"
    BLU = "blu"
    PMK49 = "pmk49"


class Product(NamedTuple):
    """One product. `assumed`: no text says that it exists, and every answer repeats it."""

    code: str
    scheme: Scheme
    kinds: frozenset[BorrowerKind]
    name_id: str
    name_en: str
    assumed: bool = False


_PERSON = frozenset({BorrowerKind.PERSON})
_PERSON_GROUP = frozenset({BorrowerKind.PERSON, BorrowerKind.GROUP})
_COOPERATIVE = frozenset({BorrowerKind.COOPERATIVE})

PRODUCTS = (
    Product(kur.SUPER_MIKRO, Scheme.KUR, _PERSON, "KUR Super Mikro", "KUR super micro"),
    Product(kur.MIKRO, Scheme.KUR, _PERSON, "KUR Mikro", "KUR micro"),
    Product(kur.KECIL, Scheme.KUR, _PERSON, "KUR Kecil", "KUR small"),
    Product(kur.KHUSUS, Scheme.KUR, _PERSON_GROUP, "KUR Khusus", "KUR for clusters"),
    Product(kur.PMI, Scheme.KUR, _PERSON, "KUR Penempatan PMI", "KUR for work abroad"),
    Product(lpdb.REGULAR, Scheme.LPDB, _COOPERATIVE, "LPDB dana bergulir", "LPDB revolving fund"),
    Product(
        lpdb.MOCKUP, Scheme.LPDB, _COOPERATIVE, "LPDB percontohan Kopdes", "LPDB Kopdes mock-up"
    ),
    Product(
        blu.INKUBASI, Scheme.BLU, _COOPERATIVE, "BLU inkubasi", "BLU incubation", assumed=True
    ),
    Product(blu.LINKAGE, Scheme.BLU, _COOPERATIVE, "BLU linkage", "BLU on-lending", assumed=True),
    Product(
        blu.UMI,
        Scheme.BLU,
        _PERSON,
        "BLU ultra mikro melalui koperasi",
        "BLU ultra micro through a cooperative",
        assumed=True,
    ),
    Product(
        pmk49.CODE,
        Scheme.PMK49,
        _COOPERATIVE,
        "Pinjaman Kopdes PMK 49/2025",
        "Kopdes loan of PMK 49/2025",
    ),
)
"""Every product, in the order in which a decision assesses them."""

BY_CODE = {product.code: product for product in PRODUCTS}
