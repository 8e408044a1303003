"""
The letter that a refused applicant gets, as the law wants it: reasons, articles, what to do now.

It is built from the decision as it was kept, in Indonesian with the English beside it, and holds
neither a name nor a NIK: financing knows none. What it says is never changed once it is issued.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple

from services.financing.domain.deadlines import ANSWER_PMI, REVIEW
from services.financing.domain.eligibility import BorrowerKind, Confidence, Source, cited
from services.financing.domain.products import BY_CODE
from services.financing.domain.rules import kur
from services.financing.domain.submission import Status
from services.financing.domain.texts import Language, Text, day
from shared.money import Rupiah, rupiah

Json = Mapping[str, Any]
WAYS_MAX = 3
"""How many ways to a yes are told: those that lead there first."""


class Kind(StrEnum):
    """Who said no: our own rules, every lender of the route, or two people who looked at it."""

    DECISION = "decision"
    LENDER = "lender"
    REVIEW = "review"


class About(StrEnum):
    """What a section is about."""

    DECISION = "decision"
    REASONS = "reasons"
    STEPS = "steps"
    RIGHTS = "rights"
    COPIES = "copies"


class NoLetter(Exception):
    """Nobody has said no to this application as it stands, so there is no letter of refusal."""


class Asked(NamedTuple):
    """What was applied for. `placement`: it says that there is a contract to work abroad."""

    application_id: str
    borrower_kind: BorrowerKind
    amount: Rupiah
    tenor_months: int
    placement: bool


class Leg(NamedTuple):
    """One lender that was asked, and how it ended there; the reasons are the lender's own."""

    channel: str
    product: str
    status: Status
    reasons: Sequence[str]


class Finding(NamedTuple):
    """What two people ruled: the objection in the applicant's words, and their own reasons."""

    objection: str | None
    why: str


class Occasion(NamedTuple):
    """Why there is a letter now: the decision as it was kept, and what happened after it."""

    asked: Asked
    outcome: Json
    legs: Sequence[Leg] = ()
    finding: Finding | None = None

    @property
    def kind(self) -> Kind:
        """Return who said no."""
        if self.finding is not None:
            return Kind.REVIEW
        return Kind.LENDER if self.legs else Kind.DECISION


_ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")


def number(serial: int, issued_on: date) -> str:
    """Return a letter's number, `17/PURNA/XI/2026`; a serial is used once, so it is too."""
    return f"{serial}/PURNA/{_ROMAN[issued_on.month - 1]}/{issued_on.year}"


def letter(occasion: Occasion, *, number: str, issued_on: date) -> dict[str, Any]:
    """Return a letter as it is kept (`LetterOut`)."""
    asked = occasion.asked
    return {
        "number": number,
        "kind": occasion.kind,
        "issued_on": issued_on.isoformat(),
        "issued_on_id": day(issued_on, Language.ID),
        "application_id": asked.application_id,
        "amount": asked.amount,
        "tenor_months": asked.tenor_months,
        **_both("title", _TITLES[occasion.kind]),
        **_both("addressee", _to(asked)),
        "sections": [
            _decision(occasion),
            *_reasons(occasion),
            *_steps(occasion),
            _rights(occasion.kind),
            *_copies(occasion),
        ],
    }


_TITLES: Mapping[Kind, Text] = {
    Kind.DECISION: Text("Surat hasil pengajuan pembiayaan", "Letter on a loan application"),
    Kind.LENDER: Text("Surat penolakan penyalur", "Letter on a lender's refusal"),
    Kind.REVIEW: Text("Surat hasil pemeriksaan ulang", "Letter on the result of a review"),
}
_HEADINGS: Mapping[About, Text] = {
    About.DECISION: Text("Keputusan", "Decision"),
    About.REASONS: Text("Alasan", "Reasons"),
    About.STEPS: Text("Langkah Anda", "Your steps"),
    About.RIGHTS: Text("Hak Anda", "Your rights"),
    About.COPIES: Text("Tembusan", "Copy to"),
}
_SURE: Mapping[Confidence, Text] = {
    Confidence.REGULATION: Text("bunyi peraturannya kami lihat", "we have seen the text"),
    Confidence.PRESS: Text(
        "menurut sumber kedua, bukan naskah resmi", "from a secondary source, not the text itself"
    ),
    Confidence.COMPUTED: Text("hasil hitungan kami", "computed by us"),
    Confidence.UNVERIFIED: Text(
        "belum kami pastikan dalam naskah peraturan", "not confirmed in the text of a regulation"
    ),
    Confidence.ASSUMPTION: Text(
        "asumsi kami, bukan bunyi peraturan", "our assumption, not the text of a regulation"
    ),
}


def _both(name: str, text: Text) -> dict[str, str]:
    return {f"{name}_id": text.id, f"{name}_en": text.en}


def _section(
    about: About, paragraphs: Sequence[Json], *, of: Text | None = None, ordered: bool = False
) -> dict[str, Any]:
    heading = _HEADINGS[about]
    if of is not None:
        heading = Text(f"{heading.id}: {of.id}", f"{heading.en}: {of.en}")
    return {
        "about": about,
        **_both("heading", heading),
        "ordered": ordered,
        "paragraphs": list(paragraphs),
    }


def _paragraph(text: Text, basis: Text | None = None) -> dict[str, Any]:
    """Return a paragraph; the basis says where it stands and how sure that is."""
    said = Text("", "") if basis is None else basis
    return {**_both("text", text), **_both("basis", said)}


def _basis(source: Json) -> Text:
    """Return a source in words: regulation, articles, how sure."""
    sure = _SURE[Confidence(source["confidence"])]
    places = [place for place in map(_place, source["articles"]) if place]
    where = "".join(f", {place}" for place in dict.fromkeys(places))
    return Text(
        f"Dasar: {source['regulation']}{where}; {sure.id}.",
        f"Basis: {source['regulation']}, {source['provision']}; {sure.en}.",
    )


def _place(article: Json) -> str:
    """Return an article as lawyers say it: `Pasal 36 ayat (2) huruf c`; nothing where unknown."""
    words = (("Pasal {}", "pasal"), ("ayat ({})", "ayat"), ("huruf {}", "huruf"))
    return " ".join(word.format(article[part]) for word, part in words if article[part])


def _ours(source: Source) -> Json:
    """Return a source of ours as a kept decision would hold it."""
    articles = [article._asdict() for article in source.articles]
    return {**source._asdict(), "articles": articles}


def _to(asked: Asked) -> Text:
    return Text(
        f"Pemohon pengajuan nomor {asked.application_id}",
        f"The applicant of application {asked.application_id}",
    )


def _decision(occasion: Occasion) -> dict[str, Any]:
    asked, route = occasion.asked, occasion.outcome["route"]
    request = Text(
        f"Pengajuan Anda: {rupiah(asked.amount)} untuk {asked.tenor_months} bulan.",
        f"Your application: {rupiah(asked.amount)} over {asked.tenor_months} months.",
    )
    said = {
        Kind.DECISION: Text(
            f"Belum dapat diteruskan kepada penyalur. {route['sentence_id']}",
            f"It cannot be passed on to a lender yet. {route['sentence_en']}",
        ),
        Kind.LENDER: Text(
            "Penyalur yang menerima pengajuan Anda tidak memberikan pinjaman. Keputusan kredit "
            "ada pada penyalur.",
            "The lenders that had your application make no loan of it. The credit decision is "
            "the lender's.",
        ),
        Kind.REVIEW: Text(
            "Dua petugas telah memeriksa pengajuan ini. Hasilnya: tidak ada pinjaman, dan "
            "pengajuan tetap ditolak.",
            "Two people have reviewed this application. There is no loan, and the application "
            "stays refused.",
        ),
    }[occasion.kind]
    return _section(About.DECISION, [_paragraph(request), _paragraph(said)])


def _reasons(occasion: Occasion) -> Iterator[dict[str, Any]]:
    if occasion.finding is not None:
        yield _section(About.REASONS, list(_found(occasion.finding)), of=_BY_PEOPLE)
    for leg in occasion.legs:
        yield _section(About.REASONS, list(_of_lender(leg)), of=_lender(leg))
    if not occasion.legs:
        for product in _refusing(occasion):
            said = [
                _paragraph(Text(why["sentence_id"], why["sentence_en"]), _basis(why["source"]))
                for why in product["reasons"]
            ]
            yield _section(About.REASONS, said, of=_named(product))


_BY_PEOPLE = Text("pemeriksaan oleh dua petugas", "the review by two people")


def _found(finding: Finding) -> Iterator[dict[str, Any]]:
    if finding.objection is not None:
        said = finding.objection
        yield _paragraph(Text(f"Keberatan Anda: “{said}”", f"Your objection: “{said}”"))
    yield _paragraph(Text(f"Penjelasan petugas: {finding.why}", f"The reviewers: {finding.why}"))


def _named(product: Json) -> Text:
    return Text(product["name_id"], product["name_en"])


def _lender(leg: Leg) -> Text:
    product = BY_CODE[leg.product]
    return Text(f"{leg.channel}, {product.name_id}", f"{leg.channel}, {product.name_en}")


ENDED: Mapping[Status, Text] = {
    Status.REFUSED: Text("Penyalur menolak pengajuan ini.", "The lender refused it."),
    Status.CANCELLED: Text("Pengajuan ini dibatalkan pada penyalur.", "It was cancelled there."),
    Status.FAILED: Text(
        "Pengajuan ini tidak sampai kepada penyalur; ini bukan kesalahan Anda.",
        "It did not reach the lender, through no fault of yours.",
    ),
}
"""How an application can come to nothing at a lender, in words."""


def _of_lender(leg: Leg) -> Iterator[dict[str, Any]]:
    yield _paragraph(ENDED[leg.status])
    for reason in leg.reasons:
        said = Text(f"Alasan penyalur: “{reason}”", f"The lender's reason: “{reason}”")
        yield _paragraph(said)
    if leg.status is Status.REFUSED and not leg.reasons:
        yield _paragraph(
            Text(
                "Penyalur tidak menyebut alasan. Anda dapat memintanya secara tertulis.",
                "The lender gave no reason. You may ask for it in writing.",
            )
        )


def _refusing(occasion: Occasion) -> list[Json]:
    """Return the products that this kind of borrower could ask for, and that said no."""
    kind = occasion.asked.borrower_kind
    return [
        product
        for product in occasion.outcome["products"]
        if product["reasons"] and kind in BY_CODE[product["code"]].kinds
    ]


def _steps(occasion: Occasion) -> Iterator[dict[str, Any]]:
    if occasion.legs:
        yield _section(About.STEPS, [_paragraph(_ELSEWHERE)])
        return
    ways = [each for each in _refusing(occasion) if each["recourse"] and each["recourse"]["on"]]
    ways.sort(key=lambda each: (each["recourse"]["on"], len(each["recourse"]["steps"])))
    for product in ways[:WAYS_MAX]:
        way = product["recourse"]
        steps = [_step(step) for step in way["steps"]]
        yield _section(About.STEPS, [*steps, _then(way)], of=_named(product), ordered=True)
    if not ways:
        yield _section(About.STEPS, [_paragraph(_NO_WAY)])


_ELSEWHERE = Text(
    "Menurut aturan Anda memenuhi syarat. Tanyakan alasan penyalur, lalu ajukan kembali bila "
    "keadaan Anda berubah.",
    "By the rules you are eligible. Ask the lender for its reasons, and apply anew when your "
    "situation has changed.",
)
_NO_WAY = Text(
    "Kami tidak menemukan langkah yang dapat mengubah jawaban ini menurut aturan yang berlaku. "
    "Bila ada data yang keliru, ajukan keberatan.",
    "We have found no step that changes this answer under the rules in force. If something that "
    "we know of you is wrong, object.",
)


def _step(step: Json) -> dict[str, Any]:
    first = step["not_before"]
    if first is None or step["kind"] == "wait":  # a wait names its day itself
        return _paragraph(Text(step["sentence_id"], step["sentence_en"]))
    since = date.fromisoformat(first)
    return _paragraph(
        Text(
            f"{step['sentence_id']} (mulai {day(since, Language.ID)})",
            f"{step['sentence_en']} (from {day(since, Language.EN)} on)",
        )
    )


def _then(way: Json) -> dict[str, Any]:
    on, amount = date.fromisoformat(way["on"]), rupiah(way["amount"])
    months = way["tenor_months"]
    return _paragraph(
        Text(
            f"Ajukan kembali mulai {day(on, Language.ID)}: {amount} untuk {months} bulan. Menurut "
            "aturan yang kami ketahui hari ini, jawabannya ya.",
            f"Apply again from {day(on, Language.EN)} on: {amount} over {months} months. By the "
            "rules that we know today, the answer is yes.",
        )
    )


_OBJECTING = Source(
    "UU 27/2022 (PDP)",
    "Art. 10",
    date(2022, 10, 17),
    None,
    Confidence.UNVERIFIED,
    articles=cited("UU 27/2022 (PDP)", "10"),
)
_RIGHT = Text(
    "Keputusan ini dihitung oleh sistem. Anda berhak mengajukan keberatan atasnya dan meminta "
    "pemeriksaan oleh manusia.",
    "This decision was computed by a system. You have the right to object to it and to have "
    "people look at it.",
)
_HOW = Text(
    "Sampaikan keberatan melalui aplikasi atau koperasi tempat Anda mengajukan, dengan kata-kata "
    "Anda sendiri dan nomor surat ini. Dua petugas yang tidak terlibat memeriksanya.",
    "Object through the app or the cooperative where you applied, in your own words and with the "
    "number of this letter. Two people who have no part in it look at it.",
)
_UNTIL = Text(
    f"Kami berjanji menjawab keberatan paling lambat {REVIEW.value} jam sesudah diterima.",
    f"We promise to answer an objection within {REVIEW.value} hours.",
)
_REVIEWED = Text(
    "Dua petugas telah memeriksa keputusan ini. Bila keadaan atau data Anda berubah, Anda dapat "
    "mengajukan pembiayaan baru kapan saja.",
    "Two people have looked at this decision. When your situation or what we know of it has "
    "changed, you can apply anew at any time.",
)
_RECORD = Text(
    "Anda dapat meminta catatan lengkap keputusan ini: data yang dipakai, aturan, dan hasilnya.",
    "You can ask for the whole record of this decision: the facts used, the rules, the outcome.",
)


def _rights(kind: Kind) -> dict[str, Any]:
    if kind is Kind.REVIEW:
        return _section(About.RIGHTS, [_paragraph(_REVIEWED), _paragraph(_RECORD)])
    objecting, promise = (_basis(_ours(source)) for source in (_OBJECTING, REVIEW.source))
    said = [
        _paragraph(_RIGHT, objecting),
        _paragraph(_HOW),
        _paragraph(_UNTIL, promise),
        _paragraph(_RECORD),
    ]
    return _section(About.RIGHTS, said)


def copied_to(occasion: Occasion) -> tuple[str, ...]:
    """Return who gets a copy: KP2MI, of a refusal of KUR Penempatan PMI."""
    refused = any(leg.product == kur.PMI for leg in occasion.legs)
    asked_for = occasion.asked.placement and not occasion.legs
    return ("kp2mi",) if refused or asked_for else ()


def _copies(occasion: Occasion) -> Iterator[dict[str, Any]]:
    if copied_to(occasion):
        yield _section(About.COPIES, [_paragraph(_KP2MI, _basis(_ours(ANSWER_PMI.source)))])


_KP2MI = Text(
    "Kementerian Pelindungan Pekerja Migran Indonesia (KP2MI)",
    "The Ministry for the Protection of Indonesian Migrant Workers (KP2MI)",
)
