"""
What a score says to the applicant: each factor with its own value and what the next band brings.

A score carries values and points only; sentences are made here when somebody reads them.
"""

from collections.abc import Mapping
from typing import NamedTuple

from services.financing.domain.factors import SHARE_MAX, FactorName, FactorUnit
from services.financing.domain.scoring import Capacity, Factor, KnockOut
from services.financing.domain.texts import Language, Text
from shared.money import rupiah


class Said(NamedTuple):
    """What is said of a factor: its subject, and what stands before the colon.

    `known` has the value as `{value}`; of a yes or no it is the yes, and `no` is the no.
    """

    subject: Text
    known: Text
    no: Text | None = None


FACTORS: Mapping[FactorName, Said] = {
    FactorName.INSTALMENT_SHARE: Said(
        Text(
            "Bagian pendapatan untuk angsuran (perlu pendapatan bersih dan angsuran lain)",
            "The part of the income for instalments (from net income and other instalments)",
        ),
        Text(
            "Semua angsuran mengambil {value} pendapatan bersih sebulan",
            "All instalments take {value} of the net income of a month",
        ),
    ),
    FactorName.INCOME_MARGIN: Said(
        Text(
            "Margin usaha (perlu pendapatan bersih dan omzet)",
            "The margin (from net income and turnover)",
        ),
        Text("Dari omzet tersisa {value} sebagai pendapatan", "Of the turnover {value} is left"),
    ),
    FactorName.COLLECTIBILITY: Said(
        Text("Kolektibilitas di SLIK", "The collectibility in SLIK"),
        Text("Kredit di SLIK berada pada {value}", "Credit in SLIK is at {value}"),
    ),
    FactorName.MEMBERS_COLLECTIBILITY: Said(
        Text("Kolektibilitas setiap anggota", "The collectibility of every member"),
        Text(
            "Kredit anggota yang terburuk berada pada {value}",
            "The worst of the members' credit is at {value}",
        ),
    ),
    FactorName.OFFICERS_COLLECTIBILITY: Said(
        Text(
            "Kolektibilitas pengurus dan pengawas",
            "The collectibility of pengurus and pengawas",
        ),
        Text(
            "Kredit terburuk pengurus dan pengawas berada pada {value}",
            "The worst credit of pengurus and pengawas is at {value}",
        ),
    ),
    FactorName.SAVINGS_DISCIPLINE: Said(
        Text("Pembayaran simpanan wajib", "How the simpanan wajib are paid"),
        Text(
            "Simpanan wajib dibayar {value} dari yang jatuh tempo",
            "Of the simpanan wajib that fell due {value} are paid",
        ),
    ),
    FactorName.OWN_EQUITY: Said(
        Text("Modal sendiri dalam usaha", "Own money in the business"),
        Text(
            "Modal sendiri {value} dari jumlah yang diminta",
            "Own money in the business is {value} of the amount asked",
        ),
    ),
    FactorName.SIMPANAN_BALANCE: Said(
        Text("Saldo simpanan di koperasi", "The savings with the cooperative"),
        Text(
            "Simpanan di koperasi {value} dari jumlah yang diminta",
            "Savings with the cooperative are {value} of the amount asked",
        ),
    ),
    FactorName.BUSINESS_AGE: Said(
        Text("Umur usaha", "The age of the business"),
        Text("Usaha berjalan {value}", "The business has run for {value}"),
    ),
    FactorName.TRAINING_OR_MENTORING: Said(
        Text("Pelatihan atau pendampingan", "Training or mentoring"),
        Text("Sudah dilatih atau didampingi", "Trained or mentored"),
        Text("Belum dilatih dan belum didampingi", "Neither trained nor mentored yet"),
    ),
    FactorName.TRAINING: Said(
        Text("Pelatihan kewirausahaan", "Entrepreneurship training"),
        Text("Pelatihan kewirausahaan sudah selesai", "Entrepreneurship training is completed"),
        Text(
            "Pelatihan kewirausahaan belum selesai",
            "Entrepreneurship training is not completed yet",
        ),
    ),
    FactorName.MENTORING: Said(
        Text("Pendampingan", "Mentoring"),
        Text("Sudah didampingi mentor", "Mentored"),
        Text("Belum didampingi mentor", "Not mentored yet"),
    ),
    FactorName.TRADE_EXPERIENCE: Said(
        Text("Pengalaman di bidang usaha ini", "Experience in this trade"),
        Text("Pengalaman di bidang usaha ini {value}", "Experience in this trade is {value}"),
    ),
    FactorName.OFFTAKER: Said(
        Text("Offtaker", "An offtaker"),
        Text("Ada offtaker", "There is an offtaker"),
        Text("Belum ada offtaker", "There is no offtaker yet"),
    ),
    FactorName.OFFTAKER_AGREEMENT: Said(
        Text("Perjanjian (PKS) dengan offtaker", "The agreement (PKS) with the offtaker"),
        Text(
            "Perjanjian (PKS) dengan offtaker sudah ada",
            "The agreement (PKS) with the offtaker is there",
        ),
        Text(
            "Perjanjian (PKS) dengan offtaker belum ada",
            "There is no agreement (PKS) with the offtaker yet",
        ),
    ),
    FactorName.COOPERATIVE_MEMBER: Said(
        Text("Keanggotaan koperasi", "Membership of a cooperative"),
        Text("Anggota koperasi yang aktif", "Active member of a cooperative"),
        Text("Belum menjadi anggota koperasi", "Not a member of a cooperative yet"),
    ),
    FactorName.GROUP_GUARANTEE: Said(
        Text("Keanggotaan kelompok usaha", "Membership of a business group"),
        Text("Anggota kelompok usaha", "Member of a business group"),
        Text("Belum menjadi anggota kelompok usaha", "Not a member of a business group yet"),
    ),
    FactorName.GROUP_VALIDATED: Said(
        Text("Validasi kelompok", "The group's validation"),
        Text(
            "Kelompok sudah divalidasi dinas atau offtaker",
            "The group is validated by the dinas or the offtaker",
        ),
        Text(
            "Kelompok belum divalidasi dinas atau offtaker",
            "The group is not validated by the dinas or the offtaker yet",
        ),
    ),
    FactorName.LARGEST_SHARE: Said(
        Text("Bagian setiap anggota", "Each member's part of the loan"),
        Text(
            "Bagian anggota yang terbesar {value} dari pinjaman",
            "The largest member's part is {value} of the loan",
        ),
    ),
    FactorName.BEGINNERS: Said(
        Text("Jumlah anggota pemula", "How many members are beginners"),
        Text("Anggota pemula {value}", "Of the members {value} are beginners"),
    ),
    FactorName.ANNUAL_MEETINGS: Said(
        Text("Rapat anggota tahunan (RAT)", "Annual meetings (RAT)"),
        Text("RAT sudah diadakan {value}", "Annual meetings (RAT) were held {value}"),
    ),
    FactorName.SHU: Said(
        Text("SHU tahun buku terakhir", "The surplus (SHU) of the latest book year"),
        Text(
            "SHU tahun buku terakhir {value} dari jumlah yang diminta",
            "The latest surplus (SHU) is {value} of the amount asked",
        ),
    ),
    FactorName.HEALTH_GRADE: Said(
        Text("Tingkat kesehatan koperasi", "The cooperative's health grade"),
        Text("Koperasi dinilai {value}", "The cooperative is graded {value}"),
    ),
    FactorName.EQUITY: Said(
        Text("Modal sendiri koperasi", "The cooperative's own capital"),
        Text(
            "Modal sendiri koperasi {value} dari jumlah yang diminta",
            "The cooperative's own capital is {value} of the amount asked",
        ),
    ),
    FactorName.MEMBERS: Said(
        Text("Jumlah anggota", "The number of members"),
        Text("Anggota koperasi {value}", "The cooperative has {value}"),
    ),
    FactorName.SAVERS: Said(
        Text("Bagian anggota yang menabung", "The part of the members who save"),
        Text(
            "Anggota yang menabung setiap bulan {value}",
            "Of the members {value} save each month",
        ),
    ),
    FactorName.SAVINGS_AND_LOAN_UNIT: Said(
        Text("Unit simpan pinjam", "The savings and loan unit"),
        Text("Ada unit simpan pinjam", "There is a savings and loan unit"),
        Text("Belum ada unit simpan pinjam", "There is no savings and loan unit yet"),
    ),
}
"""What is said of every factor."""

KNOCK_OUTS: Mapping[KnockOut, Text] = {
    KnockOut.COLLECTIBILITY: Text(
        "Ada kredit yang menunggak lebih dari 90 hari (kolektibilitas 3 sampai 5). Poin lain "
        "tidak dapat menutupinya; selesaikan tunggakan itu dahulu.",
        "Some credit is more than 90 days behind (collectibility 3 to 5). No other points make up "
        "for it; settle it first.",
    ),
    KnockOut.DHN_LISTED: Text(
        "Nama Anda tercantum dalam Daftar Hitam Nasional. Poin lain tidak dapat menutupinya; "
        "hubungi bank untuk pemulihan nama.",
        "You are on the national blacklist (DHN). No other points make up for it; ask your bank "
        "how to be taken off.",
    ),
    KnockOut.INSTALMENT_SHARE: Text(
        "Semua angsuran melampaui bagian pendapatan yang paling tinggi. Poin lain tidak dapat "
        "menutupinya; kurangi jumlah pinjaman atau angsuran lain, atau perpanjang jangka waktu.",
        "All instalments together pass the highest part of the income. No other points make up "
        "for it; ask for less, over a longer time, or reduce the others.",
    ),
}
"""What is said of every knock-out."""

_HEALTH = (
    Text("dalam pengawasan khusus", "under special supervision"),
    Text("dalam pengawasan", "under supervision"),
    Text("cukup sehat", "fairly healthy"),
    Text("sehat", "healthy"),
)


def sentence(factor: Factor, language: Language) -> str:
    """Return what a factor's points come from, and what would bring more."""
    said, value, most = FACTORS[factor.name], factor.value, factor.points_max
    indonesian = language is Language.ID
    if value is None:
        subject = _in(said.subject, language)
        return (
            f"{subject} belum diketahui: 0 dari {most} poin; bila diketahui dapat membawa sampai "
            f"{most}."
            if indonesian
            else f"{subject}: not known yet, 0 of {most} points; once known it can bring up to "
            f"{most}."
        )
    of = "dari" if indonesian else "of"
    points = "poin" if indonesian else "points"
    return f"{_known(factor, value, language)}: {factor.points} {of} {most} {points}" + _better(
        factor, value, language
    )


def burden(carries: Capacity, comfortable: int, most: int, language: Language) -> str:
    """Return what the instalments do to the income; limits in permille."""
    unit = FactorUnit.SHARE
    due, others, income = (
        rupiah(each) for each in (carries.instalment, carries.others, carries.income)
    )
    limits = (quantity(unit, comfortable, language), quantity(unit, most, language))
    if carries.burden_permille is None:
        taken = "seluruh" if language is Language.ID else "all"
    else:
        taken = quantity(unit, carries.burden_permille, language)
    if language is Language.ID:
        return (
            f"Angsuran {due} ditambah angsuran lain {others} mengambil {taken} pendapatan bersih "
            f"{income} sebulan; nyaman sampai {limits[0]}, paling tinggi {limits[1]}."
        )
    return (
        f"The instalment {due} and others of {others} take {taken} of the net income {income} a "
        f"month; comfortable up to {limits[0]}, at most {limits[1]}."
    )


def quantity(unit: FactorUnit, value: int, language: Language) -> str:
    """Return a value of a unit in words: `8 bulan`, `30,5 %`, `kolektibilitas 2`."""
    if unit is FactorUnit.HEALTH_GRADE:
        return _in(_HEALTH[value], language)
    if unit in {FactorUnit.SHARE, FactorUnit.OF_AMOUNT}:
        return _percent(value, language)
    indonesian, one, many = _UNITS[unit]
    if language is Language.ID:
        return indonesian.format(value)
    return (one if value == 1 else many).format(value)


_UNITS: Mapping[FactorUnit, tuple[str, str, str]] = {
    FactorUnit.MONTHS: ("{} bulan", "{} month", "{} months"),
    FactorUnit.MEETINGS: ("{} kali", "once", "{} times"),
    FactorUnit.PEOPLE: ("{} orang", "{} member", "{} members"),
    FactorUnit.COLLECTIBILITY: ("kolektibilitas {}", "collectibility {}", "collectibility {}"),
    FactorUnit.YES_NO: ("{}", "{}", "{}"),
}


def _percent(permille: int, language: Language) -> str:
    whole, tenth = divmod(abs(permille), 10)
    point = "," if language is Language.ID else "."
    sign = "-" if permille < 0 else ""
    return f"{sign}{whole}{point}{tenth} %" if tenth else f"{sign}{whole} %"


def _known(factor: Factor, value: int, language: Language) -> str:
    said, unit = FACTORS[factor.name], factor.bands.measure.unit
    if said.no is not None:
        return _in(said.known if value else said.no, language)
    if factor.name is FactorName.INSTALMENT_SHARE and value == SHARE_MAX:
        taken = "seluruh" if language is Language.ID else "all"
        return _in(said.known, language).format(value=taken)
    return _in(said.known, language).format(value=quantity(unit, value, language))


def _better(factor: Factor, value: int, language: Language) -> str:
    """Return the end of the sentence: what the next better band asks for, and brings."""
    better = factor.bands.better(value)
    if better is None:
        return "."
    limit, points = better
    measure, indonesian = factor.bands.measure, language is Language.ID
    if measure.unit is FactorUnit.YES_NO:
        return f"; bila sudah, menjadi {points}." if indonesian else f"; if so, {points}."
    reached = quantity(measure.unit, limit, language)
    if measure.rising:
        start = f"mulai {reached} menjadi" if indonesian else f"from {reached} it would be"
    else:
        start = f"sampai {reached} menjadi" if indonesian else f"up to {reached} it would be"
    return f"; {start} {points}."


def _in(text: Text, language: Language) -> str:
    return text.id if language is Language.ID else text.en
