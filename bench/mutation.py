"""
Mutation testing of the domain: change one thing in one function, and demand that a test turns red.

mutmut makes the mutants. Trying them is done here, because there are ten thousand: the tests are
collected once, and each mutant is tried in a child forked from that moment, in which no test has
run. Those tests run that call the mutated function, the fastest first, until one fails or `ENOUGH`
has been tried.

    python -m bench.mutation [PATTERN ...] [--again] [--tests PATH ...] [--processes N]

A pattern is one of a mutant's name, such as `services.financing.domain.quota.*`. Verdicts are
kept in the folder `mutants`, so that a run that was cut goes on; `--again` tries survivors anew.
`mutmut show NAME` shows what a survivor changes.
"""

import argparse
import gc
import hashlib
import json
import os
import resource
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

import pytest
from _pytest.runner import runtestprotocol
from hypothesis import Phase, settings
from mutmut import __main__ as mutmut
from mutmut.configuration import config
from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.trampoline import set_mutant_under_test
from mutmut.state import state
from mutmut.utils.file_utils import (
    copy_also_copy_files,
    copy_src_dir,
    setup_source_paths,
    walk_mutatable_files,
)
from mutmut.utils.format_utils import mangled_name_from_mutant_name

from bench.figures import figure, say

FOLDER = Path("mutants")
VERDICTS = FOLDER.resolve() / "verdicts.json"
KILLED, SURVIVED, UNTESTED, TIMEOUT = "killed", "survived", "untested", "timeout"
_FAILED = 1
_NO_SHRINKING = (Phase.explicit, Phase.generate)
TOLD_EVERY = 10.0
ENOUGH = 10.0
"""Seconds of CPU for the tests of a mutant. Where there are many, the long ones are left out: they
try thousands of drawn cases, and what only they notice, no table says."""
MEMORY_BYTES = 8 * 1024**3
"""A mutant that never stops collecting is stopped here."""


Callers = dict[str, list[str]]
"""The tests that call a function."""


class Seen(NamedTuple):
    """What the unchanged tests do: the seconds of each, and who calls which function."""

    seconds: dict[str, float]
    callers: Callers

    def tests(self, mutant: str) -> list[str]:
        """Return the tests to try a mutant with, the fastest first."""
        return self.callers.get(mangled_name_from_mutant_name(mutant), [])

    def cost(self, mutant: str) -> float:
        """Return how many seconds they take if none fails."""
        return sum(self.seconds[test] for test in self.tests(mutant))


class Book:
    """What is known of mutants, on disk; of a module that has changed nothing is."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        kept: dict[str, dict[str, str]] = (
            json.loads(VERDICTS.read_text()) if VERDICTS.exists() else {}
        )
        same = {
            module
            for module, hash in sources.items()
            if kept.get("sources", {}).get(module) == hash
        }
        self.sources = sources
        self.verdicts = {
            name: verdict
            for name, verdict in kept.get("verdicts", {}).items()
            if name.rpartition(".")[0] in same
        }

    def save(self) -> None:
        """Write everything down."""
        VERDICTS.write_text(json.dumps({"sources": self.sources, "verdicts": self.verdicts}))


def generate() -> tuple[dict[str, str], list[str]]:
    """Write the mutants into the folder `mutants`; return modules by hash and mutants' names."""
    set_mutant_under_test("mutant_generation")
    FOLDER.mkdir(exist_ok=True)
    copy_src_dir()
    copy_also_copy_files()
    setup_source_paths()
    mutmut.store_lines_covered_by_tests()
    mutmut.create_mutants(os.cpu_count() or 1)
    sources: dict[str, str] = {}
    names: list[str] = []
    for path in walk_mutatable_files():
        data = SourceFileMutationData(path=path)
        data.load()
        found = [name.replace("__init__.", "") for name in data.exit_code_by_key]
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        sources |= {name.rpartition(".")[0]: digest for name in found}
        names += found
    return sources, names


class Trial:
    """A plugin of pytest: in place of running the tests, it tries each mutant with its tests."""

    def __init__(self, names: Sequence[str], book: Book, processes: int) -> None:
        self.names, self.book, self.processes = names, book, processes

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Find out who calls what, then try every mutant."""
        items = {item.nodeid: item for item in session.items}
        seen = observed(session.items)
        say(f"{len(items):,} tests, {sum(seen.seconds.values()):.0f} s together")
        gc.freeze()  # the children share what there is by now
        running: dict[int, str] = {}
        began = told = time.monotonic()
        for no, name in enumerate(sorted(self.names, key=seen.cost)):
            tests = seen.tests(name)
            if not tests:
                self.book.verdicts[name] = UNTESTED
                continue
            while len(running) >= self.processes:
                self._reap(running)
            running[_try(name, [items[id] for id in tests], seen)] = name
            if time.monotonic() - told > TOLD_EVERY:
                told = time.monotonic()
                self.book.save()
                say(f"{no:,} of {len(self.names):,} in {told - began:.0f} s")
        while running:
            self._reap(running)
        self.book.save()
        return True

    def _reap(self, running: dict[int, str]) -> None:
        pid, status = os.wait()
        self.book.verdicts[running.pop(pid)] = _verdict(status)


def observed(items: Sequence[pytest.Item]) -> Seen:
    """Run every test unchanged, in a child, and return what they call."""
    reading, writing = os.pipe()
    if os.fork() == 0:
        os.close(reading)
        _quiet()
        set_mutant_under_test("stats")
        with os.fdopen(writing, "w") as pipe:
            json.dump(_observe(items), pipe)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        red, seconds, callers = json.load(pipe)
    os.wait()
    if red:
        raise pytest.UsageError(f"red without any change: {', '.join(red)}")
    return Seen(seconds, {name: _enough(tests, seconds) for name, tests in callers.items()})


def _enough(tests: Sequence[str], seconds: Mapping[str, float]) -> list[str]:
    """Return the fastest tests first, as many as there is time for."""
    fastest = sorted(tests, key=seconds.__getitem__)
    spent = accumulate(seconds[test] for test in fastest)
    return [test for test, sum in zip(fastest, spent, strict=True) if sum <= ENOUGH]


def _observe(
    items: Sequence[pytest.Item],
) -> tuple[list[str], dict[str, float], dict[str, list[str]]]:
    red: list[str] = []
    seconds: dict[str, float] = {}
    callers: defaultdict[str, list[str]] = defaultdict(list)
    calls = state()._stats  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    calls.clear()
    for item, following in _pairs(items):
        began = time.process_time()
        red += [] if _passes(item, following) else [item.nodeid]
        seconds[item.nodeid] = time.process_time() - began
        for function in calls:
            callers[function].append(item.nodeid)
        calls.clear()
    return red, seconds, callers


def _try(name: str, tests: Sequence[pytest.Item], seen: Seen) -> int:
    """Run tests under a mutant in a child until one fails, and return the child's number."""
    pid = os.fork()
    if pid:
        return pid
    _quiet()
    limit = 5 + int(4 * seen.cost(name))
    resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 1))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    set_mutant_under_test(name)
    try:
        passed = all(_passes(item, following) for item, following in _pairs(tests))
    except BaseException:  # noqa: BLE001 (whatever goes wrong, the change was noticed)
        passed = False
    os._exit(0 if passed else _FAILED)


def _pairs(items: Sequence[pytest.Item]) -> Iterator[tuple[pytest.Item, pytest.Item | None]]:
    return zip(items, [*items[1:], None], strict=True)


def _passes(item: pytest.Item, following: pytest.Item | None) -> bool:
    return not any(
        report.failed for report in runtestprotocol(item, log=False, nextitem=following)
    )


def _quiet() -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)


def _verdict(status: int) -> str:
    if os.WIFSIGNALED(status):
        return TIMEOUT
    return SURVIVED if os.WEXITSTATUS(status) == 0 else KILLED


def report(names: Sequence[str], verdicts: Mapping[str, str]) -> None:
    """Print the survivors, the score of each module, and the whole."""
    by_module: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for name in names:
        by_module[name.rpartition(".")[0]][verdicts[name]] += 1
    for name in names:
        if verdicts[name] in {SURVIVED, UNTESTED}:
            print(verdicts[name], name)
    for module, counts in sorted(by_module.items()):
        say(f"{_score(counts):6.1f} %  {module}  {dict(counts)}")
    whole = sum(by_module.values(), Counter[str]())
    figure("mutants", whole.total(), "mutants")
    figure("mutation_score", _score(whole), "%")


def _score(counts: Counter[str]) -> float:
    return 100 * (counts[KILLED] + counts[TIMEOUT]) / counts.total()


def main() -> None:
    """Make the mutants, try those asked for, and report."""
    options = argparse.ArgumentParser()
    options.add_argument("patterns", nargs="*", default=["*"])
    options.add_argument("--again", action="store_true", help="try survivors anew")
    options.add_argument("--tests", nargs="+", help="the tests to try with, in place of all")
    options.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    asked = options.parse_args()
    sources, names = generate()
    names = [name for name in names if any(fnmatchcase(name, each) for each in asked.patterns)]
    book = Book(sources)
    os.chdir(FOLDER)
    open_ones = {SURVIVED, UNTESTED, None} if asked.again else {None}
    left = [name for name in names if book.verdicts.get(name) in open_ones]
    # A counter-example is enough: nobody reads the smallest.
    settings.register_profile(
        "mutants", database=None, deadline=None, derandomize=True, phases=_NO_SHRINKING
    )
    settings.load_profile("mutants")
    tests = asked.tests or config().pytest_add_cli_args_test_selection
    trial = Trial(left, book, asked.processes)
    quiet = ["-q", "-s", "--tb=no", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
    code = pytest.main(
        ["--rootdir=.", *quiet, *config().pytest_add_cli_args, *tests], plugins=[trial]
    )
    if code:
        sys.exit(int(code))
    report(names, book.verdicts)


if __name__ == "__main__":
    main()
