"""
What a refusal says to the applicant: one plain sentence or two, in Indonesian and in English.

A decision carries codes and numbers only; sentences are made here when somebody reads them. A
template names its numbers, `{amount:rp}` as rupiah, `{from:day}` as a date, `{kinds:word}` as a
word of the reader's language.
"""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from functools import lru_cache
from string import Formatter
from typing import NamedTuple

from services.financing.domain.eligibility import (
    Code,
    Confidence,
    Note,
    NoteCode,
    Refusal,
    Source,
    Value,
)
from shared.money import rupiah


class Language(StrEnum):
    """The languages that we write."""

    ID = "id"
    EN = "en"


class Text(NamedTuple):
    """One template in both languages."""

    id: str
    en: str


REFUSALS: Mapping[Code, Text] = {
    Code.BORROWER_KIND: Text(
        "Produk ini hanya untuk {kinds:word}. Pilih produk lain yang sesuai.",
        "This product is only for {kinds:word}. Choose another product that fits.",
    ),
    Code.NOT_IN_FORCE: Text(
        "Produk ini tidak berlaku pada tanggal akad; masa berlakunya {period}. Pilih produk lain.",
        "This product is not in force on the day of the akad; it holds {period}. "
        "Choose another product.",
    ),
    Code.AMOUNT_BELOW: Text(
        "Anda meminta {amount:rp}; produk ini mulai dari {min:rp}. "
        "Ajukan produk dengan plafon lebih kecil.",
        "You ask for {amount:rp}; this product begins at {min:rp}. "
        "Ask for the product with the smaller ceiling.",
    ),
    Code.AMOUNT_ABOVE: Text(
        "Anda meminta {amount:rp}; plafon produk ini paling banyak {max:rp}. "
        "Turunkan jumlahnya atau pilih produk dengan plafon lebih besar.",
        "You ask for {amount:rp}; this product lends at most {max:rp}. "
        "Ask for less, or choose a product with a higher ceiling.",
    ),
    Code.TENOR_ABOVE: Text(
        "Anda meminta jangka waktu {tenor} bulan; paling lama {max} bulan. "
        "Pilih jangka waktu yang lebih pendek.",
        "You ask for {tenor} months; the longest tenor is {max} months. Choose a shorter one.",
    ),
    Code.CITIZEN: Text(
        "Pinjaman ini hanya untuk warga negara Indonesia dengan e-KTP. Bila Anda WNI, urus e-KTP "
        "di Dukcapil, lalu ajukan lagi.",
        "This loan is only for Indonesian citizens with an e-KTP. If you are one, get the e-KTP "
        "from Dukcapil, then apply again.",
    ),
    Code.AGE: Text(
        "Anda belum berusia {min} tahun dan belum menikah. Ajukan lagi mulai {from:day}.",
        "You are not yet {min} and not married. Apply again from {from:day}.",
    ),
    Code.AGE_PMI: Text(
        "Anda belum berusia {min} tahun. Ajukan lagi mulai {from:day}.",
        "You are not yet {min}. Apply again from {from:day}.",
    ),
    Code.PARENTS_PERMISSION: Text(
        "Pemohon di bawah 21 tahun yang belum menikah memerlukan izin tertulis orang tua. "
        "Lampirkan izin itu.",
        "An applicant under 21 who is not married needs the parents' written permission. "
        "Attach it.",
    ),
    Code.STATE_EMPLOYEE: Text(
        "ASN, anggota TNI, dan anggota Polri tidak dapat menerima KUR. Tanyakan kredit lain "
        "kepada bank Anda.",
        "Civil servants and members of the armed forces or the police cannot receive KUR. "
        "Ask your bank for other credit.",
    ),
    Code.COLLECTIBILITY: Text(
        "Kredit Anda di SLIK berkolektibilitas {collectibility}; pinjaman baru memerlukan kredit "
        "lancar. Selesaikan tunggakan, lalu ajukan lagi.",
        "Your credit stands at collectibility {collectibility} in SLIK; a new loan needs "
        "credit in good standing. Settle the arrears, then apply again.",
    ),
    Code.CREDIT_NOT_CURRENT: Text(
        "Kredit lain boleh berjalan bersama KUR hanya bila lancar (kolektibilitas 1); kredit Anda "
        "menunggak. Lunasi tunggakannya, lalu ajukan lagi.",
        "Other credit may run beside KUR only when current (collectibility 1); yours is behind. "
        "Pay what is overdue, then apply again.",
    ),
    Code.DHN_LISTED: Text(
        "Nama Anda tercantum dalam Daftar Hitam Nasional. Hubungi bank untuk pemulihan nama.",
        "You are on the national blacklist (DHN). Ask your bank how to be taken off it.",
    ),
    Code.PROGRAMME_CREDIT_UNPAID: Text(
        "Kredit program Anda sebelumnya belum lunas. Lunasi dan mintalah surat keterangan lunas.",
        "Your earlier programme credit is not paid off. Pay it off and ask for the letter.",
    ),
    Code.COMMERCIAL_CREDIT: Text(
        "KUR ini untuk yang belum pernah menerima kredit modal kerja atau investasi komersial. "
        "Tanyakan kredit komersial kepada bank Anda.",
        "This KUR is for those who never had commercial working-capital or investment credit. "
        "Ask your bank for commercial credit.",
    ),
    Code.KUR_BEFORE: Text(
        "Anda sudah {count} kali menerima KUR; KUR super mikro hanya untuk penerima pertama. "
        "Ajukan KUR mikro.",
        "You have received KUR {count} time(s); super micro is for first receivers only. "
        "Ask for KUR micro.",
    ),
    Code.KUR_REPEATS: Text(
        "Anda sudah {count} kali menerima KUR ini; paling banyak {max} kali untuk sektor Anda. "
        "Mintalah kredit komersial kepada bank.",
        "You have received this KUR {count} time(s); your sector allows {max}. "
        "Ask a bank for commercial credit.",
    ),
    Code.MIKRO_OUTSTANDING: Text(
        "Sisa KUR mikro Anda {outstanding:rp}; bersama {amount:rp} yang diminta melampaui "
        "{max:rp}. Turunkan jumlahnya atau angsur dahulu.",
        "You still owe {outstanding:rp} of KUR micro; with the {amount:rp} asked it passes "
        "{max:rp}. Ask for less, or repay some first.",
    ),
    Code.BUSINESS_PLANNED: Text(
        "Usaha Anda belum berjalan; produk ini memerlukan usaha yang berjalan {months} bulan. "
        "Mulailah usaha. Untuk KUR super mikro cukup salah satu: pendampingan, pelatihan "
        "kewirausahaan, keanggotaan kelompok usaha, atau usaha keluarga yang produktif.",
        "Your business does not run yet; this product needs one that has run for {months} months. "
        "Start it. For KUR super micro one of these is enough: mentoring, entrepreneurship "
        "training, membership of a business group, or a productive family business.",
    ),
    Code.BUSINESS_AGE: Text(
        "Dihitung sejak {started:day}, usaha Anda belum berjalan {months} bulan. "
        "Ajukan lagi mulai {from:day}.",
        "Counted from {started:day}, your business has not run for {months} months. "
        "Apply again from {from:day}.",
    ),
    Code.BUSINESS_AGE_OR_EVIDENCE: Text(
        "Dihitung sejak {started:day}, usaha Anda belum berjalan {months} bulan. Tunjukkan salah "
        "satu: pendampingan, pelatihan kewirausahaan, keanggotaan kelompok usaha, atau usaha "
        "keluarga yang produktif. Tanpa itu, ajukan lagi mulai {from:day}.",
        "Counted from {started:day}, your business has not run for {months} months. Show one of "
        "these: mentoring, entrepreneurship training, membership of a business group, or a "
        "productive family business. Without one, apply again from {from:day}.",
    ),
    Code.BUSINESS_LICENCE: Text(
        "Usaha Anda belum memiliki NIB atau SKU. Urus NIB di OSS atau mintalah SKU "
        "dari kelurahan.",
        "Your business has neither NIB nor SKU. Get a NIB from OSS or an SKU from the village.",
    ),
    Code.NPWP: Text(
        "Pinjaman {amount:rp} memerlukan NPWP karena {why_npwp}. Daftarkan NPWP dahulu.",
        "A loan of {amount:rp} needs an NPWP because {why_npwp}. Register first.",
    ),
    Code.BPJS_TK: Text(
        "KUR kecil memerlukan kepesertaan BPJS Ketenagakerjaan. Daftarlah, lalu ajukan lagi.",
        "KUR small needs BPJS Ketenagakerjaan. Join it, then apply again.",
    ),
    Code.TURNOVER: Text(
        "Omzet tahunan Anda {turnover:rp}; penerima KUR paling banyak {max:rp}. "
        "Mintalah kredit komersial kepada bank.",
        "Your yearly turnover is {turnover:rp}; KUR is for at most {max:rp}. "
        "Ask a bank for commercial credit.",
    ),
    Code.INSTALMENT_ABOVE_INCOME: Text(
        "Angsuran {instalment:rp} ditambah angsuran lain {others:rp} melampaui {percent} % "
        "pendapatan bersih {income:rp}. Pilih angsuran paling banyak {affordable:rp} sebulan: "
        "jumlah lebih kecil atau jangka waktu lebih panjang.",
        "The instalment {instalment:rp} and your others of {others:rp} pass {percent} % of the "
        "net income {income:rp}. Choose at most {affordable:rp} a month: a smaller amount or a "
        "longer tenor.",
    ),
    Code.NO_ROOM_FOR_INSTALMENT: Text(
        "Dengan pendapatan bersih {income:rp} dan angsuran lain {others:rp} sebulan tidak ada "
        "ruang untuk angsuran baru {instalment:rp}: semua angsuran paling banyak {percent} % dari "
        "pendapatan. Kurangi angsuran lain atau tingkatkan pendapatan, lalu ajukan lagi.",
        "With a net income of {income:rp} and other instalments of {others:rp} a month there is "
        "no room for a new one of {instalment:rp}: all together may take {percent} % of the "
        "income. Reduce the others or earn more, then apply again.",
    ),
    Code.NO_PLACEMENT_CONTRACT: Text(
        "KUR ini untuk yang berangkat bekerja ke luar negeri dan memerlukan kontrak kerja. "
        "Untuk usaha di rumah, pilih KUR yang lain.",
        "This KUR is for those who leave to work abroad and needs a work contract. "
        "For a business at home choose another KUR.",
    ),
    Code.NOT_IN_SISKOP2MI: Text(
        "Anda belum terdaftar di SISKOP2MI dan belum memiliki E-KPMI. Daftarlah melalui BP3MI.",
        "You are not registered in SISKOP2MI and hold no E-KPMI. Register through BP3MI.",
    ),
    Code.TENOR_BEYOND_CONTRACT: Text(
        "Jangka waktu {tenor} bulan melampaui kontrak kerja {max} bulan. Pilih yang lebih pendek.",
        "A tenor of {tenor} months outlasts the work contract of {max} months. Choose a shorter.",
    ),
    Code.NO_GROUP: Text(
        "KUR khusus hanya untuk klaster atau kelompok usaha dengan mitra. Bergabunglah dengan "
        "kelompok usaha dahulu.",
        "This KUR is for clusters or business groups with a partner. Join a group first.",
    ),
    Code.GROUP_SIZE: Text(
        "Kelompok beranggotakan {count} orang; paling sedikit {min}. Tambah anggota.",
        "The group has {count} member(s); it needs at least {min}. Add members.",
    ),
    Code.GROUP_SHARES: Text(
        "Jumlah bagian anggota {shares:rp} tidak sama dengan pinjaman {amount:rp}. "
        "Samakan keduanya, lalu ajukan lagi.",
        "The members' shares add up to {shares:rp}, not to the {amount:rp} asked. Correct them.",
    ),
    Code.GROUP_OFFTAKER: Text(
        "Kelompok belum memiliki offtaker berbadan hukum dengan sistem tertutup. Carilah mitra, "
        "misalnya Kopdes.",
        "The group has no offtaker, a legal entity with a closed loop. Find one, "
        "for example a Kopdes.",
    ),
    Code.GROUP_PKS: Text(
        "Belum ada perjanjian kerja sama dengan offtaker. Tanda tangani PKS dahulu.",
        "There is no agreement (PKS) with the offtaker. Sign it first.",
    ),
    Code.GROUP_VALIDATION: Text(
        "Kelompok belum disahkan dinas atau offtaker. Mintalah surat pengesahan.",
        "Neither the dinas nor the offtaker has validated the group. Ask for the certificate.",
    ),
    Code.GROUP_SIKP: Text(
        "Kelompok dan anggotanya belum terdaftar di SIKP. Mintalah pendaftaran melalui dinas.",
        "The group and its members are not in SIKP. Ask the dinas to register them.",
    ),
    Code.GROUP_MEMBER_SHARE_ABOVE: Text(
        "Bagian anggota nomor {members} melampaui {max:rp}, plafon setiap anggota. Kurangi bagian "
        "itu atau bagi pinjaman lebih merata.",
        "The share of member no. {members} passes {max:rp}, the ceiling of each member. Lower it, "
        "or share the loan more evenly.",
    ),
    Code.GROUP_MEMBER_CITIZEN: Text(
        "Anggota nomor {members} bukan warga negara Indonesia dengan e-KTP. Ajukan tanpa anggota "
        "itu.",
        "Member no. {members} is no Indonesian citizen with an e-KTP. Apply without that member.",
    ),
    Code.GROUP_MEMBER_AGE: Text(
        "Anggota nomor {members} belum berusia {min} tahun dan belum menikah. Ajukan lagi mulai "
        "{from:day}, atau tanpa anggota itu.",
        "Member no. {members} is not yet {min} and not married. Apply again from {from:day}, or "
        "without that member.",
    ),
    Code.GROUP_MEMBER_STATE_EMPLOYEE: Text(
        "Anggota nomor {members} adalah ASN, anggota TNI, atau anggota Polri, yang tidak dapat "
        "menerima KUR. Ajukan tanpa anggota itu.",
        "Member no. {members} serves the state, the armed forces or the police and cannot receive "
        "KUR. Apply without that member.",
    ),
    Code.GROUP_MEMBER_COLLECTIBILITY: Text(
        "Anggota nomor {members} memiliki kredit bermasalah (kolektibilitas 3 atau lebih buruk). "
        "Kredit itu harus diselesaikan, atau ajukan tanpa anggota itu.",
        "Member no. {members} has credit at collectibility 3 or worse. It has to be settled, or "
        "apply without that member.",
    ),
    Code.GROUP_MEMBER_NOT_CURRENT: Text(
        "Kredit lain anggota nomor {members} menunggak (kolektibilitas 2); bersama KUR ia harus "
        "lancar. Tunggakan itu harus dilunasi, atau ajukan tanpa anggota itu.",
        "Other credit of member no. {members} is behind (collectibility 2); beside KUR it has to "
        "be current. Have the arrears paid, or apply without that member.",
    ),
    Code.GROUP_MEMBER_DHN_LISTED: Text(
        "Anggota nomor {members} tercantum dalam Daftar Hitam Nasional. Namanya harus dipulihkan, "
        "atau ajukan tanpa anggota itu.",
        "Member no. {members} is on the national blacklist (DHN). That has to be settled, or "
        "apply without that member.",
    ),
    Code.GROUP_MEMBER_PROGRAMME_CREDIT: Text(
        "Kredit program anggota nomor {members} belum lunas. Kredit itu harus dilunasi, atau "
        "ajukan tanpa anggota itu.",
        "Earlier programme credit of member no. {members} is not paid off. Have it paid off, or "
        "apply without that member.",
    ),
    Code.GROUP_MEMBER_COMMERCIAL_CREDIT: Text(
        "Anggota nomor {members} pernah menerima kredit modal kerja atau investasi komersial. "
        "Ajukan tanpa anggota itu.",
        "Member no. {members} has had commercial working-capital or investment credit. Apply "
        "without that member.",
    ),
    Code.GROUP_MEMBER_LICENCE: Text(
        "Usaha anggota nomor {members} belum memiliki NIB atau SKU. Mintalah salah satunya.",
        "The business of member no. {members} has neither NIB nor SKU. Have one of them issued.",
    ),
    Code.GROUP_MEMBER_NPWP: Text(
        "Bagian anggota nomor {members} di atas {above:rp} dan memerlukan NPWP. Daftarkan dahulu "
        "atau kurangi bagian itu.",
        "The share of member no. {members} is above {above:rp} and needs an NPWP. Register first, "
        "or lower the share.",
    ),
    Code.GROUP_MEMBER_TURNOVER: Text(
        "Omzet tahunan anggota nomor {members} melampaui {max:rp}, batas penerima KUR. Ajukan "
        "tanpa anggota itu.",
        "The yearly turnover of member no. {members} passes {max:rp}, the most of a KUR receiver. "
        "Apply without that member.",
    ),
    Code.GROUP_MEMBER_INSTALMENT: Text(
        "Angsuran anggota nomor {members} melampaui {percent} % pendapatan bersihnya. Kurangi "
        "bagiannya atau pilih jangka waktu lebih panjang.",
        "The instalments of member no. {members} pass {percent} % of the net income. Lower that "
        "share, or choose a longer tenor.",
    ),
    Code.GROUP_LENDERS: Text(
        "KUR anggota nomor {members} masih berjalan pada penyalur lain daripada KUR anggota "
        "lainnya; KUR berikutnya hanya dari penyalur yang sama. Lunasi dahulu, atau ajukan tanpa "
        "anggota itu.",
        "The KUR of member no. {members} still runs with another lender than that of the others; "
        "the next one comes only from the same lender. Pay it off, or apply without that member.",
    ),
    Code.GROUP_BEGINNERS: Text(
        "Anggota nomor {members} adalah pemula (usaha belum berjalan {months} bulan); ketua "
        "kelompok harus merekomendasikannya.",
        "Member no. {members} is a beginner, with a business under {months} months; the chair of "
        "the group has to recommend that member.",
    ),
    Code.MEMBERSHIP: Text(
        "Anda bukan anggota aktif koperasi. Bergabunglah dengan Kopdes di desa Anda.",
        "You are not an active member of a cooperative. Join the Kopdes of your village.",
    ),
    Code.MEMBERSHIP_NO_USP: Text(
        "Koperasi Anda tidak memiliki unit simpan pinjam. Tanyakan rencana pembukaannya.",
        "Your cooperative has no savings and loan unit. Ask whether one is planned.",
    ),
    Code.SIMPANAN_POKOK: Text(
        "Simpanan pokok Anda belum lunas. Lunasi kepada koperasi dahulu.",
        "Your simpanan pokok is not paid. Pay it to the cooperative first.",
    ),
    Code.COOPERATIVE_KIND: Text(
        "Koperasi Anda berjenis {kind:word}; produk ini untuk {kinds:word}. "
        "Pilih produk lain yang sesuai.",
        "Your cooperative is of the kind {kind:word}; this product is for {kinds:word}. "
        "Choose another product that fits.",
    ),
    Code.NO_LEGAL_ENTITY: Text(
        "Nomor badan hukum koperasi belum ditunjukkan. Sampaikan SK badan hukumnya.",
        "The cooperative's legal entity number has not been shown. Give the decree.",
    ),
    Code.NO_COOP_REGISTRY_NO: Text(
        "Nomor Induk Koperasi belum ditunjukkan. Ajukan nomor itu melalui dinas koperasi.",
        "The cooperative's registry number has not been shown. Ask the cooperative office for it.",
    ),
    Code.NO_CERTIFICATE: Text(
        "Sertifikat Nomor Induk Koperasi belum ada; sertifikat terbit setelah dua RAT "
        "berturut-turut. Adakan RAT, lalu ajukan sertifikat.",
        "There is no certificate of the registry number; it follows two RAT in a row. "
        "Hold them, then ask for it.",
    ),
    Code.CERTIFICATE_EXPIRED: Text(
        "Sertifikat Nomor Induk Koperasi berakhir {until:day}. Perpanjang dahulu.",
        "The certificate of the registry number expired on {until:day}. Renew it first.",
    ),
    Code.RAT_MISSING: Text(
        "Diperlukan {min} RAT berturut-turut; belum ada untuk tahun buku {missing}. Adakan RAT "
        "itu; keduanya dapat lengkap paling cepat {from:day}.",
        "{min} RAT in a row are needed; those of book year {missing} are missing. Hold them; "
        "both can be complete on {from:day} at the earliest.",
    ),
    Code.RAT_ENOUGH: Text(
        "Koperasi sudah mengadakan dua RAT berturut-turut. Ajukan dana bergulir LPDB.",
        "The cooperative has held two RAT in a row. Ask for the LPDB's revolving fund.",
    ),
    Code.SHU: Text(
        "SHU tahun buku {year} sebesar {amount:rp}, padahal harus positif. Perbaiki hasil usaha; "
        "angka tahun berikutnya dapat dinilai mulai {from:day}.",
        "The SHU of book year {year} is {amount:rp} and has to be positive. Improve the result; "
        "the next year's figure can count from {from:day}.",
    ),
    Code.ARREARS: Text(
        "Koperasi menunggak pinjaman. Lunasi tunggakan, lalu ajukan lagi.",
        "The cooperative has a loan in arrears. Settle it, then apply again.",
    ),
    Code.OFFICERS_COLLECTIBILITY: Text(
        "Seorang pengurus berkolektibilitas {collectibility}. Ia perlu menyelesaikan kreditnya.",
        "An officer stands at collectibility {collectibility}. That credit has to be settled.",
    ),
    Code.OFFICERS_MACET: Text(
        "Seorang pengurus atau pengawas memiliki kredit macet. Kredit itu harus diselesaikan.",
        "An officer or supervisor has bad credit (macet). It has to be settled.",
    ),
    Code.PERSONAL_GUARANTEES: Text(
        "Jaminan pribadi pengurus belum ada. Mintalah pengurus menandatanganinya.",
        "The officers' personal guarantees are missing. Ask the officers to sign them.",
    ),
    Code.AGUNAN_VALUE: Text(
        "Nilai agunan {value:rp} di bawah pinjaman {amount:rp}. Tambah agunan atau kurangi "
        "pinjaman.",
        "The agunan of {value:rp} is worth less than the loan of {amount:rp}. Add to it, or "
        "ask for less.",
    ),
    Code.INVESTMENT_ONLY: Text(
        "Pinjaman ini hanya untuk investasi gerai. Ajukan modal kerja melalui produk lain.",
        "This loan is for investment in the units only. Ask another product for working capital.",
    ),
    Code.NOT_SELECTED: Text(
        "Koperasi tidak dipilih bupati atau wali kota sebagai percontohan. "
        "Tanyakan kepada dinas koperasi, atau kepada bank Himbara.",
        "The bupati or walikota has not selected the cooperative. Ask the cooperative office, or "
        "a state bank (Himbara).",
    ),
    Code.NO_USP: Text(
        "Koperasi belum memiliki unit simpan pinjam. Bentuk unit itu dahulu.",
        "The cooperative has no savings and loan unit. Set it up first.",
    ),
    Code.NO_SEMBAKO: Text(
        "Koperasi belum memiliki gerai sembako. Bentuk gerai itu dahulu.",
        "The cooperative has no staple goods shop (sembako). Set it up first.",
    ),
    Code.NO_MICROSITE: Text(
        "Koperasi belum memiliki microsite SIMKOPDES. Aktifkan dahulu.",
        "The cooperative has no SIMKOPDES microsite. Activate it first.",
    ),
    Code.NO_MEMBER_LIST: Text(
        "Daftar anggota penerima pinjaman belum ada. Lampirkan daftar itu.",
        "The list of members who will borrow is missing. Attach it.",
    ),
    Code.NOT_INCUBATED: Text(
        "Tahapan inkubasi belum selesai. Selesaikan bersama pendamping koperasi.",
        "The incubation milestones are not complete. Complete them with the mentor.",
    ),
    Code.NO_OFFICE: Text(
        "Koperasi belum memiliki kantor yang beroperasi. Siapkan kantor dahulu.",
        "The cooperative has no office in operation. Set one up first.",
    ),
    Code.NO_BUSINESS_PLAN: Text(
        "Rencana usaha koperasi belum ada. Susun dan lampirkan.",
        "The cooperative's business plan is missing. Write it and attach it.",
    ),
    Code.NO_BUDGET: Text(
        "Rencana anggaran biaya (RAB) belum ada. Susun dan lampirkan.",
        "The budget of the loan (RAB) is missing. Write it and attach it.",
    ),
    Code.NO_DPS: Text(
        "Pembiayaan syariah memerlukan dewan pengawas syariah (DPS). Angkat DPS dahulu.",
        "A Sharia contract needs a Sharia supervisory board (DPS). Appoint one first.",
    ),
    Code.NO_HEAD_APPROVAL: Text(
        "Persetujuan bupati atau wali kota, atau kepala desa melalui musyawarah desa, belum ada. "
        "Mintalah persetujuan itu.",
        "The approval of the bupati or walikota, or of the kades through the village meeting, is "
        "missing. Ask for it.",
    ),
    Code.OPEX_ABOVE: Text(
        "Bagian biaya operasional {opex:rp}; paling banyak {max:rp}. Kurangi bagian itu.",
        "The part for running costs is {opex:rp}; at most {max:rp} is allowed. Lower that part.",
    ),
    Code.HEALTH_GRADE: Text(
        "Koperasi dinilai {grade:word}. Perbaiki tingkat kesehatannya dahulu.",
        "The cooperative is graded {grade:word}. Its health has to improve first.",
    ),
    Code.COOPERATIVE_NPWP: Text(
        "Koperasi belum memiliki NPWP. Daftarkan dahulu.",
        "The cooperative has no NPWP. Register first.",
    ),
    Code.COOPERATIVE_NIB: Text(
        "Koperasi belum memiliki NIB. Urus di OSS dahulu.",
        "The cooperative has no NIB. Get one from OSS first.",
    ),
    Code.COOPERATIVE_ACCOUNT: Text(
        "Koperasi belum memiliki rekening bank atas namanya. Buka rekening dahulu.",
        "The cooperative has no bank account in its name. Open one first.",
    ),
}

UNKNOWN: Mapping[Code, Text] = {
    Code.UNKNOWN_CITIZEN: Text("kewarganegaraan", "citizenship"),
    Code.UNKNOWN_BIRTH_DATE: Text("tanggal lahir", "the birth date"),
    Code.UNKNOWN_MARRIED: Text("status perkawinan", "whether the applicant is married"),
    Code.UNKNOWN_STATE_EMPLOYEE: Text(
        "apakah pemohon ASN, TNI, atau Polri",
        "whether the applicant serves the state, the armed forces or the police",
    ),
    Code.UNKNOWN_PARENTS_PERMISSION: Text(
        "izin tertulis orang tua", "the parents' written permission"
    ),
    Code.UNKNOWN_COLLECTIBILITY: Text("kolektibilitas di SLIK", "the collectibility in SLIK"),
    Code.UNKNOWN_DHN: Text(
        "apakah pemohon tercantum di Daftar Hitam Nasional",
        "whether the applicant is on the national blacklist (DHN)",
    ),
    Code.UNKNOWN_PROGRAMME_CREDIT: Text(
        "apakah kredit program sebelumnya lunas",
        "whether earlier programme credit is paid off",
    ),
    Code.UNKNOWN_COMMERCIAL_CREDIT: Text(
        "apakah pernah menerima kredit komersial", "whether there was commercial credit before"
    ),
    Code.UNKNOWN_KUR_RECEIVED: Text(
        "berapa kali KUR pernah diterima", "how often KUR has been received"
    ),
    Code.UNKNOWN_KUR_OUTSTANDING: Text(
        "sisa KUR yang masih berjalan", "what is still owed of earlier KUR"
    ),
    Code.UNKNOWN_KUR_LENDER: Text(
        "penyalur KUR Anda yang masih berjalan", "the lender of the KUR that still runs"
    ),
    Code.UNKNOWN_MIKRO_OUTSTANDING: Text("sisa KUR mikro", "what is still owed of KUR micro"),
    Code.UNKNOWN_BUSINESS_START: Text("tanggal mulai usaha", "the day the business started"),
    Code.UNKNOWN_PRODUCTION: Text(
        "apakah usaha bergerak di sektor produksi", "whether the business is in production"
    ),
    Code.UNKNOWN_BUSINESS_LICENCE: Text(
        "apakah ada NIB atau SKU", "whether there is a NIB or an SKU"
    ),
    Code.UNKNOWN_NPWP: Text("apakah ada NPWP", "whether there is an NPWP"),
    Code.UNKNOWN_BPJS_TK: Text(
        "kepesertaan BPJS Ketenagakerjaan", "membership of BPJS Ketenagakerjaan"
    ),
    Code.UNKNOWN_TURNOVER: Text("omzet setahun", "the turnover of a year"),
    Code.UNKNOWN_NET_INCOME: Text("pendapatan bersih sebulan", "the net income of a month"),
    Code.UNKNOWN_INSTALMENTS: Text("angsuran lain sebulan", "the other instalments of a month"),
    Code.UNKNOWN_CONTRACT_MONTHS: Text(
        "lama kontrak kerja dalam bulan", "the months of the work contract"
    ),
    Code.UNKNOWN_SISKOP2MI: Text(
        "pendaftaran SISKOP2MI atau E-KPMI", "the registration in SISKOP2MI or the E-KPMI"
    ),
    Code.UNKNOWN_GROUP_MEMBERS: Text("anggota kelompok", "the members of the group"),
    Code.UNKNOWN_GROUP_OFFTAKER: Text("offtaker kelompok", "the group's offtaker"),
    Code.UNKNOWN_GROUP_PKS: Text(
        "perjanjian kerja sama dengan offtaker", "the agreement (PKS) with the offtaker"
    ),
    Code.UNKNOWN_GROUP_VALIDATION: Text(
        "pengesahan kelompok oleh dinas atau offtaker",
        "the group's validation by the dinas or the offtaker",
    ),
    Code.UNKNOWN_GROUP_SIKP: Text(
        "pendaftaran kelompok di SIKP", "the group's registration in SIKP"
    ),
    Code.UNKNOWN_MEMBER_FACTS: Text(
        "data anggota nomor {members} ({facts:word})",
        "the facts of member no. {members} ({facts:word})",
    ),
    Code.UNKNOWN_MEMBERSHIP: Text("keanggotaan koperasi", "the membership of a cooperative"),
    Code.UNKNOWN_MEMBERSHIP_USP: Text(
        "apakah koperasi memiliki unit simpan pinjam",
        "whether the cooperative has a savings and loan unit",
    ),
    Code.UNKNOWN_SIMPANAN_POKOK: Text(
        "apakah simpanan pokok lunas", "whether the simpanan pokok is paid"
    ),
    Code.UNKNOWN_COOPERATIVE_KIND: Text("jenis koperasi", "the kind of the cooperative"),
    Code.UNKNOWN_RATS: Text("RAT yang telah diadakan", "the annual meetings (RAT) held"),
    Code.UNKNOWN_SHU: Text("SHU tahun buku {year}", "the SHU of book year {year}"),
    Code.UNKNOWN_ARREARS: Text("apakah koperasi menunggak", "whether there are arrears"),
    Code.UNKNOWN_OFFICERS_COLLECTIBILITY: Text(
        "kolektibilitas terburuk pengurus", "the officers' worst collectibility"
    ),
    Code.UNKNOWN_PERSONAL_GUARANTEES: Text(
        "jaminan pribadi pengurus", "the officers' personal guarantees"
    ),
    Code.UNKNOWN_AGUNAN_VALUE: Text("nilai agunan", "the value of the agunan"),
    Code.UNKNOWN_SELECTED: Text(
        "apakah bupati atau wali kota memilih koperasi ini",
        "whether the bupati or walikota selected the cooperative",
    ),
    Code.UNKNOWN_USP: Text(
        "apakah ada unit simpan pinjam", "whether there is a savings and loan unit"
    ),
    Code.UNKNOWN_SEMBAKO: Text("apakah ada gerai sembako", "whether there is a sembako shop"),
    Code.UNKNOWN_MICROSITE: Text("microsite SIMKOPDES", "the SIMKOPDES microsite"),
    Code.UNKNOWN_MEMBER_LIST: Text(
        "daftar anggota penerima pinjaman", "the list of members who will borrow"
    ),
    Code.UNKNOWN_INCUBATED: Text(
        "apakah tahapan inkubasi selesai", "whether the incubation milestones are complete"
    ),
    Code.UNKNOWN_OFFICE: Text(
        "apakah ada kantor yang beroperasi", "whether there is an office in operation"
    ),
    Code.UNKNOWN_BUSINESS_PLAN: Text(
        "apakah ada rencana usaha", "whether there is a business plan"
    ),
    Code.UNKNOWN_BUDGET: Text(
        "apakah ada rencana anggaran biaya (RAB)", "whether there is a budget (RAB)"
    ),
    Code.UNKNOWN_DPS: Text(
        "apakah ada dewan pengawas syariah (DPS)",
        "whether there is a Sharia supervisory board (DPS)",
    ),
    Code.UNKNOWN_HEAD_APPROVAL: Text(
        "apakah bupati, wali kota, atau kepala desa menyetujui",
        "whether the bupati, walikota or kades approves",
    ),
    Code.UNKNOWN_HEALTH_GRADE: Text("tingkat kesehatan koperasi", "the health grade"),
    Code.UNKNOWN_COOPERATIVE_NPWP: Text("NPWP koperasi", "the cooperative's NPWP"),
    Code.UNKNOWN_COOPERATIVE_NIB: Text("NIB koperasi", "the cooperative's NIB"),
    Code.UNKNOWN_COOPERATIVE_ACCOUNT: Text(
        "rekening bank koperasi", "the cooperative's bank account"
    ),
}
"""What an `unknown_…` code misses; the sentence around it is always the same."""

_ALWAYS = Text("produk ini selalu mensyaratkannya", "this product always asks for one")

_CANNOT_TELL = Text(
    "Belum dapat dipastikan. Lengkapi data ini: {fact}.",
    "This cannot be told yet. Please give {fact}.",
)

_DOUBTS: Mapping[Confidence, Text] = {
    Confidence.ASSUMPTION: Text(
        " Ini asumsi kami, bukan bunyi peraturan.",
        " This is our assumption, not the text of a regulation.",
    ),
    Confidence.UNVERIFIED: Text(
        " Ketentuan ini belum kami pastikan dalam naskah peraturan.",
        " We have not confirmed this in the text of a regulation.",
    ),
}
"""What follows a sentence whose rule may not be told as law."""

_DOUBTS_OF_NEED: Mapping[Confidence, Text] = {
    Confidence.ASSUMPTION: Text(
        " Bahwa data ini diperlukan adalah asumsi kami.",
        " That it is needed is our assumption.",
    ),
    Confidence.UNVERIFIED: Text(
        " Bahwa data ini diperlukan belum kami pastikan dalam naskah peraturan.",
        " That it is needed we have not confirmed in the text of a regulation.",
    ),
}
"""The same, of a fact that is asked for."""

NOTES: Mapping[NoteCode, Text] = {
    NoteCode.POLICY_VIOLATION: Text(
        "Untuk pinjaman {amount:rp} penyalur tidak boleh meminta agunan tambahan (sampai "
        "{max:rp}). Ini pelanggaran penyalur, bukan alasan menolak Anda.",
        "For a loan of {amount:rp} a lender may not demand additional agunan (up to {max:rp}). "
        "That breach is the lender's and no reason to refuse you.",
    ),
    NoteCode.RETRY_AFTER: Text(
        "Pelunasan {paid:day} terlihat di SIKP mulai {from:day}. Kirim pengajuan setelah itu.",
        "The pay-off of {paid:day} shows in SIKP from {from:day}. Send the application then.",
    ),
    NoteCode.SAME_LENDER_ONLY: Text(
        "Sisa KUR Anda {outstanding:rp}; KUR berikutnya hanya dari penyalur yang sama.",
        "You still owe {outstanding:rp} of KUR; another one comes only from the same lender.",
    ),
    NoteCode.RATE_UNVERIFIED: Text(
        "Suku bunga produk ini belum dapat kami pastikan dari naskah peraturan.",
        "We could not confirm this product's rate in the text of a regulation.",
    ),
    NoteCode.PRODUCT_ASSUMED: Text(
        "Produk ini adalah asumsi; belum ditemukan peraturannya.",
        "This product is an assumption; no regulation of it has been found.",
    ),
    NoteCode.INCOME_NOT_JUDGED: Text(
        "Usaha belum berjalan, sehingga kemampuan mengangsur belum dinilai.",
        "The business does not run yet, so the capacity to repay has not been judged.",
    ),
    NoteCode.COLLATERAL_BY_LENDER: Text(
        "Di atas {above:rp} penyalur boleh meminta agunan tambahan menurut kebijakannya.",
        "Above {above:rp} a lender may ask for additional agunan, by its own policy.",
    ),
    NoteCode.COLLECTIVE_COLLATERAL: Text(
        "Kelompok boleh memakai agunan kolektif atau tanggung renteng.",
        "A group may use collective agunan or joint liability (tanggung renteng).",
    ),
    NoteCode.MEMBERS_INCOME_NOT_JUDGED: Text(
        "Kemampuan mengangsur anggota nomor {members} belum dinilai, karena pendapatan atau "
        "angsuran lainnya belum diketahui.",
        "The capacity of member no. {members} to repay has not been judged: the income or the "
        "other instalments are not known.",
    ),
    NoteCode.RELAXED: Text(
        "Untuk {group:word} ketentuan ini tidak diterapkan: {rules:word}.",
        "For {group:word} these rules are switched off: {rules:word}.",
    ),
    NoteCode.SECOND_MIKRO: Text(
        "Sisa KUR mikro Anda {outstanding:rp}. KUR mikro lain boleh berjalan bersamanya, juga "
        "investasi dengan investasi atau modal kerja dengan modal kerja, selama jumlah sisanya "
        "paling banyak {max:rp}.",
        "You still owe {outstanding:rp} of KUR micro. Another one may run beside it, also "
        "investment beside investment or working capital beside working capital, as long as "
        "{max:rp} is not passed in total.",
    ),
    NoteCode.SEASON_BASED: Text(
        "Untuk tanaman, KUR dapat diberikan menurut musim tanam; tanyakan kepada penyalur cara "
        "menghitungnya.",
        "For crops KUR can be given by season; ask the lender how that is counted.",
    ),
    NoteCode.INSTALMENTS_AFTER_WORK: Text(
        "Angsuran mulai setelah kira-kira {months} bulan bekerja dan lunas sebelum kontrak "
        "berakhir.",
        "Instalments begin after about {months} months of work and end before the contract does.",
    ),
    NoteCode.VERIFIED_WITHIN: Text(
        "Penyalur memverifikasi paling lama {days} hari kerja, menolak dengan surat yang "
        "ditembuskan kepada KP2MI, dan mencairkan secara bertahap.",
        "The lender verifies within {days} working days, refuses by letter with a copy to KP2MI, "
        "and disburses in stages.",
    ),
    NoteCode.LEAVES_AGAIN: Text(
        "Purna PMI yang berangkat bekerja lagi boleh memakai KUR ini; untuk usaha di rumah pilih "
        "KUR yang lain.",
        "A returned worker who leaves again may use this KUR; for a business at home choose "
        "another one.",
    ),
    NoteCode.BAD_DEBT_TO_PUPN: Text(
        "Pinjaman yang macet diserahkan kepada Panitia Urusan Piutang Negara (PUPN).",
        "A loan that turns bad is referred to the state receivables committee (PUPN).",
    ),
    NoteCode.SHORTFALL_COVERED: Text(
        "Kekurangan angsuran ditutup dana desa, DAU, atau DBH dan menjadi utang koperasi kepada "
        "pemerintah desa atau daerah.",
        "A shortfall is covered by dana desa, DAU or DBH and becomes a debt of the cooperative to "
        "the village or regional government.",
    ),
    NoteCode.DISASTER_RELIEF: Text(
        "Usaha Anda tercatat terdampak bencana: suku bunga setahun {rates}, bila penyalur "
        "membenarkannya. Angsuran dan kemampuan mengangsur di sini dihitung dengan suku bunga "
        "biasa.",
        "Your business is said to be affected by the disaster: {rates} a year, once the lender "
        "confirms it. Instalments and the capacity to repay are computed here at the ordinary "
        "rate.",
    ),
}

_NO_RULE = frozenset(
    {
        NoteCode.RATE_UNVERIFIED,
        NoteCode.PRODUCT_ASSUMED,
        NoteCode.INCOME_NOT_JUDGED,
        NoteCode.MEMBERS_INCOME_NOT_JUDGED,
    }
)
"""Notes that state no rule, or say themselves that it is none."""

_WORDS: Mapping[str, Text] = {
    "sugar_cane_with_avalist": Text(
        "petani tebu dengan offtaker sebagai avalis", "sugar-cane farmers with an avalist"
    ),
    "collateral": Text("agunan", "agunan"),
    "never_commercial": Text("belum pernah kredit komersial", "no commercial credit before"),
    "tiered_rate": Text("suku bunga berjenjang", "rates that rise"),
    "repeats": Text("batas penerimaan berulang", "limits of repeats"),
    "business_age": Text("lama usaha", "age of the business"),
    "citizen": Text("kewarganegaraan", "citizenship"),
    "birth_date": Text("tanggal lahir", "birth date"),
    "married": Text("status perkawinan", "whether married"),
    "state_employee": Text("apakah ASN, TNI, atau Polri", "whether employed by the state"),
    "dhn_listed": Text("Daftar Hitam Nasional", "whether on the national blacklist (DHN)"),
    "programme_unpaid": Text("pelunasan kredit program", "whether programme credit is paid off"),
    "commercial_before": Text("riwayat kredit komersial", "commercial credit before"),
    "collectibility": Text("kolektibilitas di SLIK", "collectibility in SLIK"),
    "licence": Text("NIB atau SKU", "NIB or SKU"),
    "started_on": Text("tanggal mulai usaha", "start of the business"),
    "turnover_year": Text("omzet setahun", "turnover of a year"),
    "npwp": Text("NPWP", "NPWP"),
    "kur_outstanding": Text("sisa KUR", "what is owed of KUR"),
    "kur_lender": Text("penyalur KUR yang berjalan", "lender of the KUR that runs"),
    "arrears": Text("tunggakan kreditnya", "the arrears"),
    "dhn": Text("yang membuatnya tercantum di Daftar Hitam Nasional", "what put them on the DHN"),
    "programme": Text("kredit programnya", "the programme credit"),
    "kur": Text("KUR-nya yang berjalan", "the KUR that runs"),
    "instalments": Text("angsuran lainnya", "the other instalments"),
    "person": Text("perorangan", "persons"),
    "person_or_group": Text("perorangan atau kelompok usaha", "persons or business groups"),
    "cooperative": Text("koperasi", "cooperatives"),
    "kopdes": Text("Koperasi Desa Merah Putih", "Koperasi Desa Merah Putih"),
    "kelkopdes": Text("Koperasi Kelurahan Merah Putih", "Koperasi Kelurahan Merah Putih"),
    "migrant_worker": Text("koperasi pekerja migran", "migrant-worker cooperative"),
    "ksp": Text("koperasi simpan pinjam", "savings and loan cooperative"),
    "secondary": Text("koperasi sekunder", "secondary cooperative"),
    "dalam_pengawasan": Text("dalam pengawasan", "under supervision"),
    "dalam_pengawasan_khusus": Text("dalam pengawasan khusus", "under special supervision"),
}

_MONTHS: Mapping[Language, tuple[str, ...]] = {
    Language.ID: (
        "Januari",
        "Februari",
        "Maret",
        "April",
        "Mei",
        "Juni",
        "Juli",
        "Agustus",
        "September",
        "Oktober",
        "November",
        "Desember",
    ),
    Language.EN: (
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
}


def sentence(refusal: Refusal, language: Language) -> str:
    """Return what a refusal says to its applicant; a rule that is no law is not told as law."""
    fact = UNKNOWN.get(refusal.code)
    if fact is None:
        said = say(REFUSALS[refusal.code], refusal.numbers, language)
        return said + _doubt(refusal.source, language)
    missing = say(fact, refusal.numbers, language)
    asked = say(_CANNOT_TELL, {"fact": missing}, language)
    return asked + _of(_DOUBTS_OF_NEED, refusal.source, language)


def remark(note: Note, language: Language) -> str:
    """Return what a note says; a rule that is no law is not told as law."""
    said = say(NOTES[note.code], note.numbers, language)
    return said if note.code in _NO_RULE else said + _doubt(note.source, language)


def day(when: date, language: Language) -> str:
    """Write a date in words: `14 Maret 2027`."""
    return f"{when.day} {_MONTHS[language][when.month - 1]} {when.year}"


def _doubt(source: Source, language: Language) -> str:
    return _of(_DOUBTS, source, language)


def _of(doubts: Mapping[Confidence, Text], source: Source, language: Language) -> str:
    text = doubts.get(source.confidence)
    if text is None:
        return ""
    return text.id if language is Language.ID else text.en


def say(text: Text, numbers: Mapping[str, Value], language: Language) -> str:
    """Return a template filled with its numbers."""
    template = text.id if language is Language.ID else text.en
    known = _with_npwp(_with_period(numbers, language), language)
    return "".join(
        literal if name is None else literal + _shown(known[name], style, language)
        for literal, name, style in _parsed(template)
    )


# A sentence is written for each amount anew; its template is taken apart once.
@lru_cache(maxsize=1024)
def _parsed(template: str) -> tuple[tuple[str, str | None, str | None], ...]:
    return tuple((literal, name, style) for literal, name, style, _ in Formatter().parse(template))


def _shown(value: Value, style: str | None, language: Language) -> str:
    if style == "rp" and isinstance(value, int):
        return rupiah(value)
    if style == "day" and isinstance(value, date):
        return day(value, language)
    if style == "word":
        return ", ".join(_word(each, language) for each in str(value).split(", "))
    return str(value)


def _with_period(numbers: Mapping[str, Value], language: Language) -> Mapping[str, Value]:
    since, until = numbers.get("since"), numbers.get("until")
    if not isinstance(since, date):
        return numbers
    indonesian = language is Language.ID
    period = f"{'sejak' if indonesian else 'from'} {day(since, language)}"
    if isinstance(until, date):
        period += f" {'sampai' if indonesian else 'until'} {day(until, language)}"
    return {**numbers, "period": period}


def _with_npwp(numbers: Mapping[str, Value], language: Language) -> Mapping[str, Value]:
    above = numbers.get("above")
    if not isinstance(above, int):
        return numbers
    if above == 0:  # whatever the amount
        why = _ALWAYS
    else:
        limit = rupiah(above)
        why = Text(f"di atas {limit}", f"it is above {limit}")
    return {**numbers, "why_npwp": why.id if language is Language.ID else why.en}


def _word(value: str, language: Language) -> str:
    text = _WORDS[value]
    return text.id if language is Language.ID else text.en
