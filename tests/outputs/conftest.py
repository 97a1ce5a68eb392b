import dataclasses

import pytest
from made_results import image_result, study_result, totals_of

from calciseg.model import ImageResult, StudyResult


@pytest.fixture
def result() -> StudyResult:
    """Four lesions, one in each plane, in one image."""
    return study_result(image_result(1))


@pytest.fixture
def two_images() -> StudyResult:
    return study_result(image_result(1), image_result(2))


@pytest.fixture
def failed() -> StudyResult:
    """Nothing was measured."""
    return study_result(ImageResult(n=1, image=image_result(1).image, status="failed"))


@pytest.fixture
def nothing_found() -> StudyResult:
    return study_result(dataclasses.replace(image_result(1), lesions=(), totals=totals_of(())))
