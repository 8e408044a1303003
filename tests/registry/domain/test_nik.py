"""Reading a NIK: the impossible is refused, the unusual is a warning, the number stays unsaid."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registry.domain.nik import (
    AGE_MAX,
    Impossible,
    ImpossibleNik,
    NikAsIdentifier,
    NikReading,
    WarningCode,
    check_identifier,
    read,
)
from services.registry.domain.person import Sex

ON = date(2026, 11, 24)
KNOWN = frozenset({"52.02", "35.05", "93.01", "65.03"})
RETIRED = {"91.01": "93.01", "64.05": "65.03", "09": "31"}


def read_here(person_nik, *, on=ON, **declared):
    return read(person_nik, on=on, known_regions=KNOWN, retired_regions=RETIRED, **declared)


def codes(reading):
    return [warning.code for warning in reading.warnings]


@pytest.mark.parametrize(
    ("person_nik", "reason"),
    [
        ("", Impossible.SHAPE),
        ("520202140588000", Impossible.SHAPE),
        ("52020214058800011", Impossible.SHAPE),
        ("52.02.02.140588.1", Impossible.SHAPE),
        ("5202021405880001\n", Impossible.SHAPE),
        (" 5202021405880001", Impossible.SHAPE),
        ("５２０２０２１４０５８８０００１", Impossible.SHAPE),
        ("٥٢٠٢٠٢١٤٠٥٨٨٠٠٠١", Impossible.SHAPE),
        ("520202140588000l", Impossible.SHAPE),
        ("5202021405880000", Impossible.SERIAL),
        ("5202020005880001", Impossible.BIRTH_DATE),
        ("5202023205880001", Impossible.BIRTH_DATE),
        ("5202024005880001", Impossible.BIRTH_DATE),
        ("5202027205880001", Impossible.BIRTH_DATE),
        ("5202028105880001", Impossible.BIRTH_DATE),
        ("5202021400880001", Impossible.BIRTH_DATE),
        ("5202021413880001", Impossible.BIRTH_DATE),
        ("5202023104880001", Impossible.BIRTH_DATE),
        ("5202027104880001", Impossible.BIRTH_DATE),
        ("5202022902870001", Impossible.BIRTH_DATE),
        ("5202023002880001", Impossible.BIRTH_DATE),
    ],
)
def test_only_the_impossible_is_refused(person_nik, reason):
    with pytest.raises(ImpossibleNik) as refused:
        read_here(person_nik)
    assert refused.value.reason is reason


@pytest.mark.parametrize(
    ("person_nik", "sex", "birth_date"),
    [
        ("5202020105880001", Sex.MALE, date(1988, 5, 1)),
        ("5202023105880001", Sex.MALE, date(1988, 5, 31)),
        ("5202024105880001", Sex.FEMALE, date(1988, 5, 1)),
        ("5202027105880001", Sex.FEMALE, date(1988, 5, 31)),
        ("5202022902880001", Sex.MALE, date(1988, 2, 29)),
        ("5202022902000001", Sex.MALE, date(2000, 2, 29)),
        ("5202026902000001", Sex.FEMALE, date(2000, 2, 29)),
        ("5202021405889999", Sex.MALE, date(1988, 5, 14)),
    ],
)
def test_the_day_tells_the_sex_and_the_date_of_birth(person_nik, sex, birth_date):
    reading = read_here(person_nik)
    assert (reading.sex, reading.birth_dates, reading.warnings) == (sex, (birth_date,), ())
    assert (reading.kabkota_code, reading.kecamatan_code) == ("52.02", "52.02.02")


@pytest.mark.parametrize(
    ("digits", "birth_dates", "warned"),
    [
        ("241126", (date(2026, 11, 24), date(1926, 11, 24)), True),
        ("251126", (date(1926, 11, 25),), False),
        ("241116", (date(2016, 11, 24), date(1916, 11, 24)), True),
        # One day older than AGE_MAX allows: 111 on the day itself.
        ("241115", (date(2015, 11, 24),), False),
        ("251115", (date(2015, 11, 25), date(1915, 11, 25)), True),
        ("010127", (date(1927, 1, 1),), False),
    ],
)
def test_the_century_is_the_one_that_is_past_and_plausible(digits, birth_dates, warned):
    reading = read_here(f"520202{digits}0001")
    assert reading.birth_dates == birth_dates
    assert (WarningCode.BIRTH_CENTURY_AMBIGUOUS in codes(reading)) is warned


def test_the_record_decides_between_two_centuries():
    reading = read_here("5202020101200001", declared_birth_date=date(1920, 1, 1))
    assert reading.birth_date == date(1920, 1, 1)
    assert reading.warnings == ()


def test_a_date_that_fits_no_age_is_a_warning_and_not_a_refusal():
    reading = read_here("5202022902000001", on=date(1999, 1, 1))
    assert reading.birth_date == date(2000, 2, 29)
    assert codes(reading) == [WarningCode.BIRTH_DATE_IMPLAUSIBLE]


def test_a_corrected_date_of_birth_keeps_the_number():
    reading = read_here("5202021405880001", declared_birth_date=date(1988, 5, 15))
    assert reading.birth_date == date(1988, 5, 14)
    assert codes(reading) == [WarningCode.BIRTH_DATE_MISMATCH]


@pytest.mark.parametrize("declared", list(Sex))
def test_another_sex_than_the_record_is_a_warning(declared):
    reading = read_here("5202025405880001", declared_sex=declared)
    assert codes(reading) == ([] if declared is Sex.FEMALE else [WarningCode.SEX_MISMATCH])


@pytest.mark.parametrize(
    ("region", "code", "named"),
    [
        ("910101", WarningCode.REGION_RETIRED, "93.01"),
        ("640502", WarningCode.REGION_RETIRED, "65.03"),
        ("097101", WarningCode.REGION_RETIRED, "31"),
        ("540101", WarningCode.REGION_UNKNOWN, "54.01"),
        ("000000", WarningCode.REGION_UNKNOWN, "00.00"),
    ],
)
def test_a_region_that_is_no_more_is_a_warning_that_names_its_successor(region, code, named):
    reading = read_here(f"{region}1405880001")
    (warning,) = reading.warnings
    assert warning.code is code
    assert named in warning.detail
    assert reading.kabkota_code == f"{region[:2]}.{region[2:4]}"


NIK = "5202021405880001"


def test_a_nik_is_no_identifier_of_a_record():
    with pytest.raises(NikAsIdentifier, match=r"^a NIK is never an identifier; give .* your own$"):
        check_identifier(NIK, NIK)


@pytest.mark.parametrize(
    ("external_id", "person_nik"), [("A-1", NIK), ("A-1", None), (None, NIK), (None, None)]
)
def test_another_identifier_or_none_is_taken(external_id, person_nik):
    check_identifier(external_id, person_nik)


numbers = st.from_regex(r"[0-9]{16}", fullmatch=True)
days = st.dates(date(1990, 1, 1), date(2100, 1, 1))


@given(st.one_of(st.text(), numbers), days, st.none() | days, st.none() | st.sampled_from(Sex))
def test_any_text_is_read_or_impossible(text, on, birth, sex):
    try:
        reading = read_here(text, on=on, declared_birth_date=birth, declared_sex=sex)
    except ImpossibleNik:
        return
    assert isinstance(reading, NikReading)
    assert reading.birth_dates


@given(
    st.dates(date(1930, 1, 1), date(2026, 11, 24)),
    st.sampled_from(Sex),
    st.integers(1, 9999),
)
def test_a_number_made_from_a_life_tells_that_life(born, sex, serial):
    day = born.day + (40 if sex is Sex.FEMALE else 0)
    number = f"350501{day:02}{born.month:02}{born.year % 100:02}{serial:04}"
    reading = read_here(number, declared_birth_date=born, declared_sex=sex)
    assert (reading.birth_date, reading.sex, reading.warnings) == (born, sex, ())
    assert born in read_here(number).birth_dates
    assert number not in repr(reading)


@given(numbers, days)
def test_no_text_repeats_the_number_or_its_date(number, on):
    try:
        said = " ".join(warning.detail for warning in read_here(number, on=on).warnings)
    except ImpossibleNik as refused:
        said = str(refused)
    assert number not in said
    assert number[6:12] not in said
    assert number[12:] not in said or number[12:] == "0001"


@given(st.integers(0, 99), days)
def test_nobody_likely_is_older_than_the_limit_or_unborn(year, on):
    reading = read_here(f"5202020101{year:02}0001", on=on)
    if WarningCode.BIRTH_DATE_IMPLAUSIBLE not in codes(reading):
        assert all(0 <= on.year - born.year <= AGE_MAX + 1 for born in reading.birth_dates)
        assert all(born <= on for born in reading.birth_dates)
        assert list(reading.birth_dates) == sorted(reading.birth_dates, reverse=True)
