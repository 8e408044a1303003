"""The rules of the house that no linter knows, read from the code itself."""

import ast
import re
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

from services.financing.api.problems import PROBLEMS as FINANCING
from services.registry.api.problems import PROBLEMS as REGISTRY
from shared.problems import GENERAL, Catalogue

ROOT = Path(__file__).parents[1]
ROOMS = ("services", "shared", "migrations", "bench", "fitting")
Function = ast.FunctionDef | ast.AsyncFunctionDef

LINES_MAX = 40
LONG: Mapping[str, str] = {}
"""Functions that may be longer, each with its reason."""

COMMITS: Mapping[str, str] = {
    "shared/db.py": "is the unit of work",
    "shared/edge.py": "ends a request",
    "shared/idempotency.py": "called by the edge: the answer of an act is kept by its own COMMIT",
}
"""Who may end a transaction, and why."""

FLOATS: Mapping[str, str] = {
    "services/financing/domain/patience.py: doubled * spread_permille / 1000": "a length of time",
}
"""Divisions in a domain that make no whole number, and why money is not touched."""

NO_NOUNS = {"utils", "util", "helpers", "common", "core", "base", "manager", "service", "misc"}

# Written in two halves, so that this file does not hold what it looks for.
HOSTS = (
    *("pypi" + ".org", "files.pythonhosted" + ".org", "conda.anaconda" + ".org"),
    *("deb.debian" + ".org", "security.debian" + ".org", "archive.ubuntu" + ".com"),
    *("registry.npmjs" + ".org", "registry.yarnpkg" + ".com", "proxy.golang" + ".org"),
    *("index.crates" + ".io", "static.crates" + ".io", "rubygems" + ".org"),
    *("repo.maven.apache" + ".org", "repo1.maven" + ".org"),
    *("registry-1.docker" + ".io", "index.docker" + ".io", "ghcr" + ".io", "quay" + ".io"),
    *("--index" + "-url", "--extra-index" + "-url", "--find" + "-links"),
)
"""Where packages come from is the machine's business; the lock files name hashes alone."""

HOMES = re.compile(r"(?<![\w.~-])/(?:work|root|home|Users)/")
"""A path that is true on one machine only."""


@cache
def modules() -> Mapping[str, ast.Module]:
    """Every module of the rooms, by its address in the project."""
    files = sorted(file for room in ROOMS for file in (ROOT / room).rglob("*.py"))
    return {str(file.relative_to(ROOT)): ast.parse(file.read_text()) for file in files}


def found(says: Callable[[ast.AST], object], *, within: str = "") -> list[str]:
    """Return where something stands: the address and the code itself."""
    return [
        f"{address}: {ast.unparse(node)}"
        for address, module in modules().items()
        if re.search(within, address)
        for node in ast.walk(module)
        if says(node)
    ]


def test_every_module_says_what_it_is():
    mute = [address for address, module in modules().items() if not ast.get_docstring(module)]
    assert mute == []


def public(body: list[ast.stmt], of: str = "") -> Iterator[tuple[str, Function | ast.ClassDef]]:
    """Yield what a module offers to others, and what its classes do."""
    for node in body:
        if isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_"):
            yield f"{of}{node.name}", node
            if isinstance(node, ast.ClassDef):
                yield from public(node.body, f"{node.name}.")


def test_whatever_is_offered_says_what_it_does():
    mute = [
        f"{address}: {name}"
        for address, module in modules().items()
        if "/versions/" not in address
        for name, node in public(module.body)
        if not ast.get_docstring(node)
    ]
    assert mute == []


def test_a_module_is_named_for_what_it_holds():
    assert [address for address in modules() if Path(address).stem in NO_NOUNS] == []


def functions(module: ast.AST) -> Iterator[Function]:
    return (node for node in ast.walk(module) if isinstance(node, Function))


def own_lines(function: Function) -> int:
    """Count the lines of the body, without the docstring and without functions inside it."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    inner = [node for node in functions(function) if node is not function]
    within = {line for node in inner for line in range(node.lineno, (node.end_lineno or 0) + 1)}
    if not body:
        return 0
    return len(set(range(body[0].lineno, (body[-1].end_lineno or 0) + 1)) - within)


def test_no_function_is_longer_than_a_page():
    long = {
        f"{address}: {function.name}"
        for address, module in modules().items()
        if "/versions/" not in address  # a migration is a list
        for function in functions(module)
        if own_lines(function) > LINES_MAX
    }
    assert long == set(LONG)


def test_nobody_but_the_edge_ends_a_transaction():
    def ends(node: ast.AST) -> bool:
        return (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in {"commit", "rollback"}
        )

    assert {place.partition(":")[0] for place in found(ends)} == set(COMMITS)


def test_the_time_is_asked_in_one_place():
    asking = {
        *("datetime.now", "datetime.utcnow", "datetime.today", "date.today"),
        *("time.time", "time.time_ns", "time.localtime", "time.gmtime"),
    }

    def asks(node: ast.AST) -> bool:
        if isinstance(node, ast.ImportFrom):
            return node.module == "time" and any(f"time.{n.name}" in asking for n in node.names)
        return isinstance(node, ast.Attribute) and (
            ".".join(ast.unparse(node).split(".")[-2:]) in asking
        )

    assert found(asks) == ["shared/clock.py: datetime.now"]


def test_the_domain_counts_in_whole_numbers():
    def breaks(node: ast.AST) -> bool:
        if isinstance(node, ast.BinOp | ast.AugAssign):
            return isinstance(node.op, ast.Div)
        if isinstance(node, ast.Call):
            return isinstance(node.func, ast.Name) and node.func.id in {"float", "round"}
        return isinstance(node, ast.Constant) and isinstance(node.value, float)

    assert set(found(breaks, within=r"^services/\w+/domain/")) == set(FLOATS)


@pytest.mark.parametrize("problems", [REGISTRY, FINANCING], ids=["registry", "financing"])
def test_a_problem_has_an_address_of_its_own(problems: Catalogue):
    slugs = Counter(kind.slug for kind in (*problems.types.values(), *GENERAL))
    assert [slug for slug, times in slugs.items() if times > 1] == []


@cache
def texts() -> Mapping[str, str]:
    """Every text file of the project that is, or could be, committed."""
    listed = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    done = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("this is not a checkout of git")
    files = [ROOT / name for name in done.stdout.split("\0") if name]
    return {
        str(file.relative_to(ROOT)): text
        for file in files
        if file.is_file() and "\0" not in (text := file.read_text(errors="replace"))
    }


def test_no_file_says_where_packages_come_from():
    assert [(name, host) for name, text in texts().items() for host in HOSTS if host in text] == []


def test_no_file_names_a_path_of_one_machine():
    assert [name for name, text in texts().items() if HOMES.search(text)] == []
