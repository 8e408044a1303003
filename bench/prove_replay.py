"""
Make drawn decisions again from their records, in other processes than those that stored them.

They are stored under one locale, time zone and seed of hashes, and replayed under others, with the
members of every object in another order and later editions of the law enacted since. Of every
record a copy with one changed byte is shown as well, and has to be refused. Records pass through
files, a chunk at a time on every core, so that the memory used does not grow.

`SEED=` draws others.
"""

import locale
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import date
from itertools import cycle
from multiprocessing import get_context
from pathlib import Path
from random import Random
from resource import RUSAGE_SELF, getrusage
from time import monotonic
from typing import NamedTuple

import orjson

from bench.figures import figure, say
from services.financing.api import records
from services.financing.domain.decision import IN_FORCE, Rulebook
from services.financing.domain.rules.kur_terms import KUR_2026
from shared.timeline import Timeline
from tests.financing.domain.cases import a_case
from tests.financing.record import record_file, shuffled

SIZES = {"small": 1_000, "full": 1_000_000}
CHUNK = 250
TOLD_SECONDS = 60
STORED_UNDER = {"LC_ALL": "C.UTF-8", "TZ": "Asia/Jayapura", "PYTHONHASHSEED": "1"}
REPLAYED_UNDER = (
    {"LC_ALL": "POSIX", "TZ": "America/St_Johns", "PYTHONHASHSEED": "2"},
    {"LC_ALL": "C", "TZ": "Pacific/Kiritimati", "PYTHONHASHSEED": "3"},
)
"""`POSIX` and `C` know ASCII only; one zone is half an hour off, the other first sees a day."""

REFUSED = (records.OtherFacts, records.OtherOutcome, records.RecordUnreadable)


class Found(NamedTuple):
    """What the records of a chunk came to, and the most memory that its process ever had."""

    records: int
    equal: int
    tampered_found: int
    mib: int


def stored(file: Path, seed: str, count: int) -> Path:
    """Decide drawn cases and store their records, one a line."""
    random = Random(seed)
    with file.open("wb") as lines:
        for _ in range(count):
            lines.write(record_file(a_case(random)) + b"\n")
    return file


def replayed(file: Path) -> Found:
    """Make every decision of a file again, and show each record once more with a changed byte."""
    random = Random(file.name)
    count = equal = tampered_found = 0
    with file.open("rb") as lines:
        for line in lines:
            record = orjson.loads(line)
            shown = orjson.dumps(shuffled(record, random))
            count += 1
            equal += records.verify(shown) == record["facts_sha256"]
            tampered_found += refused(with_one_byte_changed(shown, random))
    file.unlink()
    return Found(count, equal, tampered_found, getrusage(RUSAGE_SELF).ru_maxrss // 1024)


def refused(file: bytes) -> bool:
    """Say whether a record is not believed."""
    try:
        records.verify(file)
    except REFUSED:
        return True
    return False


def with_one_byte_changed(file: bytes, random: Random) -> bytes:
    """Return a file with another byte at one place."""
    place = random.randrange(len(file))
    other = file[place] ^ random.randrange(1, 256)
    return file[:place] + bytes([other]) + file[place + 1 :]


def settle() -> None:
    """Live as the environment says."""
    locale.setlocale(locale.LC_ALL, "")
    time.tzset()


def settle_years_later() -> None:
    """Live as the environment says, when later editions have been enacted."""
    settle()
    later = replace(KUR_2026, code="KUR-2029", turnover_max=None)
    today = zip(IN_FORCE.kur.since, IN_FORCE.kur.values, strict=True)
    records.IN_FORCE = Rulebook(kur=Timeline(*today, (date(2029, 1, 1), later)))
    records.made = remembering(records.made)


def remembering(
    made: Callable[[records.Facts], records.Made],
) -> Callable[[records.Facts], records.Made]:
    """Return `made`, which does not decide anew when it is asked the same twice in a row.

    A changed outcome is held against what has just been made of the same facts.
    """
    last: dict[str, tuple[records.Facts, records.Made]] = {}

    def once(facts: records.Facts) -> records.Made:
        if "" not in last or last[""][0] != facts:
            last[""] = facts, made(facts)
        return last[""][1]

    return once


def surroundings() -> str:
    """Tell where this process believes to be."""
    return f"{locale.setlocale(locale.LC_ALL)} in {'/'.join(time.tzname)}"


@contextmanager
def processes(
    count: int, environment: Mapping[str, str], begin: Callable[[], None]
) -> Iterator[ProcessPoolExecutor]:
    """So many processes that live under an environment of their own."""
    before = dict(os.environ)
    os.environ.update(environment)
    try:
        with ProcessPoolExecutor(count, get_context("spawn"), begin) as pool:
            # A process begins when it is first needed: all of them now, under these variables.
            wait([pool.submit(time.sleep, 1) for _ in range(count)])
            say(f"{count} processes under {pool.submit(surroundings).result()}")
            os.environ.clear()
            os.environ.update(before)
            yield pool
    finally:
        os.environ.clear()
        os.environ.update(before)


def all_replayed(count: int, seed: str, folder: Path) -> Iterator[Found]:
    """Store and replay so many records; yield what each chunk came to as it is done."""
    cores = len(os.sched_getaffinity(0))
    with ExitStack() as opened:
        storing = opened.enter_context(processes(cores, STORED_UNDER, settle))
        replaying = cycle(
            [
                opened.enter_context(processes(-(-cores // 2), each, settle_years_later))
                for each in REPLAYED_UNDER
            ]
        )
        chunks = iter(range(0, count, CHUNK))
        under_way: set[Future[Path | Found]] = set()
        while True:
            for first in chunks:
                name, size = f"{seed}-{first}", min(CHUNK, count - first)
                under_way.add(storing.submit(stored, folder / name, name, size))
                if len(under_way) >= 4 * cores:
                    break
            if not under_way:
                return
            done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
            for each in done:
                match each.result():
                    case Path() as file:
                        under_way.add(next(replaying).submit(replayed, file))
                    case found:
                        yield found


def main() -> int:
    """Print the figures; return 0 only if every replay was equal and every change was found."""
    count = SIZES["small" if os.environ.get("PROVE") == "small" else "full"]
    seed = os.environ.get("SEED", "20261124")
    began = told = monotonic()
    every = Found(0, 0, 0, 0)
    with tempfile.TemporaryDirectory() as folder:
        for found in all_replayed(count, seed, Path(folder)):
            every = Found(
                *map(sum, zip(every[:3], found[:3], strict=True)), max(every.mib, found.mib)
            )
            if monotonic() > told + TOLD_SECONDS or every.records == count:
                told = monotonic()
                rate = every.records / (told - began)
                say(f"{every.records:,} at {rate:,.0f}/s, a process has {every.mib} MiB at most")
    say("keys shuffled, an edition of 2029 enacted since, one byte of a copy changed")
    figure("replay_equal", every.equal / count, "share")
    figure("replay_tampered_found", every.tampered_found / count, "share")
    return int(every[:3] != (count, count, count))


if __name__ == "__main__":
    sys.exit(main())
