"""
`python -m tests.teeth`: take each defence away, and demand that its test turns red.

All of it is one run of pytest. Each test runs as it is, which has to be green, and then once
without each of its defences, which has to be red by the test's own judgement: a failure of the
switch itself does not count.
"""

import sys
from collections import Counter
from collections.abc import Generator, Iterable
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, cast

import pytest
from _pytest.runner import runtestprotocol

from bench.figures import figure, say
from tests.teeth.defences import DEFENCES, Defence

TEMPLATES = {"registry_template": "registry", "financing_template": "financing"}
# The services are imported before pytest could rewrite the asserts of what they are made of.
OPTIONS = ("-q", "-W", "ignore::pytest.PytestAssertRewriteWarning")
ROOT = Path(__file__).parents[1]


class Bite(NamedTuple):
    """What a test said without a defence."""

    red: bool
    words: str


def judged(reports: Iterable[pytest.TestReport]) -> Bite:
    """Return whether a test has failed by a line of its own, and its words about it."""
    for report in reports:
        if report.failed:
            crash = getattr(report.longrepr, "reprcrash", None)
            said = " ".join((crash.message if crash else str(report.longrepr)).split())
            own = crash is not None and Path(crash.path).is_relative_to(ROOT)
            return Bite(own and "/teeth/" not in crash.path, said)
    return Bite(red=False, words="green")


@dataclass(eq=False)
class Dentist:
    """A plugin of pytest that runs each test with and without its defences."""

    urls: dict[str, str] = field(default_factory=dict)
    bites: dict[str, list[Bite]] = field(default_factory=dict)
    green: Counter[bool] = field(default_factory=Counter)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any) -> Generator[None, Any, Any]:
        """Remember where the databases are."""
        made = yield
        if fixturedef.argname in TEMPLATES:
            self.urls[TEMPLATES[fixturedef.argname]] = made
        return made

    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool:
        """Run one test as often as it has defences, and once before."""
        whole = self.run(item)
        if whole.red:
            say(f"{item.nodeid} is red with every defence: {whole.words[:160]}")
        self.green[not whole.red] += 1
        for defence in of(item):
            bite = self.without(defence, item)
            self.bites.setdefault(defence.name, []).append(bite._replace(red=bite.red > whole.red))
        item.session._setupstate.teardown_exact(nextitem)
        return True

    def run(self, item: pytest.Item) -> Bite:
        """Run a test, and let the fixtures of its module and of the session stay."""
        stays = cast("pytest.Item", item.parent)
        return judged(runtestprotocol(item, nextitem=stays, log=False))

    def without(self, defence: Defence, item: pytest.Item) -> Bite:
        """Run a test without a defence."""
        with defence.off(self.urls):
            return self.run(item)


def of(item: pytest.Item) -> list[Defence]:
    """Return the defences that a test has to miss."""
    whole = item.nodeid.partition("[")[0]
    return [defence for defence in DEFENCES if defence.test == whole]


def main() -> int:
    """Print the table and the figures; return 0 only if every defence was missed."""
    dentist = Dentist()
    tests = list(dict.fromkeys(defence.test for defence in DEFENCES))
    with redirect_stdout(sys.stderr):
        pytest.main([*OPTIONS, *tests], plugins=[dentist])
    red = 0
    for name, how, test, _ in DEFENCES:
        bites = dentist.bites.get(name, [])
        bitten = [bite for bite in bites if bite.red]
        red += bool(bitten)
        found = bitten or bites or [Bite(red=False, words="its test was not found")]
        say(f"{'red ' if bitten else 'GREEN'} {name}: {how}; {test.partition('::')[2]}")
        say(f"     {found[0].words[:140]}")
    figure("teeth_red", red, "defences")
    figure("teeth_total", len(DEFENCES), "defences")
    return int(red < len(DEFENCES) or dentist.green[False] > 0)


if __name__ == "__main__":
    sys.exit(main())
