"""What a route says to its reader: the outcome, and each channel's why, in two languages."""

from collections.abc import Mapping

from services.financing.domain.routing import LeftOut, Outcome, Why, WhyNot
from services.financing.domain.texts import Text
from shared.money import rupiah

OUTCOMES: Mapping[Outcome, Text] = {
    Outcome.ROUTED: Text(
        "Ajukan kepada penyalur di bawah ini menurut urutannya; penyalur yang memutuskan.",
        "Ask the lenders below in their order; the decision is the lender's.",
    ),
    Outcome.WAITING: Text(
        "Ada penyalur yang sesuai, tetapi kuotanya habis. Pengajuan masuk daftar tunggu dan "
        "diteruskan menurut urutan begitu kuota tersedia.",
        "A lender fits, but its quota is used up. The application waits its turn and goes on as "
        "soon as there is quota.",
    ),
    Outcome.NO_CHANNEL: Text(
        "Ada produk yang sesuai, tetapi saat ini tidak ada penyalur yang dapat menerimanya. "
        "Alasannya tertulis pada setiap penyalur.",
        "A product fits, but no lender can take it at the moment. Each lender's reason is given.",
    ),
    Outcome.INCUBATE: Text(
        "Koperasi perlu dibina dahulu: RAT yang disyaratkan belum lengkap. Ikuti inkubasi, dan "
        "ajukan lagi pada tanggal yang tertulis pada produk.",
        "The cooperative needs incubation first: the annual meetings (RAT) asked for are not "
        "complete. Join it, and apply again on the day given at the product.",
    ),
    Outcome.MENTORING: Text(
        "Ikuti pendampingan atau pelatihan kewirausahaan dahulu; sesudahnya KUR super mikro dapat "
        "diajukan walau usaha belum enam bulan.",
        "Join mentoring or an entrepreneurship training first; after it KUR super micro can be "
        "asked for although the business is younger than six months.",
    ),
    Outcome.REFUSED: Text(
        "Belum ada produk yang sesuai. Setiap alasan dan cara mengatasinya tertulis pada produk.",
        "No product fits yet. Each reason, and what to do about it, is given at the product.",
    ),
}

WHYS: Mapping[Why, Text] = {
    Why.BEST: Text("Pilihan terbaik bagi Anda.", "The best choice for you."),
    Why.PAUSED: Text(
        "Pengiriman kepada penyalur ini sedang dihentikan sementara.",
        "Sending to this lender is paused at the moment.",
    ),
    Why.COST: Text(
        "Biayanya lebih tinggi daripada penyalur sebelumnya.",
        "It costs more than the lender before it.",
    ),
    Why.PREFERENCE: Text(
        "Biayanya sama; Anda lebih memilih penyalur sebelumnya.",
        "It costs the same; you prefer the lender before it.",
    ),
    Why.EXPECTED_DAYS: Text(
        "Biayanya sama; jawabannya diperkirakan lebih lama daripada penyalur sebelumnya.",
        "It costs the same; its answer is expected later than that of the lender before it.",
    ),
    Why.CODE: Text(
        "Setara dengan penyalur sebelumnya; urutannya menurut abjad.",
        "Equal to the lender before it; the order is alphabetical.",
    ),
}

WHY_NOTS: Mapping[WhyNot, Text] = {
    WhyNot.CLOSED: Text(
        "Penyalur ini sedang tidak menerima pengajuan.",
        "This lender takes no applications at the moment.",
    ),
    WhyNot.NOT_ELIGIBLE: Text(
        "Tidak ada produk penyalur ini yang sesuai.",
        "None of this lender's products fits.",
    ),
    WhyNot.SCORE: Text(
        "Skor {points}; penyalur ini menerima mulai {min} (asumsi kami).",
        "The score is {points}; this lender is taken to want {min} or more (our assumption).",
    ),
    WhyNot.QUOTA: Text(
        "Sisa kuota penyalur {quota}, kurang dari {amount} yang diminta.",
        "The lender has {quota} of its quota left, less than the {amount} asked.",
    ),
    WhyNot.OTHER_LENDER: Text(
        "KUR Anda masih berjalan pada penyalur {lender}; KUR berikutnya hanya dari penyalur itu.",
        "Your KUR at {lender} still runs; another one comes only from that lender.",
    ),
}

_AMOUNTS = frozenset({"amount", "quota"})


def left_out(leg: LeftOut) -> Text:
    """Return why a channel is not asked."""
    said = {
        name: rupiah(value) if name in _AMOUNTS and isinstance(value, int) else value
        for name, value in leg.numbers.items()
    }
    text = WHY_NOTS[leg.why]
    return Text(text.id.format_map(said), text.en.format_map(said))


def place(*, place: int, ahead: int, left: int) -> Text:
    """Return what an applicant hears who waits for quota; amounts in rupiah."""
    if place == 1:
        return Text(
            f"Anda berikutnya. Sisa kuota penyalur {rupiah(left)}; pengajuan diteruskan begitu "
            "kuotanya cukup.",
            f"You are next. The lender has {rupiah(left)} of its quota left; the application goes "
            "on as soon as that is enough.",
        )
    return Text(
        f"Anda nomor {place} dalam antrean. Sebelum Anda ada permohonan {rupiah(ahead)}; sisa "
        f"kuota penyalur {rupiah(left)}. Tidak ada yang mendahului antrean.",
        f"You are number {place} in the row. Before you {rupiah(ahead)} are asked for; the lender "
        f"has {rupiah(left)} of its quota left. Nobody overtakes.",
    )
