"""Results to a PACS by C-STORE."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydicom import Dataset, dcmread
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
    wanted = sorted({_context_of(path) for path in paths})
    refused: list[str] = []
    n_stored, n_passing = 0, 0
    with associated(peer, [build_context(*pair) for pair in wanted]) as association:
        for path in paths:
            dataset = _read(path)
            try:
                answer = association.send_c_store(dataset)
            except ValueError:
                refused.append(f"{path.name} (its SOP class is not accepted)")
                continue
            except RuntimeError:  # the peer has gone since the last object
                answer = Dataset()
            if "Status" not in answer:
                raise InputError(f"{peer} broke off while {path.name} was sent; try later")
            status = int(answer.Status)
            if status == 0 or 0xB000 <= status < 0xC000:
                n_stored += 1
            else:
                refused.append(f"{path.name} (status {status:04X}H)")
                n_passing += status in _PASSING
    return SendReport(n_stored=n_stored, refused=tuple(refused), is_worth_another_try=n_passing > 0)


def _context_of(path: Path) -> tuple[str, str]:
    """Return the SOP class and the transfer syntax of an object."""
    with _in_words(path):
        header = dcmread(path, stop_before_pixels=True)
        return str(header.SOPClassUID), str(header.file_meta.TransferSyntaxUID)


def _read(path: Path) -> Dataset:
    with _in_words(path):
        return dcmread(path)


@contextmanager
def _in_words(path: Path) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # a damaged file raises whatever pydicom's parser raises
        raise InputError(f"{path.name} cannot be read as DICOM ({type(error).__name__})") from error
