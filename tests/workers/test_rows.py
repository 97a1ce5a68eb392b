"""A study in the tables of a batch."""

import pytest

from calciseg.workers.rows import n_lesions_of


def image(kind: str, n_lesions: int | None) -> dict[str, object]:
    return {"kind": kind, "n_lesions": n_lesions}


@pytest.mark.parametrize(
    ("images", "n_lesions"),
    [
        ([image("ct_volume", 4), image("radiograph", 9)], 4),
        ([image("ct_volume", 4), image("ct_volume", 5)], 5),
        ([image("radiograph", 2), image("radiograph", 3)], 3),
        ([{"kind": "ct_volume", "image_status": "failed"}, image("radiograph", 3)], 3),
        ([image("ct_volume", 0), image("radiograph", 3)], 0),
        ([], 0),
    ],
    ids=["CT and film", "two CT", "two views", "failed CT", "CT without any", "nothing"],
)
def test_images_of_one_study_are_not_summed(images: list[dict[str, object]], n_lesions: int) -> None:
    assert n_lesions_of(images) == n_lesions
