"""Settings: every one bounded, frozen, and read from TOML with errors that name the field."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from calciseg.errors import CalcisegError, SettingsError
from calciseg.settings import CandidateSettings, Settings, load_settings, with_seg_type


def numbers() -> Iterator[tuple[str, str, float]]:
    """Every setting that is one number, with its group and default."""
    for group, values in Settings().model_dump().items():
        for name, value in values.items():
            if isinstance(value, int | float):
                yield group, name, value


NUMBERS = list(numbers())


def bounds(group, name):
    """Lowest and highest value that a setting takes."""
    metadata = type(getattr(Settings(), group)).model_fields[name].metadata
    (low,) = (m.ge for m in metadata if hasattr(m, "ge"))
    (high,) = (m.le for m in metadata if hasattr(m, "le"))
    return low, high


@pytest.mark.parametrize(("group", "name", "default"), NUMBERS)
def test_every_number_is_bounded_and_its_default_lies_inside(group, name, default):
    low, high = bounds(group, name)
    assert low <= default <= high
    for value in (low, high):
        assert getattr(getattr(Settings.model_validate({group: {name: value}}), group), name) == value
    for value in (low - 1, high + 1, float("nan"), float("inf"), "much"):
        with pytest.raises(ValidationError, match=name):
            Settings.model_validate({group: {name: value}})


def test_settings_are_frozen():
    with pytest.raises(ValidationError, match="frozen"):
        Settings().candidates.grow_hu = 1.0
    with pytest.raises(ValidationError, match="frozen"):
        Settings().candidates = CandidateSettings()
    assert Settings() == Settings()


def test_settings_survive_their_own_dump():
    changed = Settings(candidates=CandidateSettings(grow_hu=150.5))
    assert Settings.model_validate(changed.model_dump(mode="json")) == changed
    assert changed != Settings()


@given(st.sampled_from(NUMBERS), st.floats(0, 1))
def test_a_file_changes_what_it_names_and_nothing_else(tmp_path_factory, chosen, share):
    group, name, default = chosen
    low, high = bounds(group, name)
    value = low + (high - low) * share
    value = round(value) if isinstance(default, int) else value
    path = tmp_path_factory.mktemp("settings") / "some.toml"
    path.write_text(f"[{group}]\n{name} = {value!r}\n")
    expected = Settings().model_dump()
    expected[group][name] = value
    assert load_settings(path).model_dump() == expected


def test_an_empty_file_is_the_default(tmp_path):
    path = tmp_path / "none.toml"
    path.write_text("# nothing\n")
    assert load_settings(path) == Settings()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[candidates]\ngrow_hu = 5\n", "candidates.grow_hu"),
        ("[candidates]\ngrow_hu = 'high'\n", "candidates.grow_hu"),
        ("[candidates]\ngrow = 150\n", "candidates.grow"),
        ("[candidate]\ngrow_hu = 150\n", "candidate"),
        ("candidates = 3\n", "candidates"),
        ("[candidates\n", "is not valid TOML"),
        ("\xff", "is not valid TOML"),
    ],
)
def test_a_wrong_file_is_one_sentence_that_names_the_field(tmp_path, text, words):
    path = tmp_path / "wrong.toml"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(SettingsError) as error:
        load_settings(path)
    assert str(error.value).startswith(f"{path}: ")
    assert words in str(error.value)
    assert "\n" not in str(error.value)
    assert isinstance(error.value, CalcisegError)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(SettingsError, match="cannot be read"):
        load_settings(tmp_path / "nothing.toml")


def test_groups_are_models_with_a_sentence():
    for field in Settings.model_fields.values():
        assert issubclass(field.annotation, BaseModel)
        assert field.annotation.__doc__.endswith(".")
        assert field.annotation.model_config["extra"] == "forbid"


def test_the_type_of_segmentation_can_be_chosen() -> None:
    assert with_seg_type(Settings(), None) == Settings()
    assert with_seg_type(Settings(), "labelmap").outputs.seg_type == "labelmap"
    with pytest.raises(SettingsError, match="choose binary or labelmap"):
        with_seg_type(Settings(), "surface")
