"""What happened far from the lesions is no evidence for them."""

import pytest
from made_cases import first, verdict

from calciseg.clinical import load_knowledge
from calciseg.clinical.whereabouts import is_elsewhere
from calciseg.model import BODY_REGIONS


@pytest.mark.parametrize(
    ("text", "sites", "expected"),
    [
        ("fracture of the wrist", ["thigh"], True),
        ("fracture of the wrist", ["forearm"], False),
        ("fracture of the wrist", ["thigh", "hand"], False),
        ("fracture of the wrist and the femur, a fall on the knees", ["thigh"], False),
        ("fracture", ["thigh"], False),
        ("fracture of the wrist", [], False),
        ("gluteal injections", ["thigh"], False),
        ("gluteal injections", ["buttock"], False),
        ("gluteal injections", ["face"], True),
        ("burns of the shoulders", ["chest_wall"], False),
        ("burns of the hands", ["artery"], False),
        ("burns of the hands", ["a word nobody knows"], False),
    ],
)
def test_areas(text, sites, expected):
    assert is_elsewhere(text, sites, load_knowledge()) is expected


def test_every_region_but_the_vessels_lies_in_an_area():
    assert set(BODY_REGIONS) - set(load_knowledge().areas_of) == {"artery"}


def told(result):
    return "happened_elsewhere" in [issue.code for issue in result.issues]


def test_an_injury_counts_where_the_lesions_are():
    here, elsewhere = (
        verdict({"sites": [site]}, conditions=["fracture of the wrist"]) for site in ("wrist", "thigh")
    )
    assert first(here) == "traumatic"
    assert not told(here)
    assert elsewhere.status == "insufficient"
    assert told(elsewhere)


def test_an_injury_that_did_not_happen_is_no_evidence_anywhere():
    assert not told(verdict({"sites": ["thigh"]}, conditions=["no fracture of the wrist"]))


def test_a_disease_is_everywhere():
    assert first(verdict({"sites": ["thigh"]}, conditions=["scleroderma of the hands"])) == "dystrophic"
