"""Sums over the lesions of one image."""

from dataclasses import asdict

from calciseg.model import Lesion, PlaneTotals, TissuePlane, Totals

__all__ = ["sum_lesions"]


def sum_lesions(lesions: tuple[Lesion, ...]) -> Totals:
    """Sum lesions: their number by the plane of the lesion, volumes by the plane of each voxel.

    Parameters
    ----------
    lesions : tuple of Lesion

    Returns
    -------
    Totals
    """
    by_plane = {}
    for plane in TissuePlane:
        shares = [asdict(lesion.plane_fractions)[plane.value] for lesion in lesions]
        by_plane[plane] = PlaneTotals(
            n_lesions=sum(lesion.tissue_plane == plane for lesion in lesions),
            volume_mm3=sum((s * lesion.volume_mm3 for s, lesion in zip(shares, lesions, strict=True)), 0.0),
            volume_pv_mm3=sum(
                (s * (lesion.volume_pv_mm3 or 0.0) for s, lesion in zip(shares, lesions, strict=True)), 0.0
            ),
        )
    return Totals(
        n_lesions=len(lesions),
        volume_mm3=sum((lesion.volume_mm3 for lesion in lesions), 0.0),
        volume_pv_mm3=sum((lesion.volume_pv_mm3 or 0.0 for lesion in lesions), 0.0),
        agatston=sum((lesion.agatston or 0.0 for lesion in lesions), 0.0),
        mass_mg=sum((lesion.mass_mg or 0.0 for lesion in lesions), 0.0),
        by_plane=by_plane,
    )
