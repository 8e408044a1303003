"""What a step says to the applicant who may take it, in two languages ("langkah Anda")."""

from collections.abc import Mapping

from services.financing.domain.steps import Act, Remedy
from services.financing.domain.texts import UNKNOWN, Language, Text, say

ACTS: Mapping[Act, Text] = {
    Act.TELL: Text("Beri tahu kami: {fact}.", "Tell us {fact}."),
    Act.ASK_LONGER: Text(
        "Ajukan jangka waktu {tenor} bulan, supaya angsuran sebulan lebih ringan.",
        "Ask for {tenor} months, so that a month's instalment is lighter.",
    ),
    Act.ASK_SHORTER: Text(
        "Ajukan jangka waktu {tenor} bulan; produk ini tidak lebih lama.",
        "Ask for {tenor} months; this product runs no longer.",
    ),
    Act.ASK_LESS: Text("Ajukan {amount:rp} saja.", "Ask for {amount:rp} only."),
    Act.ASK_INVESTMENT: Text(
        "Ajukan sebagai pinjaman investasi; produk ini bukan untuk modal kerja.",
        "Ask for it as an investment loan; this product is not for working capital.",
    ),
    Act.ASK_WITHOUT_MEMBERS: Text(
        "Ajukan tanpa anggota nomor {members}.", "Apply without member no. {members}."
    ),
    Act.SHARE_EVENLY: Text(
        "Bagi pinjaman sama rata di antara anggota kelompok.",
        "Share the loan evenly among the members of the group.",
    ),
    Act.START_BUSINESS: Text(
        "Mulailah usaha Anda dan catat tanggal mulainya.",
        "Start your business and note the day on which it starts.",
    ),
    Act.MENTORING_OR_TRAINING: Text(
        "Ikuti pendampingan usaha pada koperasi Anda, atau selesaikan pelatihan kewirausahaan.",
        "Join the mentoring of your cooperative, or complete a training in entrepreneurship.",
    ),
    Act.GET_LICENCE: Text(
        "Urus NIB, atau surat keterangan usaha (SKU) dari desa.",
        "Get an NIB, or a business letter (SKU) from the village.",
    ),
    Act.GET_NPWP: Text("Daftarkan NPWP.", "Register for an NPWP."),
    Act.JOIN_BPJS: Text("Daftar BPJS Ketenagakerjaan.", "Join BPJS Ketenagakerjaan."),
    Act.GET_PARENTS_PERMISSION: Text(
        "Minta izin tertulis dari orang tua.", "Get the parents' written permission."
    ),
    Act.REGISTER_SISKOP2MI: Text(
        "Pastikan Anda terdaftar di SISKOP2MI.", "Make sure that you are registered in SISKOP2MI."
    ),
    Act.JOIN_GROUP: Text(
        "Bergabunglah dengan kelompok usaha yang punya mitra pembeli, PKS, pengesahan, dan "
        "terdaftar di SIKP.",
        "Join a business group that has an offtaker, an agreement (PKS) and a validation, and is "
        "registered in SIKP.",
    ),
    Act.FIND_MEMBER: Text(
        "Ajak {count} anggota baru yang memenuhi syarat; kelompok terdiri atas paling sedikit dua "
        "orang.",
        "Win {count} new member(s) who meet the conditions; a group has at least two.",
    ),
    Act.FIND_OFFTAKER: Text(
        "Cari mitra pembeli (offtaker) yang berbadan hukum.",
        "Find an offtaker that is a legal entity.",
    ),
    Act.SIGN_PKS: Text(
        "Tanda tangani perjanjian kerja sama (PKS) dengan mitra pembeli.",
        "Sign an agreement (PKS) with the offtaker.",
    ),
    Act.GET_VALIDATED: Text(
        "Minta pengesahan kelompok dari dinas atau mitra pembeli.",
        "Have the group validated by the dinas or by the offtaker.",
    ),
    Act.REGISTER_SIKP: Text(
        "Pastikan kelompok dan anggotanya terdaftar di SIKP.",
        "Make sure that the group and its members are registered in SIKP.",
    ),
    Act.RECOMMEND_BEGINNERS: Text(
        "Minta rekomendasi ketua kelompok bagi anggota nomor {members}.",
        "Have the chair recommend member no. {members}.",
    ),
    Act.JOIN_COOPERATIVE: Text(
        "Bergabunglah dengan koperasi yang punya unit simpan pinjam.",
        "Join a cooperative that has a savings and loan unit.",
    ),
    Act.JOIN_COOPERATIVE_WITH_USP: Text(
        "Bergabunglah dengan koperasi yang punya unit simpan pinjam; koperasi Anda belum punya.",
        "Join a cooperative that has a savings and loan unit; yours has none yet.",
    ),
    Act.PAY_SIMPANAN_POKOK: Text("Lunasi simpanan pokok.", "Pay the simpanan pokok in full."),
    Act.GET_LEGAL_ENTITY: Text(
        "Urus pengesahan badan hukum koperasi.", "Have the cooperative made a legal entity."
    ),
    Act.GET_COOP_REGISTRY_NO: Text(
        "Urus Nomor Induk Koperasi.", "Apply for the Nomor Induk Koperasi."
    ),
    Act.GET_CERTIFICATE: Text(
        "Urus sertifikat Nomor Induk Koperasi.",
        "Apply for the certificate of the Nomor Induk Koperasi.",
    ),
    Act.RENEW_CERTIFICATE: Text(
        "Perpanjang sertifikat Nomor Induk Koperasi.",
        "Renew the certificate of the Nomor Induk Koperasi.",
    ),
    Act.HOLD_RAT: Text(
        "Adakan RAT untuk tahun buku {missing}.", "Hold the RAT of book year {missing}."
    ),
    Act.CLOSE_YEAR_WITH_SHU: Text(
        "Tutup tahun buku {year} dengan SHU positif.",
        "Close book year {year} with a positive SHU.",
    ),
    Act.GIVE_GUARANTEES: Text(
        "Mintalah pengurus menandatangani jaminan pribadi.",
        "Have the pengurus sign personal guarantees.",
    ),
    Act.MORE_AGUNAN: Text(
        "Sediakan agunan senilai {amount:rp}.", "Offer agunan worth {amount:rp}."
    ),
    Act.GET_SELECTED: Text(
        "Mintalah bupati atau walikota memilih koperasi untuk percontohan.",
        "Ask the bupati or walikota to select the cooperative for the mock-up.",
    ),
    Act.OPEN_USP: Text("Bentuk unit simpan pinjam.", "Set up a savings and loan unit."),
    Act.OPEN_SEMBAKO: Text("Buka gerai sembako.", "Open a sembako shop."),
    Act.OPEN_MICROSITE: Text("Buat microsite SIMKOPDES.", "Make the SIMKOPDES microsite."),
    Act.LIST_MEMBERS: Text(
        "Susun daftar anggota yang akan meminjam.", "List the members who will borrow."
    ),
    Act.FINISH_INCUBATION: Text(
        "Selesaikan semua tahapan inkubasi.", "Complete every milestone of the incubation."
    ),
    Act.OPEN_OFFICE: Text("Siapkan kantor koperasi.", "Set up an office of the cooperative."),
    Act.WRITE_BUSINESS_PLAN: Text("Susun rencana usaha.", "Write a business plan."),
    Act.WRITE_BUDGET: Text(
        "Susun rencana anggaran biaya (RAB).", "Write the budget of the loan (RAB)."
    ),
    Act.APPOINT_DPS: Text(
        "Angkat dewan pengawas syariah (DPS).", "Appoint a Sharia supervisory board (DPS)."
    ),
    Act.GET_HEAD_APPROVAL: Text(
        "Minta persetujuan bupati atau wali kota, atau kepala desa melalui musyawarah desa.",
        "Get the approval of the bupati or walikota, or of the kades through the village meeting.",
    ),
    Act.ASK_LESS_OPEX: Text(
        "Pakai paling banyak {max:rp} untuk biaya operasional; sisanya untuk investasi.",
        "Use at most {max:rp} for running costs; the rest is for investment.",
    ),
    Act.IMPROVE_HEALTH: Text(
        "Perbaiki tingkat kesehatan koperasi sampai paling sedikit cukup sehat.",
        "Raise the health grade of the cooperative to cukup sehat at least.",
    ),
    Act.COOPERATIVE_NPWP: Text("Daftarkan NPWP koperasi.", "Register the cooperative's NPWP."),
    Act.COOPERATIVE_NIB: Text("Urus NIB koperasi.", "Get the cooperative's NIB."),
    Act.OPEN_ACCOUNT: Text(
        "Buka rekening bank atas nama koperasi.",
        "Open a bank account in the cooperative's name.",
    ),
    Act.SETTLE_CREDIT: Text(
        "Lunasi tunggakan kredit sampai kolektibilitas di SLIK menjadi 1 (lancar).",
        "Settle the arrears until the collectibility in SLIK is 1 (current).",
    ),
    Act.LEAVE_DHN: Text(
        "Selesaikan urusan yang membuat Anda tercantum dalam Daftar Hitam Nasional.",
        "Settle what put you on the Daftar Hitam Nasional.",
    ),
    Act.SETTLE_PROGRAMME: Text(
        "Lunasi kredit program yang lama dan minta surat lunas.",
        "Pay the earlier programme credit off and get the paid-off letter.",
    ),
    Act.SETTLE_MIKRO: Text(
        "Lunasi sisa KUR mikro sebesar {outstanding:rp}.",
        "Pay off the {outstanding:rp} of KUR micro that is left.",
    ),
    Act.SETTLE_INSTALMENTS: Text(
        "Kurangi angsuran lain dari {others:rp} menjadi {left:rp} sebulan.",
        "Bring the other instalments of a month from {others:rp} down to {left:rp}.",
    ),
    Act.SETTLE_MEMBERS: Text(
        "Mintalah anggota nomor {members} menyelesaikan {what:word}.",
        "Have member no. {members} settle {what:word}.",
    ),
    Act.GET_MEMBERS_PAPERS: Text(
        "Mintalah anggota nomor {members} mengurus {what:word}.",
        "Have member no. {members} get {what:word}.",
    ),
    Act.SETTLE_ARREARS: Text(
        "Lunasi tunggakan pinjaman koperasi.", "Settle the cooperative's arrears."
    ),
    Act.SETTLE_OFFICERS: Text(
        "Mintalah pengurus melunasi tunggakan kreditnya.",
        "Have the officers settle their arrears.",
    ),
    Act.WAIT: Text("Ajukan mulai {from:day}.", "Apply from {from:day} on."),
}
"""A sentence for every act."""


def step(remedy: Remedy, language: Language) -> str:
    """Return what one step says."""
    numbers = dict(remedy.numbers)
    if remedy.act is Act.TELL and remedy.answers is not None:
        numbers["fact"] = say(UNKNOWN[remedy.answers], remedy.numbers, language)
    return say(ACTS[remedy.act], numbers, language)
