"""FHIR Bundles: R4 as its library checks it, other versions, and what they say of certainty."""

import copy
from contextlib import suppress
from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import calciseg
from calciseg.clinical import read_case
from calciseg.errors import InputError
from calciseg.model import Case

LOINC = "http://loinc.org"
SUBJECT = {"reference": "Patient/p1"}


def observation(code: str, value: float, unit: str, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": code}]},
        "subject": SUBJECT,
        "effectiveDateTime": "2024-05-01",
        "valueQuantity": {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit},
        **more,
    }


def condition(text: str, **more: Any) -> dict[str, Any]:
    return {"resourceType": "Condition", "subject": SUBJECT, "code": {"text": text}, **more}


def status(kind: str, code: str) -> dict[str, Any]:
    system = f"http://terminology.hl7.org/CodeSystem/condition-{kind}"
    return {"coding": [{"system": system, "code": code}]}


PATIENT = {
    "resourceType": "Patient",
    "id": "p1",
    "gender": "female",
    "birthDate": "1970-03-02",
    "name": [{"family": "Secret", "given": ["Very"]}],
}


def bundle(*resources: dict[str, Any]) -> dict[str, Any]:
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": resource} for resource in copy.deepcopy(resources)],
    }


def texts(case: Case) -> list[tuple[str, str, str]]:
    return [(one.system, one.text, one.qualifier) for one in case.clinical.statements]


WHOLE = bundle(
    PATIENT,
    condition("Dermatomyositis"),
    observation("17861-6", 9.4, "mg/dL"),
    observation("2777-1", 3.4, "mg/dL"),
    {
        "resourceType": "MedicationStatement",
        "status": "active",
        "subject": SUBJECT,
        "medicationCodeableConcept": {"text": "prednisone"},
    },
    {
        "resourceType": "Procedure",
        "status": "completed",
        "subject": SUBJECT,
        "code": {"text": "skin graft"},
    },
)


def test_the_bundle_of_these_tests_is_valid_r4() -> None:
    assert Bundle.model_validate(WHOLE).type == "collection"


def test_a_whole_bundle() -> None:
    case = read_case(WHOLE)
    assert (case.clinical.age_years, case.clinical.sex) == (54.0, "F")
    assert texts(case) == [
        ("text", "Dermatomyositis", "stated"),
        ("text", "prednisone", "stated"),
        ("text", "skin graft", "stated"),
    ]
    assert [(one.loinc, one.value, one.unit, one.date) for one in case.clinical.labs] == [
        ("17861-6", 9.4, "mg/dL", "2024-05-01"),
        ("2777-1", 3.4, "mg/dL", "2024-05-01"),
    ]
    result = calciseg.classify(WHOLE)
    assert result.ranking[0].mechanism == "dystrophic"
    assert result.entities == ("dermatomyositis",)


def test_nothing_of_the_patient_is_kept_but_age_and_sex() -> None:
    assert "Secret" not in repr(read_case(WHOLE))
    assert "1970" not in repr(read_case(WHOLE))


@pytest.mark.parametrize(
    ("more", "qualifier"),
    [
        ({"verificationStatus": status("ver-status", "refuted")}, "negated"),
        ({"verificationStatus": status("ver-status", "provisional")}, "suspected"),
        ({"verificationStatus": status("ver-status", "confirmed")}, "stated"),
        ({"clinicalStatus": status("clinical", "resolved")}, "history"),
    ],
)
def test_certainty(more: dict[str, Any], qualifier: str) -> None:
    assert texts(read_case(bundle(PATIENT, condition("lupus", **more)))) == [("text", "lupus", qualifier)]


def test_a_refuted_condition_speaks_not_at_all() -> None:
    refuted = condition("lupus", verificationStatus=status("ver-status", "refuted"))
    assert calciseg.classify(bundle(PATIENT, refuted)).ranking == calciseg.classify(bundle(PATIENT)).ranking


def test_codes() -> None:
    coded = condition("x") | {
        "code": {
            "coding": [
                {"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "M33.12", "display": "Other"},
            ]
        }
    }
    assert calciseg.classify(bundle(PATIENT, coded)).entities == ("dermatomyositis",)


def test_interpretation_and_reference_range() -> None:
    high = observation(
        "2731-8", 40, "pg/mL",
        interpretation=[{"coding": [{"code": "H"}]}],
        referenceRange=[{"low": {"value": 10}, "high": {"value": 35}}],
    )  # fmt: skip
    (result,) = read_case(bundle(PATIENT, high)).clinical.labs
    assert (result.interpretation, result.low, result.high) == ("high", 10.0, 35.0)


def test_components_and_height_and_what_is_not_used() -> None:
    panel = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": "24323-8"}]},
        "subject": SUBJECT,
        "component": [
            {
                "code": {"coding": [{"system": LOINC, "code": "2160-0"}]},
                "valueQuantity": {"value": 1.0, "unit": "mg/dL"},
            }
        ],
    }
    height = observation("8302-2", 1.2, "m")
    case = read_case(bundle(PATIENT, panel, height))
    assert [one.loinc for one in case.clinical.labs] == ["2160-0"]
    assert case.clinical.height_cm == pytest.approx(120)
    assert ["24323-8" in issue.message for issue in case.issues] == [True]


@pytest.mark.parametrize("state", ["entered-in-error", "cancelled"])
def test_what_was_entered_in_error_is_not_there(state: str) -> None:
    wrong = observation("17861-6", 14.0, "mg/dL") | {"status": state}
    assert read_case(bundle(PATIENT, wrong)).clinical.labs == ()


def test_a_medication_by_reference() -> None:
    request = {
        "resourceType": "MedicationRequest",
        "status": "active",
        "intent": "order",
        "subject": SUBJECT,
        "medicationReference": {"reference": "Medication/m1"},
    }
    drug = {"resourceType": "Medication", "id": "m1", "code": {"text": "warfarin"}}
    assert texts(read_case(bundle(PATIENT, drug, request))) == [("text", "warfarin", "stated")]


def test_disease_in_the_family() -> None:
    history = {
        "resourceType": "FamilyMemberHistory",
        "status": "completed",
        "patient": SUBJECT,
        "relationship": {"text": "brother"},
        "condition": [{"code": {"text": "tumoral calcinosis"}}],
    }
    assert texts(read_case(bundle(PATIENT, history))) == [("text", "tumoral calcinosis", "family")]


def test_resources_of_r5_and_stu3_are_read_too() -> None:
    r5 = {
        "resourceType": "MedicationStatement",
        "status": "recorded",
        "subject": SUBJECT,
        "medication": {"concept": {"text": "warfarin"}},
    }
    stu3 = {
        "resourceType": "MedicationStatement",
        "status": "active",
        "taken": "y",
        "subject": SUBJECT,
        "medicationCodeableConcept": {"text": "warfarin"},
    }
    for statement in (r5, stu3):
        assert texts(read_case(bundle(PATIENT, statement))) == [("text", "warfarin", "stated")]


SNOMED = "http://snomed.info/sct"


@pytest.mark.parametrize(
    ("coding", "statement"),
    [
        ({"system": SNOMED, "code": "703086002"}, ("snomed", "703086002", "stated")),
        ({"system": "urn:oid:2.16.840.1.113883.6.90", "code": "M33.10"}, ("icd10", "M33.10", "stated")),
        ({"system": SNOMED, "code": "1", "display": "gout"}, ("text", "gout", "stated")),
        ({"system": SNOMED, "code": "1"}, ("text", f"1 ({SNOMED})", "stated")),
        ({"system": "http://rx", "code": "2"}, ("text", "2 (http://rx)", "stated")),
    ],
)
def test_every_coding_counts_or_is_listed(coding: dict[str, str], statement: tuple[str, str, str]) -> None:
    coded = condition("x") | {"code": {"coding": [coding]}}
    assert texts(read_case(bundle(PATIENT, coded))) == [statement]
    is_known = not statement[1].endswith(")")
    assert [issue.code for issue in calciseg.classify(bundle(PATIENT, coded)).issues] == (
        [] if is_known else ["unknown_word"]
    )


def medication(**more: Any) -> dict[str, Any]:
    return {
        "resourceType": "MedicationRequest",
        "status": "active",
        "intent": "order",
        "subject": SUBJECT,
    } | more


def test_a_medication_that_the_request_contains_or_that_is_an_entry_by_full_url() -> None:
    drug = {"resourceType": "Medication", "id": "m1", "code": {"text": "warfarin"}}
    contained = medication(contained=[drug], medicationReference={"reference": "#m1"})
    by_url = medication(medicationReference={"reference": "urn:uuid:5"})
    of_entries = bundle(PATIENT, by_url)
    of_entries["entry"].append({"fullUrl": "urn:uuid:5", "resource": drug})
    for document in (bundle(PATIENT, contained), of_entries):
        assert texts(read_case(document)) == [("text", "warfarin", "stated")]
    lost = bundle(PATIENT, medication(medicationReference={"reference": "Medication/none"}))
    assert "Medication/none" in calciseg.classify(lost).issues[0].message


@pytest.mark.parametrize(
    "refused",
    [
        medication(doNotPerform=True),
        medication(intent="proposal"),
        medication(status="draft"),
        {
            "resourceType": "MedicationStatement",
            "status": "recorded",
            "subject": SUBJECT,
            "adherence": {"code": {"coding": [{"code": "not-taking"}]}},
        },
        {"resourceType": "Procedure", "status": "not-done", "subject": SUBJECT, "code": {"text": "warfarin"}},
        {
            "resourceType": "Procedure",
            "status": "preparation",
            "subject": SUBJECT,
            "code": {"text": "warfarin"},
        },
    ],
)
def test_what_was_not_taken_or_done_says_nothing(refused: dict[str, Any]) -> None:
    if refused["resourceType"] == "MedicationStatement":
        refused = refused | {"medication": {"concept": {"text": "warfarin"}}}
    elif refused["resourceType"] == "MedicationRequest":
        refused = refused | {"medicationCodeableConcept": {"text": "warfarin"}}
    assert texts(read_case(bundle(PATIENT, refused))) == []


def test_a_test_answered_in_words_is_a_statement() -> None:
    def answered(name: str, **more: Any) -> dict[str, Any]:
        one = observation("8061-4", 1, "x") | {"code": {"text": name}} | more
        del one["valueQuantity"]
        return one

    said = bundle(
        PATIENT,
        answered(
            "Centromere antibody", valueCodeableConcept={"coding": [{"system": SNOMED, "code": "10828004"}]}
        ),
        answered("Scl-70 antibody", valueString="Not detected"),
        answered("NXP2 antibody", interpretation=[{"coding": [{"code": "POS"}]}]),
    )
    assert [text for _, text, _ in texts(read_case(said))] == [
        "Centromere antibody positive", "Scl-70 antibody negative", "NXP2 antibody positive",
    ]  # fmt: skip
    assert read_case(said).issues == ()


def test_an_analyte_without_a_code_goes_by_its_name() -> None:
    named = observation("x", 9.1, "mg/dL") | {"code": {"text": "Serum calcium"}}
    (result,) = read_case(bundle(PATIENT, named)).clinical.labs
    assert (result.analyte, result.value) == ("Serum calcium", 9.1)


def test_a_value_beyond_a_limit() -> None:
    below = observation("98979-8", 15, "mL/min/{1.73_m2}")
    below["valueQuantity"]["comparator"] = "<"
    result = calciseg.classify(bundle(PATIENT, below))
    observed = [one.observed for ranked in result.ranking for one in ranked.evidence]
    assert any("<15 mL/min" in text for text in observed)


def test_a_month_alone_and_a_period_are_dates_too() -> None:
    month = observation("17861-6", 9.0, "mg/dL", effectiveDateTime="2020-03")
    period = observation("17861-6", 14.5, "mg/dL", effectivePeriod={"start": "2021-05-01"})
    del period["effectiveDateTime"]
    case = read_case(bundle(PATIENT, month, period))
    assert case.clinical.age_years == 51.0
    assert [one.date for one in case.clinical.labs] == ["2020-03", "2021-05-01"]
    assert {one.name for one in calciseg.classify(bundle(PATIENT, month, period)).alerts} == {
        "severe_hypercalcaemia"
    }


def test_one_patient_by_all_the_names_that_references_give() -> None:
    document = bundle(
        PATIENT,
        *(
            condition("lupus") | {"subject": {"reference": reference}}
            for reference in (
                "Patient/p1",
                "http://x.org/fhir/Patient/p1",
                "Patient/p1/_history/3",
                "urn:uuid:7",
            )
        ),
    )
    document["entry"][0]["fullUrl"] = "urn:uuid:7"
    assert read_case(document).issues == ()
    other = bundle(PATIENT, condition("lupus") | {"subject": {"reference": "Patient/p2"}})
    assert [issue.code for issue in read_case(other).issues] == ["context_mismatch"]
    nameless = {key: value for key, value in PATIENT.items() if key != "id"}
    assert read_case(bundle(nameless, condition("lupus"))).issues == ()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=8), inner, max_size=2),
    max_leaves=4,
)


@given(st.data())
@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_a_damaged_bundle_is_read_or_refused_in_words(data: st.DataObject) -> None:
    """Any value in any place of a Bundle: a case, or an error that names the entry."""
    document = copy.deepcopy(WHOLE)
    places: list[tuple[Any, Any]] = []

    def walk(node: Any) -> None:
        for key in list(node) if isinstance(node, dict) else range(len(node)):
            places.append((node, key))
            if isinstance(node[key], dict | list):
                walk(node[key])

    walk(document)
    node, key = data.draw(st.sampled_from(places))
    node[key] = data.draw(json_values)
    with suppress(InputError):
        calciseg.classify(document)


@pytest.mark.parametrize(
    "resources",
    [
        (PATIENT, PATIENT | {"id": "p2"}),
        (PATIENT, condition("lupus"), condition("gout") | {"subject": {"reference": "Patient/p2"}}),
    ],
)
def test_two_patients(resources: tuple[dict[str, Any], ...]) -> None:
    result = calciseg.classify(bundle(*resources))
    assert result.status == "insufficient"
    assert "context_mismatch" in [issue.code for issue in result.issues]


def test_age_is_that_of_the_last_date_and_never_todays() -> None:
    assert read_case(bundle(PATIENT)).clinical.age_years is None
    stamped = bundle(PATIENT) | {"timestamp": "2000-03-01T00:00:00Z"}
    assert read_case(stamped).clinical.age_years == 29.0


CALCIUM = observation("17861-6", 9.5, "mg/dL")


def dated(**more: Any) -> dict[str, Any]:
    return condition("lupus", **more)


@pytest.mark.parametrize(
    "more",
    [
        observation("2777-1", 1.6, "mmol/L", status="entered-in-error", effectiveDateTime="2069-05-01"),
        observation("2777-1", 1.6, "mmol/L", status="cancelled", effectiveDateTime="2069-05-01"),
        dated(verificationStatus=status("ver-status", "entered-in-error"), recordedDate="2069-05-01"),
        {
            "resourceType": "MedicationStatement",
            "status": "active",
            "subject": SUBJECT,
            "medicationCodeableConcept": {"text": "calcitriol"},
            "effectivePeriod": {"start": "2020-01-01", "end": "2069-12-31"},
        },
        {
            "resourceType": "MedicationStatement",
            "status": "active",
            "subject": SUBJECT,
            "medicationCodeableConcept": {"text": "calcitriol"},
            "effectivePeriod": {"end": "2069-12-31"},
        },
        {
            "resourceType": "MedicationRequest",
            "status": "active",
            "intent": "plan",
            "subject": SUBJECT,
            "medicationCodeableConcept": {"text": "calcitriol"},
            "authoredOn": "2069-05-01",
        },
    ],
    ids=["error", "cancelled", "condition in error", "period", "end of a period", "plan"],
)
def test_age_is_not_taken_from_what_is_no_entry_or_lies_ahead(more: dict[str, Any]) -> None:
    assert read_case(bundle(PATIENT, CALCIUM, more)).clinical.age_years == 54.0


def test_nothing_lies_after_the_bundle_itself() -> None:
    ahead = dated(recordedDate="2069-05-01")
    stamped = bundle(PATIENT, CALCIUM, ahead) | {"timestamp": "2024-06-01T00:00:00Z"}
    assert read_case(stamped).clinical.age_years == 54.0
    # What is written down late in one time zone is of the next day in another.
    next_day = dated(recordedDate="2024-03-02")
    stamped = bundle(PATIENT, next_day) | {"timestamp": "2024-03-01T23:00:00Z"}
    assert read_case(stamped).clinical.age_years == 54.0


@pytest.mark.parametrize("far", ["2102-01-01", "9999-12-31"])
def test_an_age_that_nobody_has_is_told(far: str) -> None:
    case = read_case(bundle(PATIENT, CALCIUM, dated(recordedDate=far)))
    assert case.clinical.age_years == 54.0
    (issue,) = case.issues
    assert "more than 130 years after the birth" in issue.message
    assert far[:4] not in issue.message
    old = {**PATIENT, "birthDate": "1850-01-01"}
    case = read_case(bundle(old, CALCIUM))
    assert (case.clinical.age_years, len(case.issues)) == (None, 1)
    assert calciseg.classify(bundle(old, CALCIUM, condition("lupus"))).ranking


def a_range(
    low: float, high: float, unit: str | None = None, kind: str | None = None, **more: Any
) -> dict[str, Any]:
    units = {} if unit is None else {"unit": unit}
    made = {"low": {"value": low, **units}, "high": {"value": high, **units}, **more}
    if kind is not None:
        system = "http://terminology.hl7.org/CodeSystem/referencerange-meaning"
        made["type"] = {"coding": [{"system": system, "code": kind}]}
    return made


@pytest.mark.parametrize(
    ("ranges", "expected"),
    [
        ([a_range(8.5, 10.5)], (8.5, 10.5)),
        ([a_range(8.5, 10.5, "mg/dl")], (8.5, 10.5)),
        ([a_range(2.1, 2.6, "mmol/L")], (8.416, 10.42)),
        ([a_range(5, 6, kind="treatment"), a_range(8.5, 10.5, kind="normal")], (8.5, 10.5)),
        ([a_range(5, 6, kind="treatment")], (None, None)),
        (
            [a_range(5, 6, type={"text": "Therapeutic"}), a_range(8.5, 10.5, type={"text": "Normal"})],
            (8.5, 10.5),
        ),
        ([a_range(5, 6, appliesTo=[{"text": "men"}]), a_range(8.5, 10.5)], (8.5, 10.5)),
        ([{"high": {"value": 2.6, "unit": "mmol/L"}}], (None, 10.42)),
        ([{"text": "2.1 to 2.6"}], (None, None)),
    ],
)
def test_the_reported_range_is_that_of_what_is_normal_in_the_unit_of_the_result(
    ranges: list[dict[str, Any]], expected: tuple[float | None, float | None]
) -> None:
    case = read_case(bundle(PATIENT, {**CALCIUM, "referenceRange": ranges}))
    (lab,) = case.clinical.labs
    assert (lab.low, lab.high) == tuple(limit and pytest.approx(limit, rel=1e-3) for limit in expected)
    assert case.issues == ()
    assert not calciseg.classify(bundle(PATIENT, {**CALCIUM, "referenceRange": ranges})).alerts


@pytest.mark.parametrize(
    ("ranges", "said"),
    [
        ([a_range(2.1, 2.6, "furlong")], "the reported range is in 'furlong', not in 'mg/dL'"),
        (
            [a_range(5, 6, appliesTo=[{"text": "men"}]), a_range(7, 8, age={"low": {"value": 18}})],
            "several reported ranges, each for some people only",
        ),
    ],
)
def test_a_range_that_cannot_be_compared_is_told_and_takes_no_part(
    ranges: list[dict[str, Any]], said: str
) -> None:
    case = read_case(bundle(PATIENT, {**CALCIUM, "referenceRange": ranges}))
    (lab,) = case.clinical.labs
    assert (lab.low, lab.high) == (None, None)
    (issue,) = case.issues
    assert said in issue.message


def test_ranges_of_components_are_their_own() -> None:
    whole = {**CALCIUM, "referenceRange": [a_range(1, 2)]}
    del whole["valueQuantity"]
    whole["component"] = [
        {
            "code": CALCIUM["code"],
            "valueQuantity": CALCIUM["valueQuantity"],
            "referenceRange": [a_range(8, 9)],
        }
    ]
    labs = read_case(bundle(PATIENT, whole)).clinical.labs
    assert (labs[-1].low, labs[-1].high) == (8.0, 9.0)


def test_what_is_no_bundle_or_not_valid() -> None:
    with pytest.raises(InputError, match="is a FHIR Patient, not a Bundle"):
        read_case(PATIENT)
    broken = condition("lupus")
    del broken["subject"]
    with pytest.raises(InputError, match=r"entry\[1\]\.resource \(Condition\): subject"):
        read_case(bundle(PATIENT, broken))


def test_other_resources_are_not_looked_at() -> None:
    assert texts(read_case(bundle(PATIENT, {"resourceType": "Basic", "nonsense": True}))) == []


@pytest.mark.parametrize(
    ("text", "is_infused"), [("calcium gluconate", False), ("calcium gluconate infusion", True)]
)
def test_a_salt_of_calcium_among_drugs_is_no_infusion(text: str, is_infused: bool) -> None:
    drug = {
        "resourceType": "MedicationStatement",
        "status": "active",
        "subject": SUBJECT,
        "medicationCodeableConcept": {"text": text},
    }
    done = {"resourceType": "Procedure", "status": "completed", "subject": SUBJECT, "code": {"text": text}}
    given, performed = (
        {one.mechanism: one.points for one in calciseg.classify(bundle(PATIENT, resource)).ranking}
        for resource in (drug, done)
    )
    assert (given["iatrogenic"] > 0) == is_infused
    assert performed["iatrogenic"] > 0
