"""Import rows: values, or every fault of the row, and never the value itself."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registry.domain.cells import FaultyRow
from services.registry.domain.cooperative import CooperativeKind, Figures, Rat
from services.registry.domain.importing import (
    COOPERATIVE_COLUMNS,
    PEOPLE_COLUMNS,
    CooperativeRow,
    PersonRow,
    read_cooperative,
    read_person,
)
from services.registry.domain.nik import WarningCode
from services.registry.domain.person import (
    Education,
    Language,
    LanguageLevel,
    MigrationStatus,
    ReturnReason,
    VerificationLevel,
)

ON = date(2026, 11, 24)
NIK = "5202025405880001"
PERSON = {
    "external_id": "A-1",
    "person_nik": NIK,
    "full_name": " Baiq Nurhayati ",
    "birth_date": "1988-05-14",
    "sex": "female",
    "phone": "+6281200010037",
    "ktp_village_code": "52.02.02.2002",
    "domicile_village_code": "52.02.02.2001",
    "married": "true",
    "education": "sma",
    "migration_status": "returned",
    "country": "HK",
    "placement_sector": "informal",
    "employer_kind": "individual",
    "scheme": "p2p",
    "departed_on": "2014-02-10",
    "returned_on": "2022-06-18",
    "return_reason": "contract_completed",
    "skills": "tata boga; kios sembako;;",
    "languages": "zh:b1;en:a2",
    "verification_level": "dukcapil_verified",
}
COOPERATIVE = {
    "external_id": "C-1",
    "kind": "migrant_worker",
    "name": "Koperasi Purna Migran",
    "legal_entity_no": "AHU-1",
    "legal_entity_on": "2024-02-12",
    "coop_registry_no": "5202040010001",
    "certificate_valid_until": "2027-04-30",
    "founded_on": "2024-01-17",
    "village_codes": "52.02.02.2001;52.02.02.2002;52.02.02.2001",
    "has_usp": "false",
    "microsite_url": "https://purna.kopdes.example",
    "npwp": "0001520209176421",
    "nib": "0407010007351",
    "health_grade": "cukup_sehat",
    "rats": "2024:2025-03-22;2025:2026-03-14",
    "figures": "2024:-5:0:790;2025:52600000:512000000:968000000",
}


def person(**changes):
    return read_person(
        PERSON | changes, on=ON, known_regions=frozenset({"52.02"}), retired_regions={}
    )


def cooperative(**changes):
    return read_cooperative(COOPERATIVE | changes, on=ON)


def faults(read, **changes):
    with pytest.raises(FaultyRow) as refused:
        read(**changes)
    return [(fault.column, fault.code) for fault in refused.value.faults]


def test_a_whole_row_becomes_a_person():
    read = person()
    assert (read.external_id, read.person_nik, read.full_name) == ("A-1", NIK, "Baiq Nurhayati")
    assert (read.birth_date, read.married) == (date(1988, 5, 14), True)
    assert read.education is Education.SMA
    assert read.skills == ("tata boga", "kios sembako")
    assert read.languages == (
        Language(code="zh", level=LanguageLevel.B1),
        Language(code="en", level=LanguageLevel.A2),
    )
    assert (read.ktp_village_code, read.domicile_village_code) == (
        "52.02.02.2002",
        "52.02.02.2001",
    )
    assert read.nik_reading is not None
    assert read.nik_reading.warnings == ()
    assert read.placement is not None
    assert (read.placement.country, read.placement.departed_on) == ("HK", date(2014, 2, 10))
    assert read.placement.return_reason is ReturnReason.CONTRACT_COMPLETED
    assert read.verification_level is VerificationLevel.DUKCAPIL_VERIFIED


def test_a_returnee_without_papers_is_a_person():
    row = {
        "external_id": "A-2",
        "full_name": "Sunarti",
        "sex": "female",
        "migration_status": "returned",
    }
    read = read_person(row, on=ON, known_regions=(), retired_regions={})
    assert (read.person_nik, read.nik_reading, read.birth_date, read.placement) == (None,) * 4
    assert read.verification_level is VerificationLevel.SELF_DECLARED
    assert (read.married, read.skills, read.migration_status) == (
        None,
        (),
        MigrationStatus.RETURNED,
    )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"external_id": " "}, [("external_id", "missing")]),
        ({"full_name": None}, [("full_name", "missing")]),
        ({"full_name": "Siti\x00"}, [("full_name", "not_text")]),
        ({"full_name": "Siti\ud800"}, [("full_name", "not_text")]),
        ({"full_name": "S" * 200}, []),
        ({"full_name": "e\u0301" * 200}, []),
        ({"full_name": "S" * 201}, [("full_name", "too_long")]),
        ({"sex": "F"}, [("sex", "not_a_choice")]),
        ({"sex": ""}, [("sex", "missing")]),
        ({"person_nik": "5202025405880000"}, [("person_nik", "serial")]),
        ({"person_nik": "52020254058800"}, [("person_nik", "shape")]),
        ({"person_nik": "5202025413880001"}, [("person_nik", "birth_date")]),
        ({"birth_date": "14-05-1988"}, [("birth_date", "not_a_date")]),
        ({"birth_date": "1988-02-30"}, [("birth_date", "not_a_date")]),
        ({"birth_date": "19880514"}, [("birth_date", "not_a_date")]),
        ({"birth_date": "1900-01-01"}, []),
        ({"birth_date": "1899-12-31"}, [("birth_date", "not_a_date")]),
        ({"birth_date": "2026-11-24", "departed_on": ""}, []),
        ({"birth_date": "2026-11-25", "departed_on": ""}, [("birth_date", "in_the_future")]),
        ({"phone": "081200010037"}, [("phone", "shape")]),
        ({"phone": "+62812000"}, []),
        ({"phone": "+6281200"}, [("phone", "shape")]),
        ({"phone": "+628120001003700"}, []),
        ({"phone": "+6281200010037000"}, [("phone", "shape")]),
        ({"phone": "+85291234567"}, []),
        ({"ktp_village_code": "52.02.02"}, [("ktp_village_code", "not_a_village")]),
        ({"ktp_village_code": "5202022002"}, [("ktp_village_code", "not_a_village")]),
        ({"married": "yes"}, [("married", "not_a_choice")]),
        ({"education": "university"}, [("education", "not_a_choice")]),
        ({"migration_status": "home"}, [("migration_status", "not_a_choice")]),
        ({"country": "XX"}, [("country", "country_unknown")]),
        ({"country": ""}, [("country", "country_unknown")]),
        ({"returned_on": "2013-01-01"}, [("returned_on", "out_of_order")]),
        ({"departed_on": "1988-05-15"}, []),
        ({"departed_on": "1988-05-14"}, [("departed_on", "out_of_order")]),
        ({"languages": "zh"}, [("languages", "shape")]),
        ({"languages": "zh:good"}, [("languages", "shape")]),
        ({"skills": ";".join("x" * 40)}, []),
        ({"skills": ";".join("x" * 41)}, [("skills", "too_long")]),
        ({"skills": "x" * 200}, []),
        ({"skills": ";".join(["x" * 200] * 19)}, []),
        ({"skills": ";".join(["x" * 200] * 20)}, [("skills", "too_long")]),
        ({"skills": "x" * 201}, [("skills", "too_long")]),
        ({"verification_level": "certain"}, [("verification_level", "not_a_choice")]),
    ],
)
def test_a_fault_names_its_column(changes, expected):
    if expected:
        assert faults(person, **changes) == expected
    else:
        assert isinstance(person(**changes), PersonRow)


def test_a_row_hears_all_of_its_faults_at_once():
    told = faults(person, sex="", phone="1", country="XX", person_nik="1", education="?")
    assert {column for column, _ in told} == {
        "sex",
        "phone",
        "country",
        "person_nik",
        "education",
    }


def test_a_disagreeing_nik_is_taken_with_its_warnings():
    read = person(sex="male", birth_date="1988-05-15", person_nik="5401025405880001")
    assert read.nik_reading is not None
    assert {warning.code for warning in read.nik_reading.warnings} == {
        WarningCode.SEX_MISMATCH,
        WarningCode.BIRTH_DATE_MISMATCH,
        WarningCode.REGION_UNKNOWN,
    }


def test_a_printed_row_prints_no_nik():
    assert NIK not in repr(person())
    assert NIK not in str(person())


@pytest.mark.parametrize("column", [c for c in PEOPLE_COLUMNS if c != "person_nik"])
def test_no_fault_repeats_a_nik_in_the_wrong_column(column):
    try:
        read = person(**{column: NIK})
    except FaultyRow as refused:
        said = str(refused) + "".join(fault.reason + fault.code for fault in refused.faults)
    else:
        said = "" if column == "external_id" else repr(read)
    assert NIK not in said


def test_a_whole_row_becomes_a_cooperative():
    read = cooperative()
    assert read.kind is CooperativeKind.MIGRANT_WORKER
    assert read.village_codes == ("52.02.02.2001", "52.02.02.2002")
    assert read.rats == (
        Rat(book_year=2024, held_on=date(2025, 3, 22)),
        Rat(book_year=2025, held_on=date(2026, 3, 14)),
    )
    assert read.figures[0] == Figures(book_year=2024, shu=-5, equity=0, assets=790)
    assert (read.has_usp, read.certificate_valid_until) == (False, date(2027, 4, 30))


def test_a_cooperative_that_is_forming_has_little_to_tell():
    row = {"external_id": "C-2", "kind": "kopdes", "name": "Kopdes", "founded_on": "2026-11-24"}
    read = read_cooperative(row, on=ON)
    assert (read.legal_entity_no, read.rats, read.figures, read.has_usp) == (None, (), (), False)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"kind": "coop"}, [("kind", "not_a_choice")]),
        ({"name": ""}, [("name", "missing")]),
        ({"founded_on": ""}, [("founded_on", "missing")]),
        (
            {"founded_on": "2026-11-25", "rats": "", "figures": "", "legal_entity_on": ""},
            [("founded_on", "in_the_future")],
        ),
        ({"legal_entity_on": "2026-11-25"}, [("legal_entity_on", "in_the_future")]),
        ({"legal_entity_on": "1999-01-01"}, [("legal_entity_on", "out_of_order")]),
        ({"certificate_valid_until": "2200-12-31"}, []),
        (
            {"certificate_valid_until": "2201-01-01"},
            [("certificate_valid_until", "not_a_date")],
        ),
        ({"figures": "1999:1:2:3"}, [("figures", "before_founding")]),
        ({"figures": "2026:1:2:3"}, [("figures", "book_year_open")]),
        ({"figures": "2025:-10000000000000:10000000000000:10000000000000"}, []),
        ({"figures": "2025:-10000000000001:1:1"}, [("figures", "too_large")]),
        ({"figures": "2025:1:10000000000001:1"}, [("figures", "too_large")]),
        ({"figures": "2025:1:1:10000000000001"}, [("figures", "too_large")]),
        ({"village_codes": "52.02.02.2001;52.02"}, [("village_codes", "not_a_village")]),
        ({"microsite_url": "purna.example"}, [("microsite_url", "shape")]),
        ({"microsite_url": "https://a b"}, [("microsite_url", "shape")]),
        ({"npwp": "12345678901234"}, [("npwp", "shape")]),
        ({"npwp": "123456789012345"}, []),
        ({"npwp": "12345678901234567"}, [("npwp", "shape")]),
        ({"nib": "0407-1"}, [("nib", "shape")]),
        ({"health_grade": "good"}, [("health_grade", "not_a_choice")]),
        ({"rats": "2024"}, [("rats", "shape")]),
        ({"rats": "2024:2025-02-30"}, [("rats", "not_a_date")]),
        ({"rats": "2024:2024-12-31"}, [("rats", "book_year_open")]),
        ({"rats": "2024:2025-01-05;2024:2025-01-06"}, [("rats", "twice")]),
        ({"figures": "2024:1:2"}, [("figures", "shape")]),
        ({"figures": "2024:1.5:2:3"}, [("figures", "shape")]),
        ({"figures": "2024:1:2:-3"}, [("figures", "shape")]),
        ({"figures": "2024:1:2:3;2024:1:2:3"}, [("figures", "twice")]),
    ],
)
def test_a_fault_of_a_cooperative_names_its_column(changes, expected):
    if not expected:
        assert isinstance(cooperative(**changes), CooperativeRow)
        return
    told = faults(cooperative, **changes)
    assert list(dict.fromkeys(told)) == expected


def test_a_name_is_kept_in_one_spelling_of_its_accents():
    assert person(full_name="Andre\u0301").full_name == "Andr\u00e9"


@pytest.mark.parametrize(
    ("read", "column", "cell", "rule"),
    [
        (person, "phone", "081200010037", "a phone number is written in E.164, such as +62"),
        (person, "languages", "zh", "a language is written code:level"),
        (cooperative, "microsite_url", "purna.example", "an address begins with https://"),
        (cooperative, "npwp", "1", "an NPWP is 15 or 16 digits"),
        (cooperative, "nib", "1-2", "a NIB is written in digits"),
        (cooperative, "rats", "2024", "a meeting is written book_year:YYYY-MM-DD"),
        (cooperative, "figures", "2024:1", "figures are written book_year:shu:equity:assets"),
    ],
)
def test_a_fault_of_a_shape_says_how_the_cell_is_written(read, column, cell, rule):
    with pytest.raises(FaultyRow) as refused:
        read(**{column: cell})
    (fault,) = refused.value.faults
    assert fault.reason.startswith(rule)


people = st.fixed_dictionaries({}, optional={c: st.text() | st.none() for c in PEOPLE_COLUMNS})
cooperatives = st.fixed_dictionaries(
    {}, optional={c: st.text() | st.none() for c in COOPERATIVE_COLUMNS}
)


@given(people)
def test_any_person_row_is_read_or_faulty(row):
    try:
        read_person(PERSON | row, on=ON, known_regions=(), retired_regions={})
    except FaultyRow as refused:
        told = refused.faults
    else:
        told = ()
    assert {fault.column for fault in told} <= set(PEOPLE_COLUMNS)
    assert all(fault.reason for fault in told)


@given(cooperatives)
def test_any_cooperative_row_is_read_or_faulty(row):
    try:
        read_cooperative(COOPERATIVE | row, on=ON)
    except FaultyRow as refused:
        told = refused.faults
    else:
        told = ()
    assert {fault.column for fault in told} <= set(COOPERATIVE_COLUMNS)
    assert all(fault.reason for fault in told)
