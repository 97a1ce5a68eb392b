"""Every word has a meaning, and the words of the contract are all there."""

import pytest

from calciseg.model import vocabulary
from calciseg.model.vocabulary import (
    ExclusionReason,
    FlagCode,
    IssueCode,
    Morphology,
    PlaneReason,
    SpacingBasis,
    Tag,
    TissuePlane,
    Word,
)

TABLES = [SpacingBasis, TissuePlane, PlaneReason, Morphology, Tag, FlagCode, ExclusionReason, IssueCode]
REASONS = """bone ossification cartilage articular vascular phlebolith contrast visceral dental metal device
foreign_body marker outside_body streak artefact noise below_minimum_size other"""


@pytest.mark.parametrize("table", TABLES)
def test_every_word_has_a_meaning_of_its_own(table):
    assert len(table) > 3
    meanings = [word.meaning for word in table]
    assert all(meaning == meaning.strip() and len(meaning) > 2 for meaning in meanings)
    assert len(set(meanings)) == len(meanings)
    for word in table:
        assert word == word.value == str(word) == word.name.lower()
        assert table(word.value) is word
        assert word.value.isidentifier()


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (TissuePlane, "cutaneous subcutaneous fascial intramuscular indeterminate"),
        (Morphology, "punctate nodule plaque sheet linear reticular mass"),
        (ExclusionReason, REASONS),
    ],
)
def test_the_words_of_the_contract_in_its_order(table, words):
    assert [word.value for word in table] == words.split()


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (Tag, "periarticular tendinous intra_articular small_vessel"),
        (FlagCode, "cut_by_edge contrast_enhanced mass_uncalibrated metal_nearby touches_bone"),
    ],
)
def test_the_words_that_the_contract_names(table, words):
    assert set(words.split()) <= {word.value for word in table}


def test_map_values_are_those_of_the_contract():
    assert {plane.value: plane.map_value for plane in TissuePlane} == {
        "cutaneous": 1, "subcutaneous": 2, "fascial": 3, "intramuscular": 4, "indeterminate": 5,
    }  # fmt: skip


def test_no_table_is_forgotten_here():
    made = {
        value for value in vars(vocabulary).values() if isinstance(value, type) and issubclass(value, Word)
    }
    assert made == {Word, *TABLES}
