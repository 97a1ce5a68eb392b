"""Units, ranges, corrections, and results that contradict each other."""

from typing import Any

import pytest
from made_cases import lab, points, verdict

from calciseg.clinical import load_knowledge, read_case
from calciseg.clinical.derived_labs import ckd_epi_2021, corrected_calcium_mg_dl, schwartz_bedside
from calciseg.clinical.lab_values import canonical_value
from calciseg.clinical.labs import judge_labs
from calciseg.clinical.words import one_way
from calciseg.errors import InputError


def states(labs: list[dict[str, Any]], **clinical: Any) -> dict[str, str | None]:
    case = read_case({"clinical": {"labs": labs, **clinical}})
    return {one.analyte: one.state for one in judge_labs(case.clinical, load_knowledge()).judged}


def codes(labs: list[dict[str, Any]], **clinical: Any) -> list[str]:
    return [issue.code for issue in verdict(None, labs=labs, **{"age_years": 40, **clinical}).issues]


# From molar masses (IUPAC: Ca 40.078, P 30.974, creatinine C4H7N3O 113.12, urate C5H4N4O3 168.11, Mg 24.305).
@pytest.mark.parametrize(
    ("analyte", "value", "unit", "expected"),
    [
        ("calcium", 2.5, "mmol/L", 10.02),
        ("calcium", 5.0, "mEq/L", 10.02),
        ("phosphate", 1.0, "mmol/L", 3.097),
        ("creatinine", 88.4, "umol/L", 1.0),
        ("creatinine", 88.4, "µmol/L", 1.0),
        ("pth", 10.6, "pmol/L", 100.0),
        ("vitamin_d_25oh", 50, "nmol/L", 20.03),
        ("albumin", 40, "g/L", 4.0),
        ("uric_acid", 0.4, "mmol/L", 6.724),
        ("magnesium", 1.0, "mmol/L", 2.4305),
        ("ionized_calcium", 4.8, "mg/dL", 1.198),
        ("ck", 1.0, "ukat/L", 59.88),
        ("urine_calcium_24h", 5, "mmol/d", 200.4),
    ],
)
def test_units(analyte: str, value: float, unit: str, expected: float) -> None:
    row = load_knowledge().analytes[analyte]
    assert canonical_value(value, unit, row) == pytest.approx(expected, rel=2e-3)


def test_every_unit_of_every_analyte_is_read() -> None:
    for row in load_knowledge().tables.analyte:
        for unit, factor in row.units.items():
            assert canonical_value(2.0, unit, row) == pytest.approx(2.0 * factor)
        assert row.units[row.unit] == 1.0


def test_a_unit_of_something_else_names_the_field() -> None:
    with pytest.raises(InputError, match=r"clinical\.labs\[1\]\.unit: 'kg' is not a unit of calcium"):
        verdict(None, labs=[lab("phosphate", 3, "mg/dL"), lab("calcium", 2.3, "kg")])


def test_a_value_without_a_unit_takes_no_part() -> None:
    assert states([lab("calcium", 9.5)])["calcium"] is None
    assert codes([lab("calcium", 9.5)]) == ["lab_not_judged"]


@pytest.mark.parametrize(
    ("age_years", "sex", "value", "state"),
    [
        (3, "M", 5.0, "normal"),
        (3, "M", 4.0, "low"),
        (40, "M", 5.0, "high"),
        (15, "M", 5.2, "normal"),
        (15, "F", 5.2, "high"),
        (15, None, 5.2, "normal"),
    ],
)
def test_ranges_follow_age_and_sex(age_years: float, sex: str | None, value: float, state: str) -> None:
    assert states([lab("phosphate", value, "mg/dL")], age_years=age_years, sex=sex)["phosphate"] == state


def test_reported_range_and_interpretation_come_first() -> None:
    assert states([lab("calcium", 9.0, "mg/dL", low=9.2, high=10.0)], age_years=40)["calcium"] == "low"
    assert states([lab("calcium", 9.0, "mg/dL", interpretation="high")], age_years=40)["calcium"] == "high"
    assert states([lab("calcium", None, None, interpretation="low")], age_years=40)["calcium"] == "low"


def test_an_unknown_age_is_said() -> None:
    assert codes([lab("phosphate", 5.2, "mg/dL")], age_years=None) == ["adult_range_assumed"]
    assert codes([lab("phosphate", 5.2, "mg/dL", low=2, high=6)], age_years=None) == []


def test_calcium_is_corrected_for_albumin() -> None:
    assert corrected_calcium_mg_dl(8.0, 2.0) == pytest.approx(9.6)
    low, corrected = lab("calcium", 8.0, "mg/dL"), lab("albumin", 20, "g/L")
    assert states([low], age_years=40)["calcium"] == "low"
    assert states([low, corrected], age_years=40)["calcium"] == "normal"


def test_ionised_calcium_decides() -> None:
    labs = [lab("calcium", 9.5, "mg/dL"), lab("ionized_calcium", 1.5, "mmol/L")]
    assert states(labs, age_years=40)["calcium"] == "high"


@pytest.mark.parametrize(
    ("labs", "is_severe"),
    [
        ([lab("calcium", 14.6, "mg/dL")], True),
        ([lab("calcium", 13.0, "mg/dL")], False),
        ([lab("calcium", 13.0, "mg/dL"), lab("albumin", 2.5, "g/dL")], True),
        ([lab("ionized_calcium", 2.1, "mmol/L")], True),
        ([lab("ionized_calcium", 8.4, "mg/dL")], True),
        ([lab("ionized_calcium", 1.5, "mmol/L")], False),
        ([lab("calcium", 14.6, "mg/dL"), lab("ionized_calcium", 1.22, "mmol/L")], False),
        ([lab("calcium", 14.6, "mg/dL"), lab("ionized_calcium", 1.4, "mmol/L")], False),
        ([lab("calcium", 10.0, "mg/dL"), lab("ionized_calcium", 2.6, "mmol/L")], True),
        ([lab("calcium", 14.6, "mg/dL"), lab("ionized_calcium", interpretation="high")], True),
        ([lab("calcium", 14.6, "mg/dL"), lab("ionized_calcium", interpretation="normal")], False),
        ([lab("calcium", 14.6, "mg/dL"), lab("ionized_calcium", 1.22)], True),
    ],
)
def test_ionised_calcium_decides_how_severe_it_is(labs: list[dict[str, Any]], is_severe: bool) -> None:
    alerts = {one.name for one in verdict(None, age_years=40, labs=labs).alerts}
    assert ("severe_hypercalcaemia" in alerts) == is_severe


@pytest.mark.parametrize(
    ("calcium", "phosphate", "age_years", "state"),
    [(10, 5.6, 40, "high"), (10, 5.4, 40, "normal"), (10, 5.6, 8, "normal"), (10, 6.6, 8, "high")],
)
def test_product(calcium: float, phosphate: float, age_years: float, state: str) -> None:
    labs = [lab("calcium", calcium, "mg/dL"), lab("phosphate", phosphate, "mg/dL")]
    assert states(labs, age_years=age_years)["ca_x_p"] == state


def test_ckd_epi_2021() -> None:
    # At a creatinine of kappa both powers are 1: only age and sex are left.
    assert ckd_epi_2021(0.9, 50, is_female=False) == pytest.approx(142 * 0.9938**50)
    assert ckd_epi_2021(0.7, 50, is_female=True) == pytest.approx(142 * 0.9938**50 * 1.012)
    # Above kappa it falls with the power -1.2, below with alpha.
    assert ckd_epi_2021(1.8, 50, is_female=False) == pytest.approx(142 * 0.9938**50 * 2**-1.2)
    assert ckd_epi_2021(0.45, 50, is_female=False) == pytest.approx(142 * 0.9938**50 * 0.5**-0.302)
    assert ckd_epi_2021(0.35, 50, is_female=True) == pytest.approx(142 * 0.9938**50 * 1.012 * 0.5**-0.241)


def test_schwartz_needs_a_height() -> None:
    assert schwartz_bedside(0.5, 120) == pytest.approx(99.12)
    creatinine = [lab("creatinine", 2.5, "mg/dL")]
    assert "egfr" not in states(creatinine, age_years=10)
    assert states(creatinine, age_years=10, height_cm=120)["egfr"] == "low"


def test_egfr_from_creatinine_needs_age_and_sex() -> None:
    creatinine = [lab("creatinine", 6.0, "mg/dL")]
    assert "egfr" not in states(creatinine, age_years=60)
    failed = verdict(None, labs=creatinine, age_years=60, sex="F")
    assert any("kidney failure" in one.criterion for one in failed.ranking[0].evidence)


@pytest.mark.parametrize(
    "labs",
    [
        [lab("calcium", 7.0, "mg/dL"), lab("calcium", 13.0, "mg/dL")],
        [lab("pth", 20, "pg/mL", date="2024-01-01"), lab("pth", 500, "pg/mL", date="2024-01-01")],
        [lab("calcium", 13, "mg/dL", low=8.5, high=10.5, interpretation="low")],
        [lab("calcium", 13, "mg/dL"), lab("ionized_calcium", 0.8, "mmol/L")],
        [lab("egfr", 100, "mL/min"), lab("creatinine", 8, "mg/dL")],
    ],
    ids=["twice", "one-day", "interpretation", "ionised", "egfr"],
)
def test_contradictory_results_give_an_issue_and_no_verdict(labs: list[dict[str, Any]]) -> None:
    result = verdict(None, age_years=50, sex="F", conditions=["dermatomyositis"], labs=labs)
    assert result.status == "insufficient"
    assert "contradictory_labs" in [issue.code for issue in result.issues]


def test_dialysis_contradicts_a_normal_filtration() -> None:
    assert "contradictory_labs" in codes([lab("egfr", 95, "mL/min")], dialysis=True)


def test_the_latest_of_several_counts() -> None:
    labs = [lab("pth", 20, "pg/mL", date="2024-02-01"), lab("pth", 500, "pg/mL", date="2019-01-01")]
    assert states(labs, age_years=50)["pth"] == "normal"
    assert states(labs[::-1], age_years=50)["pth"] == "normal"


@pytest.mark.parametrize("earlier", ["2024-01-02", "20240102", "2024-W01-2", "2024-01-02T23:00:00Z"])
@pytest.mark.parametrize("later", ["2024-03-01", "20240301", "2024-W09-5", "2024-03-01T08:00"])
def test_the_latest_counts_in_whatever_form_its_date_is_written(earlier: str, later: str) -> None:
    labs = [
        lab("phosphate", 7.0, "mg/dL", date=earlier),
        lab("phosphate", 3.5, "mg/dL", date=later),
    ]
    assert states(labs, age_years=50)["phosphate"] == "normal"
    assert states(labs[::-1], age_years=50)["phosphate"] == "normal"


@pytest.mark.parametrize("date", ["2024-13-01", "2024-02-30", "2024-01-02 or so", "02.01.2024", ""])
def test_what_is_no_date_is_refused(date: str) -> None:
    with pytest.raises(InputError, match=r"clinical\.labs\[0\]\.date"):
        states([lab("phosphate", 7.0, "mg/dL", date=date)])


def test_an_unknown_analyte_is_listed() -> None:
    assert codes([lab("unobtainium", 3, "mg/dL")]) == ["unknown_word"]
    assert states([lab("Uric acid", 9, "mg/dL")], age_years=40)["uric_acid"] == "high"


def test_loinc_names_an_analyte() -> None:
    result = states([{"loinc": "2777-1", "value": 2.0, "unit": "mmol/L"}], age_years=40)
    assert result["phosphate"] == "high"


def test_no_single_value_decides() -> None:
    for analyte, value, unit in (
        ("phosphate", 12, "mg/dL"),
        ("calcium", 16, "mg/dL"),
        ("pth", 3000, "pg/mL"),
    ):
        assert verdict(None, age_years=40, labs=[lab(analyte, value, unit)]).status != "probable"


def test_missing_is_silent() -> None:
    with_null = verdict(None, conditions=["lupus"], labs=[lab("calcium")], dialysis=None)
    assert points(with_null) == points(verdict(None, conditions=["lupus"]))


def test_other_names_of_an_analyte() -> None:
    named = {"Ca": "calcium", "iPTH": "pth", "Phosphorus": "phosphate", "25-OH vitamin D": "vitamin_d_25oh"}
    for name, analyte in named.items():
        assert states([lab(name, interpretation="high")], age_years=40) == {analyte: "high"}


def test_no_two_analytes_share_a_name_or_code() -> None:
    seen: dict[str, str] = {}
    for row in load_knowledge().tables.analyte:
        for name in {*(one_way(name) for name in (row.id, row.label, *row.words)), *row.loinc}:
            assert seen.setdefault(name, row.id) == row.id


def test_name_and_code_that_disagree_take_no_part() -> None:
    both = [lab("phosphate", 3.0, "mg/dL", loinc="17861-6")]
    assert states(both) == {}
    assert codes(both) == ["lab_not_judged"]


@pytest.mark.parametrize(
    ("analyte", "value", "unit"),
    [
        ("calcium", 231, "mg/dL"), ("calcium", 2.31, "mg/dL"), ("calcium", 9.2, "mmol/L"),
        ("creatinine", 88, "mg/dL"), ("creatinine", 0, "mg/dL"), ("albumin", 41, "g/dL"),
        ("phosphate", 1e300, "mg/dL"),
    ],
)  # fmt: skip
def test_a_value_that_nobody_lives_with_takes_no_part(analyte: str, value: float, unit: str) -> None:
    assert states([lab(analyte, value, unit)], age_years=40) == {analyte: None}
    assert codes([lab(analyte, value, unit)]) == ["lab_not_judged"]
    ranged = lab(analyte, value, unit, low=1, high=2)
    assert states([ranged], age_years=40) == {analyte: None}
    assert states([ranged | {"interpretation": "high"}], age_years=40) == {analyte: "high"}


def test_calcium_that_the_laboratory_corrected_is_not_corrected_again() -> None:
    albumin = lab("albumin", 20, "g/L")
    by_code = [lab_of_code("29265-6", 2.4, "mmol/L"), albumin]
    by_name = [lab("corrected calcium", 2.4, "mmol/L"), albumin]
    here = [lab("calcium", 2.4, "mmol/L"), albumin]
    assert states(by_code, age_years=40)["calcium"] == states(by_name, age_years=40)["calcium"] == "normal"
    assert states(here, age_years=40)["calcium"] == "high"
    assert states([*by_code, lab("calcium", 1.9, "mmol/L")], age_years=40)["calcium"] == "normal"


def lab_of_code(loinc: str, value: float, unit: str) -> dict[str, Any]:
    return {"loinc": loinc, "value": value, "unit": unit}
