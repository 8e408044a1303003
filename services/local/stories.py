"""
Six applications, each carried to its end over the API that everybody uses.

A story tells what it sees, and raises Unexpected when it is not what the law, the route or the
lender's ledger should give. One that ends with a KUR is told once on the same data.
"""

from collections.abc import Callable, Coroutine, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from services.local.clients import MOBILE
from services.local.journey import Asked, Journey, until
from services.local.narration import Narrator
from services.local.world import World, effects, entry, expect, post, read
from shared import clock
from shared.clock import WIB
from shared.money import rupiah
from shared.outbound import DEADLINE_SECONDS

NUSANTARA, SAMUDRA, LPDB = "kur-bank-nusantara", "kur-bank-samudra", "lpdb"
LENDERS = (NUSANTARA, SAMUDRA, LPDB, "blu")
LPDB_STAGES = ("komite", "mkp", "sp3", "akad", "disbursed")
BANK_STAGES = ("approved", "akad", "disbursed")
CALL_ENDS = timedelta(seconds=DEADLINE_SECONDS + 1)

Telling = Callable[[World, Narrator], Coroutine[Any, Any, Journey]]


class Story(NamedTuple):
    """One application: what it shows, and the telling of it.

    `once` is who gets a KUR in it: a second one would be another story.
    """

    title: str
    tell: Telling
    once: str | None = None


async def shop(world: World, say: Narrator) -> Journey:
    """Tell of a shop of two years: a member of a cooperative asks for KUR mikro and gets it."""
    who = world.people["WALK-1"]
    await _join(world, who, "COOP-LPDB", officer="officer-lombok", say=say)
    declared = _declared(months=24, income=5_200_000, equity=8_000_000, sector="kios sembako")
    declared["membership"] = {
        "simpanan_pokok_paid": True,
        "simpanan_wajib_due": 1,
        "simpanan_wajib_paid": 1,
    }
    journey = await _apply(world, say, MOBILE, Asked("person", who, 40_000_000, 36, declared))
    await _decided(journey, say, eligible=("kur_mikro",), route=(NUSANTARA, SAMUDRA))
    await _disbursed(journey, say, by=NUSANTARA, stages=BANK_STAGES)
    return journey


async def beginner(world: World, say: Narrator) -> Journey:
    """Tell of a business of two months: the registry's record of a mentor stands for its age."""
    who = world.people["WALK-2"]
    place = ("COOP-YOUNG", "officer-maron")
    await _mentor(world, who, mentor="P-022", place=place, say=say)
    declared = _declared(months=2, income=2_400_000, equity=2_000_000, sector="jahit")
    journey = await _apply(world, say, MOBILE, Asked("person", who, 8_000_000, 24, declared))
    await _decided(journey, say, eligible=("kur_super_mikro",), route=(NUSANTARA, SAMUDRA))
    await _disbursed(journey, say, by=NUSANTARA, stages=BANK_STAGES)
    return journey


async def second_bank(world: World, say: Narrator) -> Journey:
    """Tell of Rp 300 m: more than the first bank of the route grants, so it goes to the next."""
    who = world.people["WALK-3"]
    declared = _declared(months=60, income=26_000_000, equity=70_000_000, sector="pengolahan ikan")
    declared["business"] |= {"npwp": True, "bpjs_tk": True, "production": True}
    journey = await _apply(world, say, MOBILE, Asked("person", who, 300_000_000, 48, declared))
    await _decided(journey, say, eligible=("kur_kecil",), route=(NUSANTARA, SAMUDRA))
    expect("the application", await journey.at_rest(), "disbursed")
    first, second = await journey.submissions()
    for submission in (first, second):
        say.sent(submission, journey.asked, await journey.stages(submission["id"]))
    expect("the first bank", (first["channel"], first["status"]), (NUSANTARA, "refused"))
    expect("a reason given by the first bank", bool(first["reasons"]), expected=True)
    expect("the second bank", (second["channel"], second["status"]), (SAMUDRA, "disbursed"))
    expect("loans at the first", (await entry(world, NUSANTARA, first["id"]))["effects"], 0)
    expect("loans at the second", (await entry(world, SAMUDRA, second["id"]))["effects"], 1)
    say.line("now", "disbursed by the second bank; the first has booked nothing", style="bold")
    return journey


async def cooperative(world: World, say: Narrator) -> Journey:
    """Tell of a cooperative with two annual meetings: through every stage of the LPDB."""
    who = world.cooperatives["COOP-LPDB"]
    declared = {
        "cooperative": {
            "arrears": False,
            "officers_collectibility": 1,
            "personal_guarantees": True,
            "office": True,
            "business_plan": True,
            "budget": True,
            "members": 64,
            "savers_permille": 860,
        }
    }
    asked = Asked("cooperative", who, 1_000_000_000, 60, declared)
    journey = await _apply(world, say, "officer-lombok", asked)
    await _decided(journey, say, eligible=("lpdb_regular",), route=(LPDB,))
    await _disbursed(journey, say, by=LPDB, stages=LPDB_STAGES)
    return journey


async def young_kopdes(world: World, say: Narrator) -> Journey:
    """Tell of a Kopdes founded last year: what is missing, and from which day it can be there."""
    who = world.cooperatives["COOP-YOUNG"]
    declared = {
        "cooperative": {
            "arrears": False,
            "officers_collectibility": 1,
            "personal_guarantees": True,
            "office": True,
            "business_plan": True,
            "budget": True,
            "members": 41,
        }
    }
    asked = Asked("cooperative", who, 400_000_000, 48, declared)
    journey = await _apply(world, say, "officer-maron", asked)
    decision = await _decided(journey, say, eligible=(), route=())
    expect("the application", await journey.at_rest(), "incubating")
    expect("the route's outcome", decision["route"]["outcome"], "incubate")
    regular = _product(decision, "lpdb_regular")
    reasons = {reason["code"]: reason for reason in regular["reasons"]}
    expect("the LPDB names the annual meetings", "rat_missing" in reasons, expected=True)
    expect("submissions", await journey.submissions(), [])
    for reason in reasons.values():
        say.missing(reason)
    first_day, way = regular["earliest_date"], regular["recourse"]
    expect("the day is told", first_day, reasons["rat_missing"]["earliest"])
    expect("the steps lead there on that day", way["on"], first_day)
    for step in way["steps"]:
        say.step(step)
    say.line(
        "now",
        f"incubating: not yet eligible for the LPDB, and not before {first_day}; "
        "nothing was sent to anybody",
        style="bold",
    )
    return journey


async def silent_bank(world: World, say: Narrator) -> Journey:
    """Tell of a bank that books a loan and does not answer: no second one comes of it."""
    who = world.people["WALK-4"]
    name = (await read(world.lines[MOBILE].registry, f"/people/{who}"))["full_name"]
    before = await effects(world, LENDERS, name)
    declared = _declared(months=30, income=3_600_000, equity=6_000_000, sector="servis motor")
    # An amount that ends in 904 asks the sandbox to book it and keep its answer back.
    journey = await _apply(world, say, MOBILE, Asked("person", who, 25_000_904, 36, declared))
    await _decided(journey, say, eligible=("kur_mikro",), route=(NUSANTARA, SAMUDRA))
    sent = (await journey.submissions())[0]["id"]

    async def settled() -> bool:
        """Tell whether the bank was asked, or our call has ended and nothing was left to ask."""
        submission = (await journey.submissions())[0]
        ended = clock.now() - datetime.fromisoformat(submission["sent_at"]) > CALL_ENDS
        asked = (await entry(world, NUSANTARA, sent))["inquiries"] > 0
        return submission["status"] == "disbursed" and (asked or ended)

    # The bank's callbacks may bring the application to its end while our call still waits.
    expect("the application", await journey.at_rest(), "disbursed")
    await until(settled, "the call without an answer has come to its end")
    ledger = await _disbursed(journey, say, by=NUSANTARA, stages=BANK_STAGES)
    expect("sendings of the submission", ledger["requests"], 1)
    expect("new loans in all ledgers", await effects(world, LENDERS, name) - before, 1)
    say.line(
        "ledger",
        f"{ledger['requests']} request that was never answered, "
        f"{ledger['effects']} loan, {ledger['disbursements']} pencairan: "
        "no second one, at this lender or another",
    )
    return journey


STORIES = (
    Story("A shop of two years asks for Rp 40 million", shop, once="WALK-1"),
    Story("A mentored beginner asks for Rp 8 million", beginner, once="WALK-2"),
    Story("Rp 300 million, refused by the first bank of the route", second_bank, once="WALK-3"),
    Story("A cooperative with two annual meetings asks the LPDB for Rp 1 billion", cooperative),
    Story("A Kopdes founded last year, not yet eligible", young_kopdes),
    Story("A bank that takes the application and does not answer", silent_bank, once="WALK-4"),
)


async def told_before(world: World, story: Story) -> bool:
    """Tell whether the loan of a story is in our book already."""
    if story.once is None:
        return False
    line, who = world.lines[MOBILE].financing, str(world.people[story.once])
    known = await read(line, "/applications", borrower_id=who, limit=100)
    return any(row["status"] in {"akad", "disbursed"} for row in known["items"])


def _declared(*, months: int, income: int, equity: int, sector: str) -> dict[str, Any]:
    """Return what a person with a licensed business and clean credit declares."""
    today = clock.now().astimezone(WIB).date()
    started_on = today - timedelta(days=months * 30 + months // 2 + 1)
    return {
        "person": {
            "citizen": True,
            "state_employee": False,
            "trade_experience_months": max(months, 24),
        },
        "business": {
            "started_on": started_on.isoformat(),
            "sector": sector,
            "nib": True,
            "turnover_year": income * 40,
            "net_income_month": income,
            "own_equity": equity,
        },
        "credit": {
            "collectibility": 1,
            "dhn_listed": False,
            "kur_received": {},
            "mikro_outstanding": 0,
            "commercial_before": False,
            "programme_unpaid": False,
            "instalments_month": 0,
        },
    }


async def _join(world: World, who: UUID, where: str, *, officer: str, say: Narrator) -> None:
    """Let a person apply for membership and an officer of the cooperative decide."""
    app, desk = world.lines[MOBILE].registry, world.lines[officer].registry
    place = world.cooperatives[where]
    known = await read(
        app, "/memberships", person_id=str(who), cooperative_id=str(place), limit=100
    )
    lives = [row for row in known["items"] if row["status"] in {"applied", "active"}]
    membership = (
        lives[0]
        if lives
        else await post(app, "/memberships", {"person_id": str(who), "cooperative_id": str(place)})
    )
    if membership["status"] == "applied":
        path = f"/memberships/{membership['id']}/steps"
        membership = await post(desk, path, {"event": "approve"})
    expect("the membership", membership["status"], "active")
    name = (await read(desk, f"/cooperatives/{place}"))["name"]
    say.line("member", f"of {name}, as its officer has decided")


async def _mentor(
    world: World, who: UUID, *, mentor: str, place: tuple[str, str], say: Narrator
) -> None:
    """Let the app propose a mentor and the cooperative's officer start it, unless one runs."""
    cooperative, officer = place
    app, desk = world.lines[MOBILE].registry, world.lines[officer].registry
    known = await read(app, "/mentorings", person_id=str(who), limit=100)
    running = [row for row in known["items"] if row["status"] in {"running", "completed"}]
    if not running:
        body = {
            "person_id": str(who),
            "mentor_id": str(world.people[mentor]),
            "cooperative_id": str(world.cooperatives[cooperative]),
        }
        proposed = await post(app, "/mentorings", body)
        running = [await post(desk, f"/mentorings/{proposed['id']}/steps", {"event": "start"})]
    mentors = await read(app, f"/people/{running[0]['mentor_id']}")
    say.line("mentored", f"by {mentors['full_name']} since {running[0]['started_on']}")


async def _apply(world: World, say: Narrator, client: str, asked: Asked) -> Journey:
    registry = world.lines[client].registry
    if asked.kind == "cooperative":
        known = await read(registry, f"/cooperatives/{asked.id}")
        who = f"{known['name']}, founded {known['founded_on']}, {len(known['rats'])} RAT held"
    else:
        known = await read(registry, f"/people/{asked.id}")
        level = known["verification_level"].replace("_", " ")
        sector = asked.declared["business"]["sector"]
        since = asked.declared["business"]["started_on"]
        stays = (await read(registry, f"/people/{asked.id}/placements"))["items"]
        home = f"home from {stays[-1]['country']} since {stays[-1]['returned_on']}"
        who = f"{known['full_name']} ({level}), {home}; {sector} since {since}"
    journey = await Journey.begin(world, client, asked)
    say.line("applies", who)
    say.line("asks", f"{rupiah(asked.amount)} over {asked.tenor_months} months")
    return journey


async def _decided(
    journey: Journey, say: Narrator, *, eligible: tuple[str, ...], route: tuple[str, ...]
) -> Mapping[str, Any]:
    decision = await journey.decision()
    say.decision(decision)
    yes = tuple(product["code"] for product in decision["products"] if product["eligible"])
    expect("eligible for", yes, eligible)
    for product in decision["products"]:
        said = product["eligible"] or bool(product["reasons"])
        expect(f"{product['code']} says yes or why not", said, expected=True)
    legs = tuple(leg["channel"] for leg in decision["route"]["legs"])
    expect("the route", legs, route)
    return decision


async def _disbursed(
    journey: Journey, say: Narrator, *, by: str, stages: tuple[str, ...]
) -> Mapping[str, Any]:
    """Follow an application to its pencairan by the first lender; return its ledger's entry."""
    expect("the application", await journey.at_rest(), "disbursed")
    submissions = await journey.submissions()
    expect("lenders asked", [each["channel"] for each in submissions], [by])
    id = submissions[0]["id"]

    async def all_heard() -> bool:
        return set(stages) <= set(await journey.stages(id))

    # A report may come after the one that follows it.
    await until(all_heard, f"{by} is heard to say {', '.join(stages)}")
    say.sent(submissions[0], journey.asked, await journey.stages(id))
    ledger = await entry(journey.world, by, id)
    expect("loans in the lender's ledger", ledger["effects"], 1)
    expect("pencairan in the lender's ledger", ledger["disbursements"], 1)
    say.line("now", f"disbursed; {by} has booked one loan under it", style="bold")
    return ledger


def _product(decision: Mapping[str, Any], code: str) -> Mapping[str, Any]:
    return next(product for product in decision["products"] if product["code"] == code)
