"""How the HU of calcium depend on the tube voltage."""

import re

import numpy as np

from calciseg.model import ImageHeader, Issue, IssueCode
from calciseg.settings import TubeVoltageSettings

__all__ = ["calcium_hu_factor"]


def calcium_hu_factor(header: ImageHeader, settings: TubeVoltageSettings) -> tuple[float, tuple[Issue, ...]]:
    """Find by what every calcium threshold must be multiplied in this volume.

    Parameters
    ----------
    header : ImageHeader
    settings : TubeVoltageSettings
        The published table: kV and factor against 120 kV.

    Returns
    -------
    factor : float
        Linear between the rows of the table, held at its ends.
    issues : tuple of Issue
        Where the voltage is missing, lies outside what is published or does not decide.

    Notes
    -----
    Graeni et al., doi:10.1093/ehjci/jey019: all calcium cut-offs scale by one factor per kV. Fat and muscle
    windows are not scaled. Virtual mono-energetic images follow the attenuation of calcium and water at their
    keV (NIST, doi:10.18434/T4D01F).
    """
    if header.is_monoenergetic:
        return _at_kev(header.kev, settings)
    known = _known_beam(header, settings)
    if known is not None:
        return 1.0, (known,)
    kvp = header.kvp
    if kvp is None:
        message = "the header states no tube voltage; calcium thresholds are those of 120 kV"
        return 1.0, (Issue(code=IssueCode.KVP_MISSING, message=message),)
    factor, kept = _interpolate(settings.factors, kvp)
    lowest, highest = settings.published_kv
    if kept == kvp and lowest <= kvp <= highest:
        return factor, ()
    message = (
        f"{kvp:g} kV lies outside the published {lowest:g} to {highest:g} kV; used the factor at {kept:g}"
    )
    return factor, (Issue(code=IssueCode.KVP_EXTRAPOLATED, message=message),)


def _at_kev(kev: float | None, settings: TubeVoltageSettings) -> tuple[float, tuple[Issue, ...]]:
    """Scale for a virtual mono-energetic image, which is never silent: no published score was made on one."""
    if kev is None:
        factor = 1.0
        message = (
            "a virtual mono-energetic image at an energy that the header does not state: calcium thresholds"
            " are those of 120 kV, which is about 70 keV"
        )
    else:
        factor, kept = _interpolate(settings.kev_factors, kev)
        at = "" if kept == kev else f", the factor of {kept:g} keV"
        message = (
            f"a virtual mono-energetic image at {kev:g} keV: calcium thresholds were multiplied by"
            f" {factor:.2f}{at}"
        )
    return factor, (Issue(code=IssueCode.KEV_IMAGE, message=message),)


def _known_beam(header: ImageHeader, settings: TubeVoltageSettings) -> Issue | None:
    """Say why thresholds are not scaled by tube voltage in this image; ``None`` where they are."""
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


def _interpolate(table: tuple[tuple[float, float], ...], energy: float) -> tuple[float, float]:
    """Return the factor, linear between the rows, and the energy that was used: the ends hold."""
    energies, factors = zip(*table, strict=True)
    kept = min(max(energy, energies[0]), energies[-1])
    return float(np.interp(kept, energies, factors)), kept
