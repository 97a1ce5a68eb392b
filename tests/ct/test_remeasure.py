"""Labels that somebody drew where no lesion can be."""

import numpy as np
from made_bodies import AIR, ct_volume, filled, limb, scanned, with_ball

from calciseg.ct import analyze_volume, measure_labels
from calciseg.model import LesionMaps
from calciseg.settings import Settings

SHAPE, SPACING = (14, 90, 90), (3.0, 1.0, 1.0)


def test_what_is_drawn_outside_the_body_has_no_plane_and_is_told():
    """In air, on a table, and in a slice that shows no body; one in the skin is none of these."""
    hu = with_ball(limb(SHAPE, SPACING, radius=28.0), SPACING, (0, 27, 0), 1.5)
    hu[:, 84:86] = filled(hu, np.full(SHAPE, 1.0), 150.0)[:, 84:86]
    hu[10:] = AIR
    volume = ct_volume(scanned(hu, SPACING, noise_hu=8.0), SPACING, laterality="left")
    found = analyze_volume(volume, 1, Settings())
    labels = found.maps.labels.copy()
    assert labels.max() == 1
    labels[5, 45, 80] = 2
    labels[5, 84:86, 30:40] = 3
    labels[13, 45, 45] = 4
    maps = LesionMaps(labels=labels, planes=found.maps.planes, excluded=np.zeros_like(found.maps.excluded))
    again = measure_labels(volume, 1, maps, (), Settings())
    assert again.lesions[0] == found.lesions[0]
    assert [str(lesion.tissue_plane) for lesion in again.lesions] == ["cutaneous"] + ["indeterminate"] * 3
    assert [lesion.depth_from_skin_mm is None for lesion in again.lesions] == [False, True, True, True]
    assert {lesion.laterality for lesion in again.lesions} == {"left"}
    assert [issue.code.value for issue in again.issues] == ["labels_outside_body"]
    assert again.issues[0].message.endswith(": 2, 3, 4")
    assert "labels_outside_body" not in [issue.code.value for issue in found.issues]
