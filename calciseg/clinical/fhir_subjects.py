"""Whose data a FHIR Bundle holds: references in all their forms to patients."""

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel

__all__ = ["Subjects"]


class Subjects:
    """The patients of a Bundle, by every name that a reference may call them.

    Parameters
    ----------
    patients : iterable of (str, BaseModel)
        Full URL, or an empty text, and the Patient resource.
    """

    def __init__(self, patients: Iterable[tuple[str, BaseModel]]) -> None:
        self._number_of: dict[str, int] = {}
        self._n_patients = 0
        for url, patient in patients:
            own = getattr(patient, "id", None)
            names = {name for name in (url, own and f"Patient/{own}", _relative(url)) if name}
            number = next((self._number_of[name] for name in names if name in self._number_of), None)
            if number is None:
                number, self._n_patients = self._n_patients, self._n_patients + 1
            self._number_of.update(dict.fromkeys(names, number))

    def count(self, resources: Iterable[BaseModel]) -> int:
        """Return of how many patients a Bundle speaks.

        Parameters
        ----------
        resources : iterable of BaseModel
            All but the patients.

        Returns
        -------
        int
            A reference that names no Patient of the Bundle counts as another one, unless the Bundle's only
            Patient has neither identifier nor full URL and may be meant.
        """
        strangers = {reference for one in resources if (reference := self._unresolved(one))}
        if self._n_patients == 1 and not self._number_of:
            return max(1, len(strangers))
        return self._n_patients + len(strangers)

    def _unresolved(self, resource: BaseModel) -> str | None:
        """Return the patient whom a resource is about, if no Patient of the Bundle is called so."""
        for name in ("subject", "patient"):
            reference = getattr(getattr(resource, name, None), "reference", None)
            if reference:
                named = str(reference).partition("/_history/")[0]
                relative = _relative(named)
                is_known = named in self._number_of or relative in self._number_of
                return None if is_known or not _is_patient(named) else relative or named
        return None


def _relative(reference: Any) -> str:
    """Return ``Patient/<id>`` of a relative or absolute reference, or nothing."""
    parts = str(reference or "").split("/")
    return "/".join(parts[-2:]) if len(parts) > 1 and parts[-2] == "Patient" else ""


def _is_patient(reference: str) -> bool:
    """Tell patients from groups, devices and places, of which observations are made too."""
    parts = reference.split("/")
    return len(parts) < 2 or parts[-2] == "Patient"
