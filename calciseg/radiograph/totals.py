"""Sums over the lesions of one radiograph."""

from collections.abc import Iterable

from calciseg.model import HandIndex, PlaneAreas, RadiographTotals, Shadow, TissuePlane

__all__ = ["sum_lesions"]


def sum_lesions(
    lesions: tuple[Shadow, ...], index: HandIndex | None, *, has_spacing: bool, has_bone: bool
) -> RadiographTotals:
    """Sum lesions.

    Parameters
    ----------
    lesions : tuple of Shadow
    index : HandIndex or None
    has_spacing, has_bone : bool
        Without them areas and densities were not measured: their sums are None, also where nothing was found.

    Returns
    -------
    RadiographTotals
    """
    whole = _sum(lesions, has_spacing=has_spacing)
    sites = sorted({lesion.site for lesion in lesions if lesion.site is not None})
    return RadiographTotals(
        n_lesions=whole.n_lesions,
        n_pixels=whole.n_pixels,
        area_mm2=whole.area_mm2,
        integrated_attenuation_mm2=(
            sum((lesion.integrated_attenuation_mm2 or 0.0 for lesion in lesions), 0.0)
            if has_spacing and has_bone
            else None
        ),
        by_plane={
            plane: _sum((one for one in lesions if one.tissue_plane == plane), has_spacing=has_spacing)
            for plane in TissuePlane
        },
        by_site={
            site: _sum((one for one in lesions if one.site == site), has_spacing=has_spacing)
            for site in sites
        },
        calciseg_hand_index=index,
    )


def _sum(lesions: Iterable[Shadow], *, has_spacing: bool) -> PlaneAreas:
    chosen = tuple(lesions)
    return PlaneAreas(
        n_lesions=len(chosen),
        n_pixels=sum(one.n_pixels for one in chosen),
        area_mm2=sum((one.area_mm2 or 0.0 for one in chosen), 0.0) if has_spacing else None,
    )
