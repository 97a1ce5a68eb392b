"""Results to a PACS by C-STORE."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydicom import Dataset, dcmread
from pydicom.errors import InvalidDicomError
from pynetdicom import build_context

from calciseg.errors import InputError
from calciseg.pacs.peers import Peer, associated

__all__ = ["SendReport", "send_objects"]

_PASSING = range(0xA700, 0xA800)
"""Out of resources: may be over soon. Other failures say that the object itself is not wanted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendReport:
    """What became of the objects.

    Attributes
    ----------
    n_stored : int
    refused : tuple of str
        One entry an object: its file and the status.
    is_worth_another_try : bool
        Whether what was refused may be taken later.
    """

    n_stored: int
    refused: tuple[str, ...]
    is_worth_another_try: bool


def send_objects(peer: Peer, paths: Sequence[Path]) -> SendReport:
    """Send DICOM objects in one association; the peer keeps those it has already.

    Parameters
    ----------
    peer : Peer
    paths : sequence of Path

    Returns
    -------
    SendReport

    Raises
    ------
    InputError
        If an object cannot be read, or there is no association to be had; worth another try.
    """
    headers = {path: _header(path) for path in paths}
    wanted = sorted({(str(h.SOPClassUID), str(h.file_meta.TransferSyntaxUID)) for h in headers.values()})
    refused: list[str] = []
    n_stored, n_passing = 0, 0
    with associated(peer, [build_context(*pair) for pair in wanted]) as association:
        for path in headers:
            try:
                answer = association.send_c_store(dcmread(path))
            except ValueError:
                refused.append(f"{path.name} (its SOP class is not accepted)")
                continue
            if "Status" not in answer:
                raise InputError(f"{peer} broke off while {path.name} was sent; try later")
            status = int(answer.Status)
            if status == 0 or 0xB000 <= status < 0xC000:
                n_stored += 1
            else:
                refused.append(f"{path.name} (status {status:04X}H)")
                n_passing += status in _PASSING
    return SendReport(n_stored=n_stored, refused=tuple(refused), is_worth_another_try=n_passing > 0)


def _header(path: Path) -> Dataset:
    try:
        return dcmread(path, stop_before_pixels=True)
    except (OSError, InvalidDicomError) as error:
        raise InputError(f"{path.name} cannot be read as DICOM ({type(error).__name__})") from error
