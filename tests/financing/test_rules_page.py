"""docs/rules.md lists every reason and note with its article, interval and confidence.

`REWRITE_RULES=1 pytest tests/financing/test_rules_page.py` writes it anew from the rules.
"""

import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from services.financing.domain import texts
from services.financing.domain.decision import IN_FORCE
from services.financing.domain.eligibility import Code, NoteCode, Source
from services.financing.domain.figures import figures
from services.financing.domain.products import BY_CODE, PRODUCTS, Scheme
from tests.financing.domain.applicants import decided
from tests.financing.domain.test_texts import everybody

PAGE = Path("docs/rules.md")
DAYS = (date(2024, 6, 3), date(2025, 9, 1), date(2026, 11, 24))
FILES = {
    Scheme.KUR: ("KUR", ("kur", "kur_conditions", "kur_group", "kur_terms", "capacity")),
    Scheme.LPDB: ("LPDB", ("lpdb", "cooperative")),
    Scheme.BLU: ("BLU, assumed", ("blu", "cooperative")),
    Scheme.PMK49: ("PMK 49/2025, over", ("pmk49", "cooperative")),
}
Stated = dict[Scheme, dict[str, dict[Source, set[str]]]]

HEAD = """# Every rule

Each reason to say no, each note and each number in force, by scheme, as the code states it:
where it stands, on which days, and how sure we are (`regulation` and `press` may be told as law;
`unverified` was not seen in a text, `assumption` is ours). `tests/financing/test_rules_page.py`
writes this page and holds it to the rules. What an applicant is told is in
`services/financing/domain/texts.py`, the boundaries of each rule are in the tables
`tests/financing/domain/test_table_*.py`.
"""


def stated() -> Stated:
    """What the rules say, by scheme and code: each source with the products that cite it."""
    found: Stated = {scheme: {} for scheme in Scheme}
    for applicant, request, on in everybody():
        for said in decided(applicant, request, on=on).assessments:
            product = BY_CODE[said.product]
            for each in (*said.refusals, *said.notes):
                if not each.code.startswith("unknown_"):
                    of_code = found[product.scheme].setdefault(each.code, {})
                    of_code.setdefault(each.source, set()).add(product.code)
    return found


def page() -> str:
    """The page as it has to be."""
    found = stated()
    links = ", ".join(f"[{title}](#{anchor(title)})" for title, _ in FILES.values())
    parts = [HEAD, f"{links}\n", *(part for scheme in Scheme for part in of_scheme(scheme, found))]
    return "\n".join(parts)


def anchor(title: str) -> str:
    return title.lower().replace(",", "").replace("/", "").replace(" ", "-")


def of_scheme(scheme: Scheme, found: Stated) -> Iterator[str]:
    title, files = FILES[scheme]
    paths = ", ".join(f"`services/financing/domain/rules/{file}.py`" for file in files)
    yield f"## {title}\n"
    yield f"Rules: {paths}.\n"
    yield "| code | products | where it stands | pasal | days | confidence |"
    yield "|---|---|---|---|---|---|"
    order = [*Code, *NoteCode]
    for code in sorted(found[scheme], key=order.index):
        sources = found[scheme][code]
        for source in sorted(sources, key=lambda each: (each.since, each.provision)):
            yield row(code, sorted(sources[source]), source)
    yield f"\n### Numbers of {title}\n"
    yield "| product | number | value | where it stands | pasal | days | confidence |"
    yield "|---|---|---|---|---|---|---|"
    yield from numbers(scheme)
    yield ""


def numbers(scheme: Scheme) -> Iterator[str]:
    for product in PRODUCTS:
        if product.scheme is scheme:
            every = (each for day in DAYS for each in figures(IN_FORCE, product.code, day))
            for each in dict.fromkeys(every):
                cells = (product.code, f"`{each.name}`", f"{each.value:,} {each.unit}")
                yield f"| {' | '.join(cells)} | {where(each.source)} |"


def row(code: str, products: list[str], source: Source) -> str:
    return f"| `{code}` | {', '.join(products)} | {where(source)} |"


def where(source: Source) -> str:
    places = ", ".join(
        f"{each.pasal}{f'({each.ayat})' if each.ayat else ''}{each.huruf or ''}"
        for each in source.articles
    )
    days = f"{source.since} to {source.until or 'now'}"
    cells = (f"{source.regulation}: {source.provision}", places or "not seen", days)
    return " | ".join((*cells, source.confidence))


def test_the_page_lists_every_rule_as_the_code_states_it():
    written = page()
    if os.environ.get("REWRITE_RULES"):
        PAGE.write_text(written, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == written, "REWRITE_RULES=1 writes it anew"


def test_no_rule_is_missing_from_the_page():
    text = PAGE.read_text(encoding="utf-8")
    for code in (*texts.REFUSALS, *texts.NOTES):
        assert f"| `{code}` |" in text, code
