"""/schedules: what is paid back, month by month, and what it costs."""

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import zip_longest
from typing import Annotated, Any, Literal, NamedTuple, Self, cast

import orjson
from fastapi import Body, Response
from pydantic import AfterValidator, Discriminator, Field, Tag, ValidationInfo, model_validator

from services.financing.api.facts import Permille
from services.financing.api.problems import PROBLEMS
from services.financing.api.sources import SourceOut, source_out
from services.financing.domain import schedule_texts
from services.financing.domain.eligibility import Source
from services.financing.domain.relief import SOURCES, relieved
from services.financing.domain.schedule import CHARGES, Charge, Line, Lines, Repayment
from services.financing.domain.schedule.conventional import (
    Month,
    Pays,
    annuity,
    declining,
    flat,
    level,
    seasonal,
    stepped,
)
from services.financing.domain.schedule.cost import cost
from services.financing.domain.schedule.due import Due, due_days, estimated_years, nominal_days
from services.financing.domain.schedule.sharia import (
    equivalent_margin,
    murabahah,
    profit_sharing,
    qardh,
)
from shared.auth import Caller, Forbidden, Unauthenticated, requires
from shared.edge import router
from shared.money import Rupiah
from shared.wire import Amount, Count, Day, Flag, In, Months, Out, Sum

MONTHS_MAX = 600
RATE_BP_MAX = 10_000

routes = router("/schedules", tags=["products"])
ProductReader = Annotated[Caller, requires("products:read")]

RateBp = Annotated[
    int,
    Field(
        strict=True,
        ge=0,
        le=RATE_BP_MAX,
        description="Yearly rate in hundredths of a percent: 600 is 6 %",
    ),
]


def _repays(grace: int, info: ValidationInfo) -> int:
    # Absent from `data` when it was itself refused; one problem is then enough.
    if grace >= info.data.get("months", grace + 1):
        raise ValueError("grace must leave at least one month that repays")
    return grace


def _leaves(fees: Rupiah, info: ValidationInfo) -> Rupiah:
    if fees >= info.data.get("plafon", fees + 1):
        raise ValueError("the fees must leave something of what is lent")
    return fees


def _rising(months: tuple[int, ...]) -> tuple[int, ...]:
    if list(months) != sorted(set(months)):
        raise ValueError("must be in order, each month once")
    return months


class Plan(NamedTuple):
    """The lines of a schedule, the rate of each month where there is one, and what it rests on."""

    lines: Lines
    rates_bp: tuple[int, ...] = ()
    sources: tuple[Source, ...] = ()

    @classmethod
    def of(
        cls,
        kind: Repayment,
        lines: Lines,
        months: Sequence[Month],
        sources: tuple[Source, ...] = (),
    ) -> "Plan":
        """Return the plan of these months, which show a rate only where interest is borne."""
        interest = CHARGES[kind] is Charge.INTEREST
        return cls(lines, tuple(month.rate_bp for month in months if interest), sources)


class Lent(In):
    """What is lent. A day of the akad, or of the first instalment, dates the lines."""

    plafon: Annotated[Amount, Field(description="What is lent, in rupiah")]
    fees: Annotated[
        Sum,
        AfterValidator(_leaves),
        Field(description="What is kept back at the disbursement, in rupiah"),
    ] = Rupiah(0)
    akad_on: Annotated[
        Day | None, Field(description="The day of the akad; the first instalment is a month later")
    ] = None
    first_due: Annotated[
        Day | None, Field(description="The day of the first instalment, if it is another one")
    ] = None

    def nominal(self, count: int) -> tuple[date, ...]:
        """Return so many nominal due days; none without a day to count from."""
        if self.first_due is not None:
            return nominal_days(self.first_due, count, first=0)
        return () if self.akad_on is None else nominal_days(self.akad_on, count)


class RateChange(In):
    """Another rate from one month on."""

    from_no: Annotated[Months, Field(description="The month of the loan from which it holds")]
    rate_bp: RateBp


class AtInterest(Lent):
    """A loan at an effective yearly rate, which may change, with months of grace at its start."""

    rate_bp: RateBp
    months: Annotated[Months, Field(description="Over how many months, grace included")]
    grace: Annotated[
        Count, AfterValidator(_repays), Field(description="First months that pay interest only")
    ] = 0
    rate_changes: Annotated[
        tuple[RateChange, ...],
        Field(max_length=MONTHS_MAX, description="Months from which the rate is another one"),
    ] = ()
    disaster_relief: Annotated[
        Flag,
        Field(
            description="For an affected debtor in Aceh, Sumatera Utara or Sumatera Barat: 0 % in "
            "2026, 3 % in 2027, and no instalments from December 2025 to March 2026. Needs a day"
        ),
    ] = False

    @model_validator(mode="after")
    def _has_months(self) -> Self:
        if self.disaster_relief and (self.rate_changes or not self.nominal(1)):
            raise ValueError("the relief has rates of its own, and needs a day to count from")
        if self.to_pay()[-1].pays is not Pays.ALL:
            raise ValueError("the last month has no instalment under the relief: add months")
        return self

    def to_pay(self) -> tuple[Month, ...]:
        """Return each month with its rate and with what is paid in it."""
        if self.disaster_relief:
            days = self.nominal(self.months)
            return relieved(days, rate_bp=self.rate_bp, grace=self.grace)
        rates = [self.rate_bp] * self.months
        for change in self.rate_changes:
            rates[change.from_no - 1 :] = [change.rate_bp] * (self.months - change.from_no + 1)
        return stepped(rates, grace=self.grace)

    def sources(self) -> tuple[Source, ...]:
        """Return the texts that it rests on beside the ordinary ones."""
        return SOURCES if self.disaster_relief else ()


class AnnuityNew(AtInterest):
    """A loan repaid in equal instalments."""

    kind: Literal[Repayment.ANNUITY] = Repayment.ANNUITY

    def plan(self) -> Plan:
        """Return what is paid."""
        months = self.to_pay()
        return Plan.of(self.kind, annuity(self.plafon, months), months, self.sources())


class DecliningNew(AtInterest):
    """A loan repaid in equal parts of principal, with interest on what is left."""

    kind: Literal[Repayment.DECLINING]

    def plan(self) -> Plan:
        """Return what is paid."""
        months = self.to_pay()
        return Plan.of(self.kind, declining(self.plafon, months), months, self.sources())


class FlatNew(Lent):
    """A loan that charges a flat rate, as a warning: see what it really costs."""

    kind: Literal[Repayment.FLAT]
    rate_bp: RateBp
    months: Months

    def plan(self) -> Plan:
        """Return what is paid."""
        return Plan(flat(self.plafon, rate_bp=self.rate_bp, months=self.months))


class SeasonalNew(Lent):
    """A loan whose principal is repaid in equal parts after each harvest."""

    kind: Literal[Repayment.SEASONAL]
    rate_bp: RateBp
    harvests: Annotated[
        tuple[Months, ...],
        AfterValidator(_rising),
        Field(
            min_length=1,
            max_length=MONTHS_MAX,
            description="The months of the loan that repay, 1 the first; the last one ends it",
        ),
    ]
    interest_between: Annotated[
        Flag,
        Field(description="Whether interest is paid each month; else it is all due at harvest"),
    ] = True

    def plan(self) -> Plan:
        """Return what is paid."""
        between = Pays.INTEREST if self.interest_between else Pays.NOTHING
        months = seasonal(self.rate_bp, self.harvests, between=between)
        return Plan.of(self.kind, declining(self.plafon, months), months)


class MurabahahNew(Lent):
    """A sale on instalments; `plafon` is the cost price. Give its margin, or a rate."""

    kind: Literal[Repayment.MURABAHAH]
    months: Months
    margin: Annotated[Sum | None, Field(description="The fixed margin, in rupiah")] = None
    rate_bp: Annotated[
        RateBp | None, Field(description="The effective rate that the margin is equivalent to")
    ] = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.margin is None) == (self.rate_bp is None):
            raise ValueError("give either margin or rate_bp")
        return self

    def plan(self) -> Plan:
        """Return what is paid."""
        margin = self.margin
        if margin is None:
            margin = equivalent_margin(self.plafon, level(self.rate_bp or 0, self.months))
        return Plan(murabahah(self.plafon, margin=margin, months=self.months))


class ProfitSharing(Lent):
    """A partnership that shares the profit; what comes of it is projected, not promised."""

    months: Months
    nisbah_permille: Annotated[
        Permille, Field(description="The financier's share of the profit, in permille")
    ]
    profit_month: Annotated[Sum, Field(description="The profit expected of a month, in rupiah")]

    def _plan(self, *, at_end: bool) -> Plan:
        return Plan(
            profit_sharing(
                self.plafon,
                nisbah_permille=self.nisbah_permille,
                profit_month=self.profit_month,
                months=self.months,
                at_end=at_end,
            )
        )


class MusyarakahNew(ProfitSharing):
    """Both sides bring capital; the financier's is bought back, and its share falls with it."""

    kind: Literal[Repayment.MUSYARAKAH]
    capital_at_end: Annotated[
        Flag, Field(description="Whether the capital comes back whole at the end")
    ] = False

    def plan(self) -> Plan:
        """Return what is expected."""
        return self._plan(at_end=self.capital_at_end)


class MudharabahNew(ProfitSharing):
    """The financier brings all capital, the borrower the work."""

    kind: Literal[Repayment.MUDHARABAH]
    capital_at_end: Annotated[
        Flag, Field(description="Whether the capital comes back whole at the end")
    ] = True

    def plan(self) -> Plan:
        """Return what is expected."""
        return self._plan(at_end=self.capital_at_end)


class QardhNew(Lent):
    """A loan without any yield, and a fixed fee (ujrah) that is paid with the instalments."""

    kind: Literal[Repayment.QARDH]
    months: Months
    ujrah: Annotated[Sum, Field(description="The whole fee, in rupiah")] = Rupiah(0)

    def plan(self) -> Plan:
        """Return what is paid."""
        return Plan(qardh(self.plafon, ujrah=self.ujrah, months=self.months))


_KINDS = ", ".join(Repayment)

EXAMPLES: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "annuity": (
        "KUR mikro of Rp 50 million over three years",
        {"plafon": 50_000_000, "rate_bp": 600, "months": 36, "akad_on": "2026-12-01"},
    ),
    "grace": (
        "Six months of grace, interest only",
        {"plafon": 3_000_000_000, "rate_bp": 600, "months": 72, "grace": 6},
    ),
    "disaster_relief": (
        "An affected debtor's KUR after the disaster of 2025",
        {
            "plafon": 36_000_000,
            "rate_bp": 600,
            "months": 36,
            "akad_on": "2025-10-10",
            "disaster_relief": True,
        },
    ),
    "declining": (
        "Equal parts of principal",
        {"kind": "declining", "plafon": 100_000_000, "rate_bp": 600, "months": 24},
    ),
    "flat": (
        "What an offer of 6 % flat really costs",
        {"kind": "flat", "plafon": 10_000_000, "rate_bp": 600, "months": 12},
    ),
    "seasonal": (
        "Interest each month, principal after the harvests of months 5 and 10",
        {"kind": "seasonal", "plafon": 20_000_000, "rate_bp": 600, "harvests": [5, 10]},
    ),
    "murabahah": (
        "A margin equivalent to 6 % effective",
        {"kind": "murabahah", "plafon": 25_000_000, "months": 24, "rate_bp": 600},
    ),
    "musyarakah": (
        "A share of 30 % in a profit of Rp 2 million a month",
        {
            "kind": "musyarakah",
            "plafon": 25_000_000,
            "months": 24,
            "nisbah_permille": 300,
            "profit_month": 2_000_000,
        },
    ),
    "mudharabah": (
        "The same, with the capital returned at the end",
        {
            "kind": "mudharabah",
            "plafon": 25_000_000,
            "months": 24,
            "nisbah_permille": 300,
            "profit_month": 2_000_000,
        },
    ),
    "qardh": (
        "An interest-free loan with a fee",
        {"kind": "qardh", "plafon": 5_000_000, "months": 10, "ujrah": 150_000},
    ),
}
"""One request of each kind, as the contract shows it."""


def _kind(body: Any) -> str:
    """Tell the kinds apart; who names none means an annuity."""
    # The angle brackets keep the name out of a problem's pointer.
    if isinstance(body, dict):
        body = cast("dict[str, Any]", body).get("kind", Repayment.ANNUITY)
    return f"<{body}>"


ScheduleNew = Annotated[
    Annotated[AnnuityNew, Tag("<annuity>")]
    | Annotated[DecliningNew, Tag("<declining>")]
    | Annotated[FlatNew, Tag("<flat>")]
    | Annotated[SeasonalNew, Tag("<seasonal>")]
    | Annotated[MurabahahNew, Tag("<murabahah>")]
    | Annotated[MusyarakahNew, Tag("<musyarakah>")]
    | Annotated[MudharabahNew, Tag("<mudharabah>")]
    | Annotated[QardhNew, Tag("<qardh>")],
    Discriminator(
        _kind,
        custom_error_type="kind_unknown",
        custom_error_message=f"must be an object whose kind is one of {_KINDS}",
    ),
    Body(
        openapi_examples={
            name: {"summary": summary, "value": value}
            for name, (summary, value) in EXAMPLES.items()
        }
    ),
]


class ScheduleLineOut(Out):
    """One month: when it is due, what is due, in rupiah, and the principal left after it."""

    no: int
    nominal_on: Annotated[
        date | None, Field(description="The day as agreed; null while no day is known")
    ]
    due_on: Annotated[
        date | None, Field(description="The day it is paid: that day, or the next working day")
    ]
    moved_for_id: Annotated[
        str | None, Field(description="The day off that moved it, in Indonesian")
    ]
    moved_for_en: Annotated[
        str | None, Field(description="The same; a holiday keeps its Indonesian name")
    ]
    rate_bp: Annotated[
        int | None, Field(description="The month's yearly rate; null where none is charged on it")
    ]
    principal: int
    charge: Annotated[int, Field(description="What `charge` of the schedule names")]
    instalment: int
    balance: int


class ScheduleOut(Out):
    """What is paid back and what it costs: a calculation, not an offer."""

    kind: Repayment
    charge: Annotated[Charge, Field(description="What is paid beyond the principal")]
    charge_id: Annotated[str, Field(description="Its name in Indonesian")]
    charge_en: Annotated[str, Field(description="Its name in English")]
    plafon: int
    months: int
    fees: Annotated[int, Field(description="Kept back at the disbursement")]
    total_charge: int
    total_instalments: int
    total_cost: Annotated[int, Field(description="Everything beyond the principal, with fees")]
    effective_rate_bp: Annotated[
        int | None,
        Field(
            description="The yearly rate at which everything that is paid is worth what was "
            "received, in hundredths of a percent; null beyond 10,000 %"
        ),
    ]
    flat_rate_millipercent: Annotated[
        int | None,
        Field(
            description="The flat yearly rate that would cost as much, in thousandths of a "
            "percent: to compare with an offer quoted flat, and never the rate of a KUR"
        ),
    ]
    projected: Annotated[
        bool, Field(description="Whether the amounts are expected only, and not agreed")
    ]
    remark_id: Annotated[str | None, Field(description="What a reader has to know, in Indonesian")]
    remark_en: Annotated[str | None, Field(description="The same, in English")]
    years_estimated: Annotated[
        list[int],
        Field(description="Years of which the days off are not all decreed: due days may move"),
    ]
    sources: Annotated[
        list[SourceOut], Field(description="The texts that make it another than the ordinary one")
    ]
    lines: list[ScheduleLineOut]


@routes.post(
    "",
    response_model=ScheduleOut,
    responses=PROBLEMS.openapi(Unauthenticated, Forbidden),
    operation_id="compute_schedule",
)
async def compute_schedule(caller: ProductReader, new: ScheduleNew) -> Response:
    """Compute what is paid back each month, in whole rupiah, and what it costs.

    Without `kind` it is an annuity. Nothing is stored.
    """
    plan = new.plan()
    nominal = new.nominal(len(plan.lines))
    body = schedule_out(new.kind, plan, nominal=nominal, fees=new.fees)
    return Response(orjson.dumps(body), media_type="application/json")


def schedule_out(
    kind: Repayment, plan: Plan, *, nominal: Sequence[date], fees: int = 0
) -> dict[str, Any]:
    """Return a schedule as `ScheduleOut`; without nominal days its lines are only numbered."""
    told, charge, days = cost(plan.lines, fees=fees), CHARGES[kind], due_days(nominal)
    remark = schedule_texts.REMARKS.get(kind)
    return {
        "kind": kind,
        "charge": charge,
        "charge_id": schedule_texts.CHARGES[charge].id,
        "charge_en": schedule_texts.CHARGES[charge].en,
        "plafon": told.instalments - told.charge,
        "months": len(plan.lines),
        "fees": fees,
        "total_charge": told.charge,
        "total_instalments": told.instalments,
        "total_cost": told.total,
        "effective_rate_bp": told.effective_rate_bp,
        "flat_rate_millipercent": told.flat_millipercent,
        "projected": kind in schedule_texts.PROJECTED,
        "remark_id": remark and remark.id,
        "remark_en": remark and remark.en,
        "years_estimated": estimated_years(days),
        "sources": [source_out(source) for source in plan.sources],
        "lines": [
            _line(line, due, rate_bp)
            for line, due, rate_bp in zip_longest(plan.lines, days, plan.rates_bp)
        ],
    }


def _line(line: Line, due: Due | None, rate_bp: int | None) -> dict[str, Any]:
    moved = None if due is None else due.moved_for
    return {
        "nominal_on": due and due.nominal_on,
        "due_on": due and due.on,
        "moved_for_id": moved and moved.id,
        "moved_for_en": moved and moved.en,
        "rate_bp": rate_bp,
        **line._asdict(),
    }
