"""What calcified in the wall of an artery of the trunk: of the aorta, or of a hollow strand."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

from calciseg.ct.candidates import DensityThresholds
from calciseg.ct.evidence import Evidence
from calciseg.ct.great_vessels import BloodLook, find_great_vessel
from calciseg.ct.scene import extents_mm
from calciseg.kernels import Components, side_by_side
from calciseg.model import CtVolume
from calciseg.settings import TrunkArterySettings

__all__ = ["find_trunk_arteries"]

_SIDES = [(0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1)]
_STEP_MM = 1.0
"""Of the cubes in which a strand is looked at."""


def find_trunk_arteries(
    found: Components,
    is_inner: NDArray[np.bool_],
    volume: CtVolume,
    thresholds: DensityThresholds,
    settings: TrunkArterySettings,
) -> list[Evidence]:
    """Tell which components among the contents of the trunk are walls of arteries.

    Parameters
    ----------
    found : Components
    is_inner : ndarray of bool, shape ``(n_components,)``
        Which of them are calcified and lie among the contents of chest, abdomen or pelvis.
    volume : CtVolume
    thresholds : DensityThresholds
    settings : TrunkArterySettings

    Returns
    -------
    list of tuple of str
        The evidence of each component; empty of those that are none, or no inner ones.

    Notes
    -----
    The aorta and its large branches are rounds of even blood. A smaller artery is told where its wall is
    calcified around a lumen along a good part of a long strand, and so are slim pieces near one, whatever
    it is itself taken for: the splenic artery winds, so that its course is not followed.
    """
    evidence: list[Evidence] = [()] * found.n_components
    if not is_inner.any() or thresholds.noise is None:
        return evidence
    blood = BloodLook(
        low_hu=settings.blood_low_hu,
        high_hu=thresholds.grow_hu if volume.header.contrast_agent else settings.blood_high_hu,
        sd_hu=thresholds.noise.sd_hu,
        dense_hu=thresholds.grow_hu,
    )
    spacing_mm = np.asarray(volume.geometry.spacing_mm_zyx)
    inner = np.flatnonzero(is_inner).tolist()
    of_great = side_by_side(
        lambda row: _of_great_vessel(_points(found, row), volume.hu, spacing_mm, blood, settings), inner
    )
    for row, of_one in zip(inner, of_great, strict=True):
        evidence[row] = of_one
    asked = {int(row) for row in np.flatnonzero(is_inner) if not evidence[row]}
    if asked:
        of_strands = _of_hollow_strands(found, asked, volume, blood, settings)
        evidence = [of_strands.get(row, of_one) for row, of_one in enumerate(evidence)]
    return evidence


def _of_hollow_strands(
    found: Components, asked: set[int], volume: CtVolume, blood: BloodLook, settings: TrunkArterySettings
) -> dict[int, Evidence]:
    """Find the evidence of those components that are hollow strands, or slim pieces near one."""
    spacing_mm = np.asarray(volume.geometry.spacing_mm_zyx)
    length_mm, width_mm, _ = extents_mm(found, volume.geometry.spacing_mm_zyx).T
    is_strand = (length_mm >= settings.min_length_mm) & (length_mm <= settings.max_length_mm)
    is_strand &= length_mm >= settings.min_elongation * width_mm
    boxes = found.table["bbox"].reshape(-1, 3, 2).astype(np.int64)
    boxes_asked = boxes[sorted(asked)]
    hollow: dict[int, Evidence] = {}
    for row in np.flatnonzero(is_strand).tolist():
        # One far from all that are asked for tells nothing of them.
        if _gap_mm(boxes[row], boxes_asked, spacing_mm) > settings.max_gap_mm:
            continue
        of_one = _of_lumen(_points(found, row), volume.hu, spacing_mm, blood, settings)
        if of_one:
            hollow[row] = of_one
    evidence = {row: of_one for row, of_one in hollow.items() if row in asked}
    slim = {row for row in asked - set(evidence) if width_mm[row] <= settings.max_width_mm}
    left = list(hollow)
    while left and slim:
        tree = cKDTree(_points(found, left.pop()) * spacing_mm)
        for row in sorted(slim):
            gap_mm = float(np.min(tree.query(_points(found, row) * spacing_mm)[0]))
            if gap_mm <= settings.max_gap_mm:
                evidence[row] = (f"slim, and {gap_mm:.0f} mm from the wall of a hollow strand",)
                slim.remove(row)
                left.append(row)
    return evidence


def _gap_mm(box: NDArray[np.int64], others: NDArray[np.int64], spacing_mm: NDArray[np.float64]) -> float:
    """Tell how far a bounding box lies from the nearest other one; what they hold lies no nearer."""
    steps = np.maximum(box[:, 0] - others[..., 1], others[..., 0] - box[:, 1]) + 1
    return float(np.linalg.norm(np.maximum(steps, 0) * spacing_mm, axis=1).min())


def _points(found: Components, row: int) -> NDArray[np.intp]:
    box, mask = found.mask(row + 1)
    corner = np.array([part.start for part in box], np.intp)
    return np.argwhere(mask) + corner


def _of_great_vessel(
    points_zyx: NDArray[np.intp],
    hu: NDArray[np.int16],
    spacing_mm: NDArray[np.float64],
    blood: BloodLook,
    settings: TrunkArterySettings,
) -> Evidence:
    vessel = find_great_vessel(points_zyx, hu, spacing_mm, blood, settings)
    if vessel is None:
        return ()
    return (
        f"on the wall of a round of blood of {2 * vessel.radius_mm:.0f} mm that goes on beyond it, its edge "
        f"seen on {100 * vessel.edge:.0f} % of the circumference",
    )


def _of_lumen(
    points_zyx: NDArray[np.intp],
    hu: NDArray[np.int16],
    spacing_mm: NDArray[np.float64],
    blood: BloodLook,
    settings: TrunkArterySettings,
) -> Evidence:
    """Look for a lumen, enclosed in one of three planes, along the parts of a strand."""
    is_wall, cubes_hu = _in_cubes(points_zyx, hu, spacing_mm)
    is_lumen = _is_enclosed(is_wall, round(settings.max_lumen_mm / _STEP_MM))
    is_lumen &= (cubes_hu >= blood.low_hu) & (cubes_hu < blood.dense_hu)
    wall_mm, lumen_mm = _STEP_MM * np.argwhere(is_wall), _STEP_MM * np.argwhere(is_lumen)
    if len(lumen_mm) < settings.min_lumen * len(wall_mm):
        return ()
    middle_mm = wall_mm.mean(axis=0)
    axis = np.linalg.svd(wall_mm - middle_mm, full_matrices=False)[2][0]
    along_mm = (wall_mm - middle_mm) @ axis
    length_mm = float(np.ptp(along_mm))
    n_parts = max(2, round(length_mm / settings.part_mm))
    edges = np.linspace(along_mm.min(), along_mm.max() + 1e-6, n_parts + 1)
    n_hollow = np.count_nonzero(np.histogram((lumen_mm - middle_mm) @ axis, edges)[0])
    if n_hollow < settings.min_hollow * n_parts:
        return ()
    return (
        f"a hollow strand of {length_mm:.0f} mm among the contents of the trunk: around a lumen on "
        f"{n_hollow} of {n_parts} parts of it",
    )


def _in_cubes(
    points_zyx: NDArray[np.intp], hu: NDArray[np.int16], spacing_mm: NDArray[np.float64]
) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
    """Sample a component and the HU in and around it in cubes."""
    room = np.ceil(2 * _STEP_MM / spacing_mm).astype(int)
    low = np.maximum(points_zyx.min(axis=0) - room, 0)
    high = np.minimum(points_zyx.max(axis=0) + 1 + room, hu.shape)
    mask = np.zeros(high - low, np.float32)
    mask[tuple((points_zyx - low).T)] = 1
    box = tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    steps = (np.arange(0, n - 1 + 1e-6, _STEP_MM / mm) for n, mm in zip(mask.shape, spacing_mm, strict=True))
    cubes = np.meshgrid(*steps, indexing="ij")
    is_wall = ndimage.map_coordinates(mask, cubes, order=1) >= 0.5
    return np.asarray(is_wall, np.bool_), ndimage.map_coordinates(hu[box], cubes, np.float32, order=1)


def _is_enclosed(is_wall: NDArray[np.bool_], reach: int) -> NDArray[np.bool_]:
    """Tell which cubes have wall on six of eight sides or more in a plane along two axes."""
    is_enclosed = np.zeros(is_wall.shape, np.bool_)
    for axis in range(3):
        across = np.moveaxis(np.pad(is_wall, reach), axis, 0)
        n_sides = np.zeros(across.shape, np.uint8)
        for side in _SIDES:
            n_steps = int(reach / np.hypot(*side))
            shifted = [np.roll(across, (-k * side[0], -k * side[1]), (1, 2)) for k in range(1, n_steps + 1)]
            n_sides += np.logical_or.reduce(shifted)
        inner = tuple(slice(reach, -reach) for _ in range(3))
        is_enclosed |= (np.moveaxis(n_sides, 0, axis)[inner] >= 6) & ~is_wall
    return is_enclosed
