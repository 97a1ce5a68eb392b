"""How the HU of calcium depend on the tube voltage."""

import re
from itertools import pairwise

from calciseg.model import CtVolume, ImageHeader, Issue, IssueCode
from calciseg.settings import TubeVoltageSettings

__all__ = ["calcium_hu_factor"]


def calcium_hu_factor(volume: CtVolume, settings: TubeVoltageSettings) -> tuple[float, tuple[Issue, ...]]:
    """Find by what every calcium threshold must be multiplied in this volume.

    Parameters
    ----------
    volume : CtVolume
    settings : TubeVoltageSettings
        The published table: kV and factor against 120 kV.

    Returns
    -------
    factor : float
        Linear between the rows of the table, held at its ends.
    issues : tuple of Issue
        Where the voltage is missing, lies outside the table or does not decide.

    Notes
    -----
    Graeni et al., doi:10.1093/ehjci/jey019: all calcium cut-offs scale by one factor per kV. Fat and muscle
    windows are not scaled.
    """
    known = _known_beam(volume.header, settings)
    if known is not None:
        return 1.0, (known,)
    kvp = volume.header.kvp
    if kvp is None:
        message = "the header states no tube voltage; calcium thresholds are those of 120 kV"
        return 1.0, (Issue(code=IssueCode.KVP_MISSING, message=message),)
    table = settings.factors
    lowest, highest = table[0][0], table[-1][0]
    if not lowest <= kvp <= highest:
        kept = min(max(kvp, lowest), highest)
        message = (
            f"{kvp:g} kV lies outside the published {lowest:g} to {highest:g} kV; used the factor at {kept:g}"
        )
        return _interpolate(table, kept), (Issue(code=IssueCode.KVP_EXTRAPOLATED, message=message),)
    return _interpolate(table, kvp), ()


def _known_beam(header: ImageHeader, settings: TubeVoltageSettings) -> Issue | None:
    """Say why thresholds are not scaled by tube voltage in this image; ``None`` where they are."""
    if header.is_monoenergetic:
        kev = "an energy that the header does not state" if header.kev is None else f"{header.kev:g} keV"
        message = (
            f"a virtual mono-energetic image at {kev}: calcium thresholds are those of 120 kV, which is"
            " about 70 keV; calcium looks denser below it and fainter above"
        )
        return Issue(code=IssueCode.KEV_IMAGE, message=message)
    kernel = header.convolution_kernel or ""
    if re.match(rf"(?:{'|'.join(map(re.escape, settings.calcium_kernels))})\d", kernel):
        message = f"kernel {kernel} keeps the HU of calcium, so thresholds were not scaled by tube voltage"
        return Issue(code=IssueCode.CALCIUM_KERNEL, message=message)
    if header.has_tin_filter:
        message = (
            "a tin filter hardened the beam: calcium thresholds are those of 120 kV, not of the stated kV"
        )
        return Issue(code=IssueCode.BEAM_FILTERED, message=message)
    return None


def _interpolate(table: tuple[tuple[float, float], ...], kvp: float) -> float:
    for (low, f_low), (high, f_high) in pairwise(table):
        if kvp <= high:
            return f_low + (f_high - f_low) * (kvp - low) / (high - low)
    return table[-1][1]
