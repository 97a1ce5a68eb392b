"""What the caller says of the image, laid over what was derived from the pixels."""

from dataclasses import fields, replace

from calciseg.model import Imaging

__all__ = ["combined"]


def combined(stated: Imaging | None, derived: Imaging | None) -> Imaging:
    """Return the imaging part that counts: field by field the stated value, else the derived one.

    Parameters
    ----------
    stated, derived : Imaging or None

    Returns
    -------
    Imaging
    """
    if stated is None or derived is None:
        return stated or derived or Imaging()
    said = {
        one.name: value
        for one in fields(Imaging)
        if (value := getattr(stated, one.name)) is not None and value != ()
    }
    return replace(derived, **said)
