"""A letter as a PDF: accessible, the same bytes each time, and nothing in it read as markup."""

import asyncio
import re
from datetime import UTC, date, datetime
from typing import Any

import orjson
import pytest
import typst

from services.financing.api.letter_pdf import AT_ONCE, Press, _template, typeset
from services.financing.domain.letter import Finding, Leg, Occasion, letter, number
from services.financing.domain.rules import kur
from services.financing.domain.submission import Status
from shared.accept import NotAcceptable, preferred
from tests.financing.domain.test_letter import DAY, asked, refusals

MOMENT = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
HOSTILE = (
    '#panic("x")',
    "*tebal* _miring_ `kode` $x^2$ = judul",
    '@ref <label> #link("https://evil.example")[klik] https://evil.example',
    '#import "@preview/evil:1.0.0"',
    '"] #read("/etc/passwd") #[',
    "\\ \\u{41} // komentar /* ... */ ~ -- --- ...",
    '{"number": "palsu"}',
)


def document(hostile: str = "Saya keberatan.") -> str:
    """A letter with a text in every place where somebody else's words stand."""
    occasion = Occasion(
        asked(placement=True),
        refusals()[0][1],
        (Leg("bank", kur.PMI, Status.REFUSED, (hostile,)),),
        Finding(hostile, hostile),
    )
    return orjson.dumps(letter(occasion, number=number(17, DAY), issued_on=DAY)).decode()


def laid_out(text: str, selector: str) -> list[Any]:
    """Elements of a kind in the letter as it is set."""
    found = typst.query(
        _template(), selector, sys_inputs={"letter": text}, ignore_system_fonts=True
    )
    return orjson.loads(found)


def texts(element: Any) -> list[str]:
    if isinstance(element, dict):
        own = [element["text"]] if isinstance(element.get("text"), str) else []
        return own + [text for inner in element.values() for text in texts(inner)]
    if isinstance(element, list):
        return [text for inner in element for text in texts(inner)]
    return []


def test_a_letter_is_tagged_and_says_its_language_and_title():
    pdf = typeset(document(), MOMENT)
    assert pdf.startswith(b"%PDF-")
    for mark in (b"/MarkInfo", b"/StructTreeRoot", b"/Lang", b"/DisplayDocTitle", b"/FontFile"):
        assert mark in pdf, mark
    assert re.search(rb"/Marked true", pdf)
    assert b"<pdfuaid:part>1</pdfuaid:part>" in pdf
    assert re.search(rb"/Lang\s*\(id\)", pdf)


def test_the_same_letter_is_the_same_bytes():
    first = typeset(document(), MOMENT)
    typeset.cache_clear()
    assert typeset(document(), MOMENT) == first


@pytest.mark.parametrize("hostile", HOSTILE)
def test_whatever_somebody_writes_is_shown_as_it_is_and_never_read_as_markup(hostile: str):
    text = document(hostile)
    assert typeset(text, MOMENT).startswith(b"%PDF-")
    shown = texts(laid_out(text, "list"))
    assert f"Keberatan Anda: “{hostile}”" in shown
    assert f"Penjelasan petugas: {hostile}" in shown
    assert f"Alasan penyalur: “{hostile}”" in shown
    for markup in ("strong", "emph", "link", "ref", "raw", "math.equation"):
        assert laid_out(text, markup) == [], markup
    assert len(laid_out(text, "heading")) == len(laid_out(document(), "heading"))


def test_every_sentence_of_the_letter_is_in_the_document():
    text = document()
    shown = set(texts(laid_out(text, "list")) + texts(laid_out(text, "enum")))
    for section in orjson.loads(text)["sections"]:
        for paragraph in section["paragraphs"]:
            assert paragraph["text_id"] in shown
            assert paragraph["basis_id"] in {*shown, ""}


@pytest.mark.parametrize("strange", ["😀", "汉字", "ꦗꦮ", "نص", "𝒳", "Ω"])
def test_a_sign_that_no_font_can_show_does_not_keep_a_letter_back(strange: str):
    assert typeset(document(f"Nama usaha {strange}"), MOMENT).startswith(b"%PDF-")


async def test_many_letters_are_set_a_few_at_a_time():
    typeset.cache_clear()
    async with Press.open() as press:
        made = await asyncio.gather(
            *(press.pdf(document(f"Keberatan {n}"), MOMENT) for n in range(6))
        )
        assert len(set(made)) == 6
        assert press._pool._max_workers == AT_ONCE


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, "application/json"),
        ("*/*", "application/json"),
        ("application/pdf", "application/pdf"),
        ("application/*", "application/json"),
        ("application/json;q=0.5, application/pdf", "application/pdf"),
        ("text/html, application/pdf;q=0.2", "application/pdf"),
        ("application/pdf;q=0, */*", "application/json"),
        ("text/html", None),
        ("application/pdf;q=0", None),
        ("application/pdf;q=much", None),
    ],
)
def test_the_type_that_is_liked_best_is_answered(accept: str | None, expected: str | None):
    offers = ("application/json", "application/pdf")
    if expected is None:
        with pytest.raises(NotAcceptable):
            preferred(accept, offers)
    else:
        assert preferred(accept, offers) == expected


def test_a_day_is_written_in_indonesian():
    assert orjson.loads(document())["issued_on_id"] == "24 November 2026"
    assert date(2026, 11, 24) == DAY
