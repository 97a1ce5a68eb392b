"""Studies of a PACS: found by C-FIND, brought by C-GET, or sent by C-MOVE to whoever it knows."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import cast

from pydicom import Dataset
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.uid import DeflatedExplicitVRLittleEndian
from pydicom.valuerep import FLOAT_VR, INT_VR, STR_VR
from pynetdicom import ALL_TRANSFER_SYNTAXES, build_context, build_role, evt
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.dsutils import encode
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    StudyRootQueryRetrieveInformationModelFind,
    StudyRootQueryRetrieveInformationModelGet,
    StudyRootQueryRetrieveInformationModelMove,
)

from calciseg.errors import InputError, OutputError, UsageError
from calciseg.outputs import output_error, whole_file
from calciseg.pacs.file_head import file_head
from calciseg.pacs.names import file_of, folder_of
from calciseg.pacs.peers import Peer, associated, read_ae_title
from calciseg.pacs.spool import IMAGE_CLASSES, StoreStatus
from calciseg.quiet import quiet_pydicom

__all__ = ["FoundStudy", "find_studies", "get_study", "move_study"]

_FIRST_TAG = 0x00080000
"""Below it are commands and what stands at the head of a file."""
_PENDING = (0xFF00, 0xFF01)
_SYNTAXES = [uid for uid in ALL_TRANSFER_SYNTAXES if uid != DeflatedExplicitVRLittleEndian]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundStudy:
    """A study that a PACS has; nothing in it says whose."""

    study_instance_uid: str
    study_date: str | None
    modalities: tuple[str, ...]
    n_instances: int | None


def find_studies(peer: Peer, query: Mapping[str, str]) -> list[FoundStudy]:
    """Ask for studies by C-FIND.

    Parameters
    ----------
    peer : Peer
    query : mapping
        Values by DICOM keyword, as ``{"ModalitiesInStudy": "CT", "StudyDate": "20260101-"}``.

    Returns
    -------
    list of FoundStudy

    Raises
    ------
    UsageError
        If a keyword is not one of DICOM, or a value does not fit it.
    InputError
        If the peer cannot be reached, or does not answer to the end.
    """
    identifier = _identifier(query)
    found = []
    with associated(peer, [build_context(StudyRootQueryRetrieveInformationModelFind)]) as association:
        for status, answer in association.send_c_find(identifier, StudyRootQueryRetrieveInformationModelFind):
            code = _code(peer, status, "C-FIND")
            if code in _PENDING and answer is not None:
                found.append(_found(answer))
            elif code not in (*_PENDING, 0):
                raise InputError(f"{peer} refused the C-FIND (status {code:04X}H); ask its administrator")
    return [study for study in found if study.study_instance_uid]


def get_study(peer: Peer, study_instance_uid: str, folder: Path) -> int:
    """Bring the images of a study by C-GET, over the association that asks for them.

    Parameters
    ----------
    peer : Peer
    study_instance_uid : str
    folder : Path
        Gets a folder a study, and in it a file an object; their names are hashes of the UIDs.

    Returns
    -------
    int
        How many objects came.

    Raises
    ------
    InputError
        If the peer cannot be reached or does not send all of it; what came is kept.
    OutputError
        If a file cannot be written.
    """
    target = folder / folder_of(study_instance_uid)
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise output_error(target, error) from error
    came: set[str] = set()
    failures: list[OutputError] = []

    def keep(event: evt.Event) -> int:
        request = cast(C_STORE, event.request)
        uid = str(request.AffectedSOPInstanceUID)
        head = file_head(str(request.AffectedSOPClassUID), uid, str(event.context.transfer_syntax))
        try:
            with whole_file(target / file_of(uid)) as file:
                file.write(head + cast(BytesIO, request.DataSet).getvalue())
        except OutputError as error:
            failures.append(error)
            return StoreStatus.OUT_OF_RESOURCES
        came.add(uid)
        return StoreStatus.SUCCESS

    contexts = [build_context(StudyRootQueryRetrieveInformationModelGet)]
    contexts += [build_context(uid, _SYNTAXES) for uid in sorted(IMAGE_CLASSES)]
    roles = [build_role(uid, scp_role=True) for uid in sorted(IMAGE_CLASSES)]
    with associated(peer, contexts, roles=roles, handlers=[(evt.EVT_C_STORE, keep)]) as association:
        answers = association.send_c_get(_one(study_instance_uid), StudyRootQueryRetrieveInformationModelGet)
        try:
            _followed(peer, answers, study_instance_uid, "C-GET")
        except InputError as error:
            raise (failures[0] if failures else error) from error
    if not came:
        raise InputError(f"{peer} has no image of study {study_instance_uid}; check the UID")
    return len(came)


def move_study(
    peer: Peer, study_instance_uid: str, destination: str, progress: Progress | None = None
) -> int:
    """Let a PACS send a study, by C-MOVE, to an application that it knows, such as a listener of ours.

    Parameters
    ----------
    peer : Peer
    study_instance_uid : str
    destination : str
        An AE title; the PACS knows its address.
    progress : callable, optional
        Called with the number of objects that were sent and their total.

    Returns
    -------
    int
        How many objects were sent.

    Raises
    ------
    UsageError
        If the destination is no AE title.
    InputError
        If the peer cannot be reached or does not send all of it.
    """
    read_ae_title(destination)
    with associated(peer, [build_context(StudyRootQueryRetrieveInformationModelMove)]) as association:
        answers = association.send_c_move(
            _one(study_instance_uid), destination, StudyRootQueryRetrieveInformationModelMove
        )
        n_sent = _followed(peer, answers, study_instance_uid, "C-MOVE", progress)
    if not n_sent:
        raise InputError(f"{peer} sent nothing of study {study_instance_uid}; check the UID")
    return n_sent


def _followed(
    peer: Peer,
    answers: Iterator[tuple[Dataset, Dataset | None]],
    uid: str,
    service: str,
    progress: Progress | None = None,
) -> int:
    """Follow a retrieval to its end and return how many objects went well."""
    n_completed = n_failed = 0
    for status, _ in answers:
        code = _code(peer, status, service)
        n_completed = int(status.get("NumberOfCompletedSuboperations") or n_completed)
        n_failed = int(status.get("NumberOfFailedSuboperations") or n_failed)
        if progress is not None:
            n_left = int(status.get("NumberOfRemainingSuboperations") or 0)
            progress(n_completed + n_failed, n_completed + n_failed + n_left)
        if code not in (*_PENDING, 0, 0xB000):
            known = {0xA801: "does not know the destination", 0xA702: "could not send the objects"}
            what = known.get(code, f"refused the {service} (status {code:04X}H)")
            raise InputError(f"{peer} {what}; ask its administrator")
    if n_failed:
        raise InputError(f"{peer} failed to send {n_failed} objects of study {uid}; try later")
    return n_completed


def _code(peer: Peer, status: Dataset, service: str) -> int:
    if "Status" not in status:
        raise InputError(f"{peer} broke off, or fell silent, during a {service}; try later")
    return int(status.Status)


def _identifier(query: Mapping[str, str]) -> Dataset:
    identifier = _one("")
    identifier.StudyDate = identifier.ModalitiesInStudy = ""
    identifier.NumberOfStudyRelatedInstances = None
    if not all(value.isascii() for value in query.values()):
        identifier.SpecificCharacterSet = "ISO_IR 192"
    with quiet_pydicom():
        for keyword, value in query.items():
            _ask(identifier, keyword, value)
    return identifier


def _ask(identifier: Dataset, keyword: str, value: str) -> None:
    tag = tag_for_keyword(keyword)
    if tag is None or tag < _FIRST_TAG:
        raise UsageError(f"--query {keyword}: is no DICOM keyword; give one such as PatientID")
    try:
        setattr(identifier, keyword, _typed(keyword, value))
        # More can be set than can be sent.
        is_sendable = encode(identifier, True, True) is not None
    except (TypeError, ValueError):
        is_sendable = False
    if not is_sendable:
        raise UsageError(f"--query {keyword}: its value does not fit; see the DICOM standard")


def _typed(keyword: str, value: str) -> str | int | float:
    """Return what the VR of a keyword wants of the value; what holds bytes or a sequence has none."""
    vr = dictionary_VR(keyword)
    if vr in STR_VR or (not value and vr in INT_VR | FLOAT_VR):
        return value
    if vr in INT_VR:
        return int(value)
    if vr in FLOAT_VR:
        return float(value)
    raise TypeError(vr)


def _one(study_instance_uid: str) -> Dataset:
    identifier = Dataset()
    identifier.QueryRetrieveLevel = "STUDY"
    identifier.StudyInstanceUID = study_instance_uid
    return identifier


def _found(answer: Dataset) -> FoundStudy:
    modalities = answer.get("ModalitiesInStudy") or ()
    n_instances = None
    with suppress(TypeError, ValueError):
        n_instances = int(answer.get("NumberOfStudyRelatedInstances"))
    return FoundStudy(
        study_instance_uid=str(answer.get("StudyInstanceUID") or ""),
        study_date=str(answer.get("StudyDate") or "") or None,
        modalities=(modalities,) if isinstance(modalities, str) else tuple(modalities),
        n_instances=n_instances,
    )
