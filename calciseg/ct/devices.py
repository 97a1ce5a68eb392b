"""Catheters, drains and shunts: long strands of one width and one density, as no calcification is."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import cKDTree

from calciseg.ct.evidence import Evidence
from calciseg.kernels import Components
from calciseg.settings import DeviceSettings

__all__ = ["find_devices"]

_HALF_OF_NEIGHBOURS = [
    (dz, dy, dx) for dz in (-1, 0, 1) for dy in (-1, 0, 1) for dx in (-1, 0, 1) if (dz, dy, dx) > (0, 0, 0)
]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Strand:
    """A component along its own length.

    Attributes
    ----------
    points_mm : ndarray of float64, shape ``(n, 3)``
    length_mm : float
        From end to end, along the middles of its parts.
    area_mm2, hu : float
        Medians of the cross-sections: their area, and what a tenth of their voxels exceeds.
    area_spread, hu_spread : float
        From the 10th to the 90th percentile of those, in medians.
    width_mm : float
        Of the widest part of it, across and along.
    """

    points_mm: NDArray[np.float64]
    length_mm: float
    area_mm2: float
    hu: float
    area_spread: float
    hu_spread: float
    width_mm: float

    def is_even(self, part_mm: float, settings: DeviceSettings) -> bool:
        """Tell whether it is slim, does not branch, and is of one width and one density."""
        return (
            self.area_mm2 <= settings.max_area_mm2
            and self.width_mm <= part_mm + settings.max_width_mm
            and self.area_spread <= settings.max_area_spread
            and self.hu_spread <= settings.max_hu_spread
        )

    def is_like(self, other: "_Strand", settings: DeviceSettings) -> bool:
        """Tell whether another one is as dense and as wide."""
        ratios = self.hu / other.hu, self.area_mm2 / other.area_mm2
        return all(1 / settings.max_ratio <= ratio <= settings.max_ratio for ratio in ratios)


def find_devices(
    found: Components,
    hu: NDArray[np.int16],
    spacing_mm_zyx: tuple[float, float, float],
    settings: DeviceSettings,
) -> list[Evidence]:
    """Tell which dense components are catheters, drains or shunts.

    Parameters
    ----------
    found : Components
    hu : ndarray of int16
        The volume.
    spacing_mm_zyx : tuple of float
    settings : DeviceSettings

    Returns
    -------
    list of tuple of str
        The evidence of each component; empty of those that are none.

    Notes
    -----
    A component is followed from end to end through its voxels, and its parts are compared. Pieces near a
    told one that are as wide and as dense belong to it.
    """
    spacing_mm = np.asarray(spacing_mm_zyx)
    part_mm = max(settings.part_mm, settings.part_slices * float(spacing_mm.max()))
    evidence: list[Evidence] = [()] * found.n_components
    strands = {
        row: strand
        for row in _may_be_strands(found, settings.min_length_mm, spacing_mm, settings)
        if (strand := _along(found, row, hu, spacing_mm, part_mm)).length_mm >= settings.min_length_mm
        and strand.is_even(part_mm, settings)
    }
    for row, strand in strands.items():
        evidence[row] = (
            f"a strand of {strand.length_mm:.0f} mm of one width, {strand.area_mm2:.0f} mm² across, and of "
            f"one density: {strand.hu:.0f} HU, which varies along it by {100 * strand.hu_spread:.0f} %",
        )
    if strands:
        _add_pieces(evidence, strands, found, hu, spacing_mm, part_mm, settings)
    return evidence


def _may_be_strands(
    found: Components, min_length_mm: float, spacing_mm: NDArray[np.float64], settings: DeviceSettings
) -> list[int]:
    """List the components whose boxes and volumes allow so long a strand: it may wind."""
    box = found.table["bbox"].reshape(-1, 3, 2)
    diagonal_mm = np.linalg.norm((box[..., 1] - box[..., 0]) * spacing_mm, axis=1)
    volume_mm3 = found.table["n_voxels"] * float(np.prod(spacing_mm))
    is_long = diagonal_mm >= min_length_mm / settings.max_winding
    is_slim = volume_mm3 <= settings.max_area_mm2 * settings.max_winding * diagonal_mm
    return np.flatnonzero(is_long & is_slim).tolist()


def _along(
    found: Components, row: int, hu: NDArray[np.int16], spacing_mm: NDArray[np.float64], part_mm: float
) -> _Strand:
    """Measure a component along its length, in parts; the two ends, which may be cut, are not looked at."""
    box, mask = found.mask(row + 1)
    points_mm = (np.argwhere(mask) + np.array([part.start for part in box])) * spacing_mm
    from_end_mm = _from_end_mm(mask, spacing_mm)
    farthest_mm = float(from_end_mm.max())
    n_parts = max(3, int(farthest_mm / part_mm))
    part = np.minimum((from_end_mm / max(farthest_mm, 1e-6) * n_parts).astype(int), n_parts - 1)
    inner = range(1, n_parts - 1)
    volume_mm3 = np.bincount(part, minlength=n_parts) * float(np.prod(spacing_mm))
    areas_mm2 = np.asarray(volume_mm3[1:-1] / max(farthest_mm / n_parts, 1e-6), np.float64)
    values = hu[box][mask]
    top_hu = [np.percentile(values[part == k], 90) if volume_mm3[k] else 0.0 for k in inner]
    widths_mm = [np.linalg.norm(np.ptp(points_mm[part == k], axis=0)) for k in inner if volume_mm3[k]]
    area_mm2, area_spread = _median_and_spread(areas_mm2)
    median_hu, hu_spread = _median_and_spread(np.array(top_hu))
    middles_mm = np.array([points_mm[part == k].mean(axis=0) for k in np.unique(part)])
    return _Strand(
        points_mm=points_mm,
        length_mm=_length_mm(middles_mm, n_parts),
        area_mm2=area_mm2,
        hu=median_hu,
        area_spread=area_spread,
        hu_spread=hu_spread,
        width_mm=float(max(widths_mm, default=0.0)),
    )


def _length_mm(middles_mm: NDArray[np.float64], n_parts: int) -> float:
    """Length of the line through the middles of all parts: steps from voxel to voxel are longer."""
    between_mm = float(np.linalg.norm(np.diff(middles_mm, axis=0), axis=1).sum())
    return between_mm * n_parts / max(n_parts - 1, 1)


def _from_end_mm(mask: NDArray[np.bool_], spacing_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """Tell how far every voxel of a component lies from its farthest end, through its voxels."""
    padded = np.pad(mask, 1)
    places = np.flatnonzero(padded)
    rows, columns, lengths = [], [], []
    for step in _HALF_OF_NEIGHBOURS:
        shift = (step[0] * padded.shape[1] + step[1]) * padded.shape[2] + step[2]
        at = np.minimum(np.searchsorted(places, places + shift), len(places) - 1)
        is_there = places[at] == places + shift
        rows.append(np.flatnonzero(is_there))
        columns.append(at[is_there])
        lengths.append(np.full(np.count_nonzero(is_there), np.linalg.norm(step * spacing_mm)))
    steps = (np.concatenate(lengths), (np.concatenate(rows), np.concatenate(columns)))
    graph = sparse.csr_array(steps, (len(places), len(places)))

    def from_voxel_mm(voxel: int) -> NDArray[np.float64]:
        return np.asarray(csgraph.dijkstra(graph, directed=False, indices=np.array([voxel]))[0], np.float64)

    return from_voxel_mm(int(from_voxel_mm(0).argmax()))


def _median_and_spread(values: NDArray[np.float64]) -> tuple[float, float]:
    low, median, high = np.percentile(values, (10, 50, 90))
    return float(median), float((high - low) / median) if median > 0 else float("inf")


def _add_pieces(
    evidence: list[Evidence],
    strands: dict[int, _Strand],
    found: Components,
    hu: NDArray[np.int16],
    spacing_mm: NDArray[np.float64],
    part_mm: float,
    settings: DeviceSettings,
) -> None:
    """Add shorter even strands that go on where a device ends, or where such a piece does."""
    pieces = {
        row: _along(found, row, hu, spacing_mm, part_mm)
        for row in _may_be_strands(found, settings.min_piece_mm, spacing_mm, settings)
        if row not in strands
    }
    left = list(strands.values())
    while left:
        device = left.pop()
        tree = cKDTree(device.points_mm)
        for row, piece in list(pieces.items()):
            if piece.length_mm < settings.min_piece_mm or not piece.is_even(part_mm, settings):
                continue
            gap_mm = float(np.min(tree.query(piece.points_mm)[0]))
            if gap_mm <= settings.max_gap_mm and piece.is_like(device, settings):
                evidence[row] = (f"as wide and as dense as a device that ends {gap_mm:.0f} mm from it",)
                left.append(pieces.pop(row))
