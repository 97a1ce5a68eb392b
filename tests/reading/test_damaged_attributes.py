"""Attributes that are missing or absurd, also within sequences: a result or an InputError."""

import copy
import random
import warnings
from collections import Counter
from collections.abc import Iterator

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag
from pydicom.uid import ComputedRadiographyImageStorage, EnhancedCTImageStorage

from calciseg.errors import InputError
from calciseg.reading import read_study

N_MUTATIONS = 150
ABSURD = [
    None, "", 0, -1, 1e308, float("nan"), "NaN", "1e400", [], [0, 0], [1, 2, 3, 4, 5, 6, 7], "A" * 70,
    b"\xff\xfe", 65535, 2**31 - 1, "1\\0\\0\\0\\0\\0", "-8192", "2.25.1", "../../etc/passwd", "\x00",
]  # fmt: skip
NAME = "DOE^SECRET"


def slices(make_slices, stored) -> list[Dataset]:
    return make_slices(stored, PatientName=NAME)


def frames(make_slices, stored) -> list[Dataset]:
    parts = make_slices(stored, PatientName=NAME)
    whole = parts[0]
    whole.SOPClassUID, whole.NumberOfFrames = EnhancedCTImageStorage, len(parts)
    whole.PixelData = stored.tobytes()
    shared, measures, orientation, rescale = Dataset(), Dataset(), Dataset(), Dataset()
    measures.PixelSpacing = whole.PixelSpacing
    orientation.ImageOrientationPatient = whole.ImageOrientationPatient
    rescale.RescaleSlope, rescale.RescaleIntercept = 1, -1024
    shared.PixelMeasuresSequence, shared.PlaneOrientationSequence = [measures], [orientation]
    shared.PixelValueTransformationSequence = [rescale]
    whole.SharedFunctionalGroupsSequence, whole.PerFrameFunctionalGroupsSequence = [shared], []
    for part in parts:
        own, place = Dataset(), Dataset()
        place.ImagePositionPatient = part.ImagePositionPatient
        own.PlanePositionSequence = [place]
        whole.PerFrameFunctionalGroupsSequence.append(own)
    return [whole]


def radiograph(make_slices, stored) -> list[Dataset]:
    return make_slices(
        stored[:1],
        PatientName=NAME,
        Modality="CR",
        SOPClassUID=ComputedRadiographyImageStorage,
        ImageType=["ORIGINAL", "PRIMARY"],
    )


def places(dataset: Dataset) -> Iterator[tuple[Dataset, BaseTag]]:
    """Yield every attribute, also those within sequences."""
    for element in dataset:
        if element.VR == "SQ":
            for item in element.value:
                yield from places(item)
        yield dataset, element.tag


def damage(dataset: Dataset, dice: random.Random) -> None:
    for _ in range(dice.randint(1, 4)):
        owner, tag = dice.choice(list(places(dataset)))
        if dice.random() < 0.3:
            del owner[tag]
            continue
        try:
            owner[tag].value = dice.choice(ABSURD)
        except (ValueError, TypeError, AttributeError, OverflowError):
            continue  # pydicom itself refuses it


@pytest.mark.parametrize("kind", [slices, frames, radiograph], ids=lambda kind: kind.__name__)
def test_a_result_or_one_sentence(kind, make_slices, capfd):
    dice = random.Random(5)
    stored = np.random.default_rng(7).integers(0, 4096, size=(4, 32, 32), dtype=np.uint16)
    whole = kind(make_slices, stored)
    assert read_study(copy.deepcopy(whole))
    outcomes = Counter()
    for _ in range(N_MUTATIONS):
        datasets = copy.deepcopy(whole)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pydicom's, about what is put in here
            damage(dice.choice(datasets), dice)
        try:
            read_study(datasets)
            outcomes["read"] += 1
        except InputError as error:
            assert "\n" not in str(error)  # noqa: PT017
            assert "SECRET" not in str(error)  # noqa: PT017
            outcomes["refused"] += 1
    assert min(outcomes["read"], outcomes["refused"]) > N_MUTATIONS // 10
    assert capfd.readouterr() == ("", "")
