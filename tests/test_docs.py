"""The documents say what the code says: names, packages, addresses and state diagrams."""

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from importlib.metadata import Distribution, distribution, distributions
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pytest

from services.financing.domain import application, review, submission
from services.financing.domain.eligibility import Confidence
from services.registry.domain import cooperative, membership, mentoring, person, training
from shared.webhooks import subscription

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
REWRITE = "REWRITE_DIAGRAMS"
"""Set it, and this file's test writes the diagrams anew instead of failing."""

QUOTED = re.compile(r"`([^`]+)`")
WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def read(path: str | Path) -> str:
    return (ROOT / path).read_text()


def table_rows(page: str) -> Iterator[list[str]]:
    """The rows of every table of a page, without heads and rules."""
    lines = read(DOCS / page).splitlines()
    rules = [no for no, line in enumerate(lines) if line.startswith("|---")]
    for no, line in enumerate(lines):
        if line.startswith("|") and no not in rules and no + 1 not in rules:
            yield [cell.strip() for cell in line.strip("|").split("|")]


# The glossary


class Term(NamedTuple):
    """One row of the glossary."""

    term: str
    code: str
    meaning: str
    source: str
    where: str


TERMS = [Term(*row) for row in table_rows("glossary.md")]
each_term = pytest.mark.parametrize("term", TERMS, ids=[f"{t.term}-{t.where}" for t in TERMS])
SURE = "|".join(Confidence)


def test_the_glossary_has_no_term_twice():
    names = [term.term for term in TERMS]
    assert len(names) == len(set(names))


@each_term
def test_every_name_of_a_term_occurs_where_the_glossary_says(term):
    places = QUOTED.findall(term.where)
    words = {place: set(WORD.findall(read(place))) for place in places}

    names = QUOTED.findall(term.code)
    assert names
    assert places
    for name in names:
        assert any(name in words[place] for place in places), f"{name} is in none of {places}"
    for place in places:
        assert any(name in words[place] for name in names), f"{place} has none of {names}"


@each_term
def test_every_term_says_how_sure_its_source_is(term):
    if term.source.startswith("house word"):
        return
    assert re.search(rf": ({SURE})(;|$)", term.source), term.source
    assert term.source.rsplit(": ", 1)[1] in set(Confidence)


# The packages


def declared() -> dict[str, str]:
    """Every package of pyproject.toml and the group that names it."""
    project = tomllib.loads(read("pyproject.toml"))
    groups = {"runtime": project["project"]["dependencies"], **project["dependency-groups"]}
    return {
        re.match(r"[A-Za-z0-9_.-]+", line)[0]: group
        for group, lines in groups.items()
        for line in lines
    }


PACKAGES = declared()


def test_every_lock_holds_the_packages_of_its_groups_with_a_hash_each():
    locks = {
        "requirements.lock": {"runtime", "embedded", "fit", "dev"},
        "requirements-image.lock": {"runtime"},
        "requirements-bench.lock": {"runtime", "bench"},
    }
    assert set(PACKAGES.values()) == set().union(*locks.values())
    for lock, groups in locks.items():
        pins = re.split(r"^(?=[a-z0-9])", read(lock), flags=re.MULTILINE)[1:]
        held = {re.match(r"[a-z0-9._-]+", pin)[0] for pin in pins}
        assert {name for name in PACKAGES if PACKAGES[name] in groups} <= held, lock
        assert [pin for pin in pins if "--hash=sha256:" not in pin] == [], lock


def described() -> Mapping[str, list[str]]:
    return {QUOTED.findall(row[0])[0]: row for row in table_rows("dependencies.md")}


def test_every_package_has_its_line_and_no_line_is_stale():
    listed = [QUOTED.findall(row[0])[0] for row in table_rows("dependencies.md")]
    assert sorted(listed) == sorted(PACKAGES)


def test_every_package_stands_under_its_group():
    sections = re.split(r"^## ", read("docs/dependencies.md"), flags=re.MULTILINE)[1:]
    stands = {
        name: section.split("\n", 1)[0].lower()
        for section in sections
        for name in re.findall(r"^\| `([^`]+)`", section, flags=re.MULTILINE)
    }
    assert stands == PACKAGES


def installed(name: str) -> Distribution:
    """A package; the peers of the bench are in an environment that only `make bench` makes."""
    if PACKAGES[name] != "bench":
        return distribution(name)
    rooms = [str(room) for room in ROOT.glob(".venv-bench/lib/python3*/site-packages")]
    for found in distributions(name=name, path=rooms):
        return found
    pytest.skip("`make bench` has not been here")


@pytest.mark.parametrize("name", sorted(PACKAGES))
def test_the_licence_of_a_package_is_the_one_that_it_states(name):
    stated = installed(name).metadata
    said = " ".join(
        [
            stated.get("License-Expression") or "",
            (stated.get("License") or "").split("\n")[0],
            *(line for line in stated.get_all("Classifier") or [] if line.startswith("License")),
            str(stated.get_payload()).partition("## License")[2],
        ]
    )
    licence = described()[name][2]
    for part in re.split(r" OR | AND ", licence):
        family = re.search(r"[A-Za-z]+", part)[0]
        assert family.lower() in said.lower(), f"{name}: {licence} against {said}"


# The decisions and the addresses


def test_decisions_are_numbered_without_a_gap():
    numbers = [int(path.name[:4]) for path in sorted((DOCS / "decisions").glob("*.md"))]
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize("path", sorted((DOCS / "decisions").glob("*.md")), ids=lambda p: p.stem)
def test_a_decision_has_its_context_and_consequences(path):
    text = path.read_text()
    number = int(path.name[:4])
    assert text.startswith(f"# {number}. ")
    assert re.findall(r"^## (.+)$", text, flags=re.MULTILINE) == [
        "Context",
        "Decision",
        "Consequences",
    ]


PLACES = ("", "docs", "services/financing", "services/financing/domain")
"""Where a page may count its addresses from; `cycle.md` says so of itself."""
ADDRESS = re.compile(r"(?:[a-z_0-9.-]+/)*[a-z_0-9-]+\.(?:py|md|toml|yml|lock)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_every_file_that_a_page_names_is_there(page):
    for quoted in QUOTED.findall(page.read_text()):
        if ADDRESS.fullmatch(quoted):
            found = [place for place in PLACES if (ROOT / place / quoted).is_file()]
            assert found, f"{page.name} names {quoted}, which is nowhere"


def test_every_decision_that_the_code_cites_is_there():
    written = {path.name[:4] for path in (DOCS / "decisions").glob("*.md")}
    for folder in ("services", "shared", "migrations"):
        for path in (ROOT / folder).rglob("*.py"):
            cited = re.findall(r"docs/decisions/(\d{4})", path.read_text())
            assert set(cited) <= written, path


ENDPOINT = re.compile(r"(GET|POST|PUT|PATCH|DELETE) (/[^?]*)")
OF_THE_SANDBOX = ("partners-kit.md", "/{lender}/ledger")
"""The lenders' own addresses, which no contract of ours describes."""


def test_every_endpoint_that_a_page_names_is_in_a_contract():
    contracts = "".join(read(f"tests/openapi/{name}.txt") for name in ("registry", "financing"))
    known = {tuple(line.split()[:2]) for line in contracts.splitlines()}
    for page in PAGES:
        for quoted in QUOTED.findall(page.read_text()):
            named = ENDPOINT.fullmatch(quoted.partition("?")[0])
            if named and page.name not in OF_THE_SANDBOX and named[2] not in OF_THE_SANDBOX:
                assert named.groups() in known, f"{page.name} names {quoted}"


VARIABLE = re.compile(r"\b(?:PURNA|FINANCING|REGISTRY|SANDBOX)_[A-Z_]+\b")
OF_COMPOSE = {"PURNA_DATABASE_PASSWORD"}


@pytest.mark.parametrize(
    "page", ["docs/running.md", "docker-compose.yml", "services/local/environment.py"]
)
def test_every_variable_that_is_told_is_read_by_a_process(page):
    read_by = "".join(
        path.read_text()
        for room in ("services/registry", "services/financing", "services/sandbox", "shared")
        for path in (ROOT / room).rglob("*.py")
    )
    told = set(VARIABLE.findall(read(page))) - OF_COMPOSE
    assert {name for name in told if f'"{name}"' not in read_by} == set()


# The state diagrams


class Machine(NamedTuple):
    """A state machine, and what its diagram says of it."""

    module: ModuleType
    begins: str | None
    title: str
    note: str = "A step that is not shown is not taken."


MACHINES = {
    "person": Machine(
        person,
        None,
        "A migrant worker between home and abroad",
        "A step that is not shown is not taken. A record begins wherever the person is when it is "
        "made.",
    ),
    "cooperative": Machine(cooperative, "forming", "A cooperative"),
    "membership": Machine(membership, "applied", "A membership"),
    "mentoring": Machine(mentoring, "proposed", "A mentoring relation"),
    "training": Machine(training, "enrolled", "A place in a training"),
    "subscription": Machine(subscription, "unverified", "A webhook endpoint"),
    "application": Machine(application, "drafted", "An application"),
    "review": Machine(review, "open", "A review by two people"),
    "submission": Machine(
        submission,
        "queued",
        "A submission to a lender",
        "These are the steps of one that goes as it should. What a lender reports is settled as a "
        "set (`docs/decisions/0008-reports-are-a-set.md`), so a report that comes late may set a "
        "status to which no arrow leads from the one before.",
    ),
}


def drawn(name: str) -> str:
    """The page of one state machine, as its table says."""
    machine = MACHINES[name]
    source = f"{machine.module.__name__.replace('.', '/')}.py"
    lines = [f"    [*] --> {machine.begins}"] if machine.begins else []
    for status, row in machine.module.TRANSITIONS.items():
        lines += [f"    {status} --> {to}: {event}" for event, to in row.items()]
        if not row:
            lines.append(f"    {status} --> [*]")
    body = "\n".join(lines)
    return (
        f"# {machine.title}\n\nDrawn from `TRANSITIONS` in `{source}`.\n{machine.note}\n\n"
        f"```mermaid\nstateDiagram-v2\n{body}\n```\n"
    )


@pytest.mark.parametrize("name", MACHINES)
def test_every_diagram_is_drawn_from_its_table(name):
    path = DOCS / "diagrams" / f"{name}.md"
    if os.environ.get(REWRITE):
        path.write_text(drawn(name))
    assert path.read_text() == drawn(name), f"draw it anew: {REWRITE}=1 pytest tests/test_docs.py"


def test_every_state_machine_has_its_diagram():
    tables = {
        path.stem
        for path in (*ROOT.glob("services/*/domain/*.py"), *ROOT.glob("shared/webhooks/*.py"))
        if re.search(r"^TRANSITIONS\b", path.read_text(), flags=re.MULTILINE)
    }
    assert tables == set(MACHINES)
    assert {path.stem for path in (DOCS / "diagrams").glob("*.md")} == tables
