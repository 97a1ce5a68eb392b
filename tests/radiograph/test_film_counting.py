"""Every pixel counts once: lesions are what the ledger leaves, each of the least size."""

import numpy as np
import pytest

from calciseg import Settings
from calciseg.kernels import connected_components
from calciseg.model import ExclusionReason, ImageHeader
from calciseg.radiograph.bone import BoneShadow
from calciseg.radiograph.candidates import Candidate
from calciseg.radiograph.counting import count
from calciseg.radiograph.foreign import Foreign
from calciseg.radiograph.ledger import Ledger

_SHAPE = (80, 60)
_BLOCK_MM = 0.4


def _box(rows: slice, columns: slice) -> np.ndarray:
    mask = np.zeros(_SHAPE, np.bool_)
    mask[rows, columns] = True
    return mask


def _counted(film_of, core, image, *, metal=None, markers=None, elongation=6.0):
    film = film_of(500 + image, block_mm=_BLOCK_MM)
    candidate = Candidate(
        window=(slice(0, _SHAPE[0]), slice(0, _SHAPE[1])),
        core=core,
        elongation=elongation,
        bone_fraction=0.0,
        is_accepted=True,
    )
    nothing = np.zeros(_SHAPE, np.bool_)
    foreign = Foreign(
        metal=nothing if metal is None else metal, markers=nothing if markers is None else markers
    )
    ledger = Ledger(pixel_mm2=_BLOCK_MM**2, map=np.zeros(_SHAPE, np.uint16))
    header = ImageHeader(series_instance_uid="1", sop_instance_uids=("1",), modality="DX")
    counted = count(
        [candidate],
        core.astype(np.float32),
        film,
        BoneShadow(mask=nothing, contrast=0.0),
        foreign,
        header,
        ledger,
        Settings().radiograph,
    )
    lay = film.turning.lay
    return lay(counted.mask), lay(counted.excess), lay(ledger.map), ledger.entries()


def test_a_lesion_beside_a_wire_leaves_the_wire_to_the_ledger(film_of):
    core = _box(slice(20, 50), slice(20, 40))
    wire = _box(slice(0, 80), slice(20, 27))
    mask, excess, painted, (line,) = _counted(film_of, core, 100.0 * core, metal=wire, elongation=1.5)
    np.testing.assert_array_equal(painted > 0, wire)
    np.testing.assert_array_equal(mask, core & ~wire)
    assert not excess[wire].any()
    assert line.reason == ExclusionReason.METAL


@pytest.mark.parametrize("is_letter", [False, True])
def test_what_is_mostly_metal_goes_into_the_ledger_with_it(film_of, is_letter):
    core = _box(slice(20, 50), slice(20, 40))
    wire = _box(slice(0, 80), slice(20, 34))
    markers = wire if is_letter else None
    mask, _, painted, (line,) = _counted(film_of, core, 100.0 * core, metal=wire, markers=markers)
    np.testing.assert_array_equal(painted > 0, core | wire)
    assert not mask.any()
    assert line.reason == (ExclusionReason.MARKER if is_letter else ExclusionReason.METAL)


@pytest.mark.parametrize(("n_rows", "n_lesions"), [(2, 1), (4, 2)])
def test_each_piece_of_a_line_has_the_least_size_or_is_summed(film_of, n_rows, n_lesions):
    """Pieces of 16 and 1 mm2, or of 16 and 1.9 mm2; the least is 1.5 mm2."""
    core = _box(slice(10, 60), slice(30, 33))
    image = 100.0 * core
    image[43 : 60 - n_rows] = 0
    mask, excess, painted, lines = _counted(film_of, core, image)
    assert connected_components(mask.astype(np.uint16), 1).n_components == n_lesions
    assert bool(mask[59, 31]) == bool(excess[59, 31]) == (n_lesions == 2)
    assert not painted.any()
    small = [line for line in lines if line.reason == ExclusionReason.BELOW_MINIMUM_SIZE]
    assert [(one.n_components, one.n_pixels) for one in small] == ([(1, 6)] if n_lesions == 1 else [])
