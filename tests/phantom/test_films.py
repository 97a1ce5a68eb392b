"""Projected phantoms: true to their lesions, readable by others, the same each time."""

import json
from dataclasses import replace

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk

from calciseg import read_study
from calciseg.errors import UsageError
from calciseg.model import Morphology, TissuePlane
from calciseg.phantom import FilmRecipe, LesionDesign, make_film, write_phantom
from calciseg.phantom.films.beam import beam_of

_NODULE = LesionDesign(
    tissue_plane=TissuePlane.INTRAMUSCULAR, morphology=Morphology.NODULE, size_mm=7.0, hu=900.0
)
_RECIPE = FilmRecipe(kind="xr-forearm", seed=2, pixel_mm=1.0, border="none", lesions=(_NODULE,))


@pytest.fixture(scope="module")
def film():
    return make_film(_RECIPE)


def test_the_shadow_is_that_of_the_lesion(film):
    (lesion,) = film.lesions
    assert lesion.tissue_plane == TissuePlane.INTRAMUSCULAR
    assert lesion.volume_mm3 / 9 < lesion.area_mm2 < lesion.volume_mm3 / 3
    assert lesion.contrast_to_noise > 0
    inside = film.radiograph.values[lesion.window][lesion.shadow].astype(float)
    without = make_film(replace(_RECIPE, lesions=())).radiograph.values[lesion.window][lesion.shadow]
    assert inside.mean() > without.mean()


def test_a_film_is_read_back_as_it_was_made(film, tmp_path):
    write_phantom(film, tmp_path)
    (read,) = read_study(tmp_path / "dicom").radiographs
    np.testing.assert_array_equal(read.values, film.radiograph.values)
    assert read.spacing_mm_yx == film.radiograph.spacing_mm_yx
    (path,) = (tmp_path / "dicom").iterdir()
    np.testing.assert_array_equal(pydicom.dcmread(path).pixel_array, film.stored)
    truth = sitk.GetArrayFromImage(sitk.ReadImage(str(tmp_path / "truth.nii.gz")))
    np.testing.assert_array_equal(truth[0], film.truth_labels)
    (known,) = json.loads((tmp_path / "truth.json").read_text())["lesions"]
    assert known["n_pixels"] == int(film.lesions[0].shadow.sum())


@pytest.mark.slow
def test_the_same_recipe_gives_the_same_pixels(film):
    np.testing.assert_array_equal(make_film(_RECIPE).stored, film.stored)


def test_more_calcium_lets_less_through():
    water = np.full(5, 80.0, np.float32)
    mineral = np.linspace(0, 20, 5, dtype=np.float32)
    through = beam_of(60.0).transmission(water, mineral)
    assert (np.diff(through) < 0).all()
    assert (beam_of(80.0).transmission(water, mineral) > through).all()


@pytest.mark.parametrize(
    "wrong", [{"kind": "thigh"}, {"seed": -1}, {"view": "PA"}, {"bits_stored": 7}, {"dose": 0}]
)
def test_what_cannot_be_made_is_refused(wrong):
    with pytest.raises(UsageError):
        FilmRecipe(**wrong)
