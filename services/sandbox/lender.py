"""
One pretend lender behind its contract: it takes an application, moves it on and tells of it.

The contracts differ in words and signatures only; what a lender does is here, once.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from uuid import uuid4

from services.sandbox.behaviour import Behaviour, Script, choose
from services.sandbox.courier import Courier, Letter
from services.sandbox.ledger import FINAL, Entry, Ledger, Order, Stage, Step, written
from shared.clock import WIB, now

RETRY_AFTER_SECONDS = 2
COPIES = 3
"""How often each callback is sent under `duplicate_callbacks`."""

REASONS = (
    "CAPACITY: the instalment exceeds what the declared income can carry",
    "DOCUMENTS: the business licence (NIB) is missing",
)
APPETITE = ("APPETITE: the amount is above what this lender grants at present",)
BY_CONSOLE = ("MANUAL: decided by hand in the sandbox",)

BANK = (Stage.RECEIVED, Stage.APPROVED, Stage.AKAD, Stage.DISBURSED)
REVOLVING = (
    Stage.RECEIVED,
    Stage.KOMITE,
    Stage.MKP,
    Stage.SP3,
    Stage.AKAD,
    Stage.DISBURSED,
)


class OtherContent(Exception):
    """The reference is taken by an application with another content."""


class NoSuchApplication(Exception):
    """The lender has never taken an application under this reference."""


class NoSuchPlace(Exception):
    """The place from which the ledger is to be read was not given by this lender."""


class Resting(Exception):
    """The lender takes nothing at the moment; nothing was entered."""


class Broken(Exception):
    """The lender failed; whether it entered the application is for the partner to ask."""


class Garbled(Exception):
    """The lender took the application, but its answer is not readable."""


class NotFromHere(Exception):
    """The application is at a stage from which this step cannot be taken."""

    def __init__(self, entry: Entry) -> None:
        super().__init__(entry.reference)
        self.entry = entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What makes one lender differ from the next."""

    contract: str
    prefix: str
    """How its own reference numbers begin."""
    stages: tuple[Stage, ...]
    amount_max: int | None = None
    """The amount in rupiah above which it refuses of its own accord; None: never."""


PROFILES: Mapping[str, Profile] = MappingProxyType(
    {
        "kur-bank-nusantara": Profile(
            contract="kur_bank", prefix="KBN", stages=BANK, amount_max=250_000_000
        ),
        "kur-bank-samudra": Profile(
            contract="kur_bank", prefix="KBS", stages=BANK, amount_max=500_000_000
        ),
        "lpdb": Profile(contract="lpdb", prefix="LPDB", stages=REVOLVING),
        "blu": Profile(contract="blu", prefix="BLU", stages=BANK),
    }
)
"""The four lenders. The first bank takes no large KUR kecil, the second does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast the sandbox lives, in seconds."""

    stage: float = 0.3
    slow: float = 3.0
    hold: float = 60.0
    retry: float = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Taking:
    """An application as it is answered: its entry, and whether it was there before."""

    entry: Entry
    repeated: bool = False
    reference: str
    """The reference to echo; another one than was sent under `other_reference`."""


Compose = Callable[[Entry, Step], Letter]
"""Writes one stage of an application in the words of a contract."""


class Lender:
    """A lender with its ledger, its script and its courier."""

    def __init__(
        self,
        profile: Profile,
        *,
        ledger: Ledger,
        courier: Courier,
        compose: Compose,
        pace: Pace,
    ) -> None:
        self.profile = profile
        self.ledger = ledger
        self.script = Script()
        self._courier = courier
        self._compose = compose
        self._pace = pace

    def resume(self) -> None:
        """Go on with the applications that a previous process left under way."""
        for entry in tuple(self.ledger):
            if entry.history and entry.stage not in FINAL:
                self._tell(entry, entry.history[-1])
                self._courier.start(self._progress(entry))

    async def close(self) -> None:
        """End the background work and close the ledger's file."""
        await self._courier.close()
        self.ledger.close()

    async def clear(self) -> None:
        """Forget every application and stop telling of them."""
        await self._courier.stop()
        self.ledger.clear()

    async def take(self, order: Order, *, asked: str | None = None) -> Taking:
        """
        Take an application once: the same reference with the same content is the same one.

        Raises:
            NoSuchBehaviour: `asked` is no behaviour.
            OtherContent: the reference stands for something else.
            Resting, Broken, Garbled: as scripted.
        """
        self.ledger.requested(order.reference)
        known = self.ledger.find(order.reference)
        if known is not None:
            if known.order != order:
                raise OtherContent
            return Taking(entry=known, repeated=True, reference=order.reference)
        behaviour = choose(header=asked, amount=order.amount, script=self.script)
        if behaviour is Behaviour.UNAVAILABLE:
            raise Resting
        if behaviour is Behaviour.ERROR_5XX:
            raise Broken
        entry = self._enter(order, behaviour)
        self._courier.start(self._progress(entry))
        return await self._answer(entry)

    def tell(self, reference: str) -> Entry:
        """Return what the lender knows of a reference, and count the inquiry."""
        self.ledger.inquired(reference)
        return self._find(reference)

    def export(self, after: str | None, limit: int) -> tuple[list[Entry], str | None]:
        """
        Return applications in the order of their coming, and where the next page begins.

        `after` is what the page before gave; the last page gives None. A place is that of the
        reference among all that were ever asked for, so that it never moves.

        Raises:
            NoSuchPlace: `after` is not from here.
        """
        if after is not None and not (after.isascii() and after.isdecimal() and len(after) < 10):
            raise NoSuchPlace
        every, place = tuple(self.ledger), int(after or 0)
        taken: list[Entry] = []
        for entry in every[place:]:
            place += 1
            if entry.history:
                taken.append(entry)
            if len(taken) == limit:
                break
        return taken, str(place) if place < len(every) else None

    def cancel(self, reference: str) -> Entry:
        """Withdraw an application; once withdrawn it stays so. `NotFromHere` after pencairan."""
        entry = self._find(reference)
        if entry.stage is not Stage.CANCELLED:
            self.advance(reference, Stage.CANCELLED)
        return entry

    def advance(self, reference: str, stage: Stage, reasons: tuple[str, ...] = ()) -> Entry:
        """Move an application by hand, forwards only, and tell the partner."""
        entry = self._find(reference)
        if stage not in self._ahead(entry):
            raise NotFromHere(entry)
        if stage is Stage.REFUSED and not reasons:
            reasons = BY_CONSOLE
        self._tell(entry, self._step(entry, stage, reasons))
        return entry

    def _find(self, reference: str) -> Entry:
        entry = self.ledger.find(reference)
        if entry is None:
            raise NoSuchApplication
        return entry

    def _enter(self, order: Order, behaviour: Behaviour | None) -> Entry:
        limit = self.profile.amount_max
        reasons: tuple[str, ...] = ()
        if behaviour is Behaviour.REFUSE:
            reasons = REASONS
        elif behaviour is None and limit is not None and order.amount > limit:
            reasons = APPETITE
        return self.ledger.take(
            order,
            lender_reference=f"{self.profile.prefix}-{uuid4().hex[:12].upper()}",
            behaviour=behaviour or Behaviour.APPROVE,
            step=_a_step(Stage.REFUSED if reasons else Stage.RECEIVED, reasons),
        )

    async def _answer(self, entry: Entry) -> Taking:
        reference = entry.reference
        match entry.behaviour:
            case Behaviour.SLOW:
                await asyncio.sleep(self._pace.slow)
            case Behaviour.TIMEOUT_AFTER_ACCEPT:
                await asyncio.sleep(self._pace.hold)
            case Behaviour.ERROR_AFTER_ACCEPT:
                raise Broken
            case Behaviour.GARBAGE:
                raise Garbled
            case Behaviour.OTHER_REFERENCE:
                reference = str(uuid4())
            case _:
                pass
        return Taking(entry=entry, reference=reference)

    def _ahead(self, entry: Entry) -> frozenset[Stage]:
        stage = entry.stage
        if stage is Stage.DISBURSED:
            return frozenset({Stage.REPAID})
        if stage is None or stage in FINAL:
            return frozenset()
        stages = self.profile.stages
        return frozenset({*stages[stages.index(stage) + 1 :], Stage.REFUSED, Stage.CANCELLED})

    def _next(self, entry: Entry) -> Stage | None:
        if entry.behaviour is Behaviour.HOLD:
            return None
        ahead = self._ahead(entry)
        if entry.behaviour is Behaviour.REFUSE_LATER:
            return Stage.REFUSED if Stage.REFUSED in ahead else None
        return next((stage for stage in self.profile.stages if stage in ahead), None)

    async def _progress(self, entry: Entry) -> None:
        if entry.stage is Stage.REFUSED:
            await asyncio.sleep(self._pace.stage)
            self._tell(entry, entry.history[-1])
            return
        untold: list[Step] = []
        while self._next(entry) is not None:
            await asyncio.sleep(self._pace.stage)
            stage = self._next(entry)  # a cancellation may have come meanwhile
            if stage is None:
                break
            step = self._step(entry, stage, REASONS if stage is Stage.REFUSED else ())
            if entry.behaviour is Behaviour.OUT_OF_ORDER_CALLBACKS:
                untold.append(step)
            else:
                self._tell(entry, step)
        for step in reversed(untold):
            self._tell(entry, step)

    def _step(self, entry: Entry, stage: Stage, reasons: tuple[str, ...]) -> Step:
        step = _a_step(stage, reasons)
        self.ledger.step(entry.reference, step)
        return step

    def _tell(self, entry: Entry, step: Step) -> None:
        copies = COPIES if entry.behaviour is Behaviour.DUPLICATE_CALLBACKS else 1
        for _ in range(copies):
            self._courier.post(entry.reference, self._compose(entry, step))


def _a_step(stage: Stage, reasons: tuple[str, ...]) -> Step:
    at = written(now().astimezone(WIB))
    return Step(event_id=str(uuid4()), stage=stage, at=at, reasons=reasons)
