"""C-FIND, C-GET and C-MOVE with Orthanc, and with DCMTK's programs where they can say the same."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pydicom
import pytest
from answers import Command
from archive import ROOT_UID, put_study
from listening import listening
from peers import Orthanc, dcmtk
from pynetdicom import AE, evt
from pynetdicom.sop_class import StudyRootQueryRetrieveInformationModelFind

from calciseg.errors import InputError, UsageError
from calciseg.pacs.names import folder_of
from calciseg.pacs.peers import Peer, echo, read_peer
from calciseg.pacs.query import find_studies, get_study, move_study
from calciseg.quiet import quiet_pydicom

STUDY_UIDS = [f"{ROOT_UID}.1.1", f"{ROOT_UID}.1.2"]


def run(*arguments: object) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [Path(sys.executable).parent / "calciseg", *map(str, arguments)],
        env=dict(os.environ), stdin=subprocess.DEVNULL, capture_output=True, text=True,
    )  # fmt: skip


@pytest.fixture
def full(orthanc: Orthanc, slices: Sequence[pydicom.Dataset], tmp_path: Path) -> Orthanc:
    """An Orthanc with two studies of two patients."""
    for number in (1, 2):
        for dataset in slices:
            dataset.PatientID = f"P{number}"
        put_study(slices, tmp_path / f"study-{number}", number)
        orthanc.upload(tmp_path / f"study-{number}")
    return orthanc


def by_uid(folder: Path) -> dict[str, pydicom.Dataset]:
    return {one.SOPInstanceUID: one for one in map(pydicom.dcmread, folder.rglob("*.dcm"))}


@pytest.mark.slow
def test_find_and_get(command: Command, full: Orthanc, tmp_path: Path) -> None:
    pacs = f"ORTHANC@127.0.0.1:{full.dicom_port}"
    listed = command("query", pacs, "--query", "ModalitiesInStudy=CT", "--json")
    assert listed.code == 0, listed.err
    studies = json.loads(listed.out)["studies"]
    assert sorted(one["study_instance_uid"] for one in studies) == STUDY_UIDS
    assert "Jane" not in listed.out + listed.err
    assert command("query", pacs, "--query", "PatientID=P2").out.startswith(STUDY_UIDS[1])
    assert json.loads(command("query", pacs, "--query", "PatientID=P9", "--json").out) == {"studies": []}
    retrieved = run("retrieve", pacs, "--query", "PatientID=P2", "--save", tmp_path / "saved")
    assert retrieved.returncode == 0, retrieved.stderr
    assert by_uid(tmp_path / "saved" / folder_of(STUDY_UIDS[1])) == by_uid(tmp_path / "study-2")
    assert [path.name for path in (tmp_path / "saved").iterdir()] == [folder_of(STUDY_UIDS[1])]


@pytest.mark.slow
def test_moved_to_a_listener_that_sends_back(full: Orthanc, tmp_path: Path) -> None:
    pacs = f"ORTHANC@127.0.0.1:{full.dicom_port}"
    with listening(tmp_path / "l", "--calling", "ORTHANC", "--send-to", pacs) as listener:
        full.know("CALCISEG", listener.port)
        moved = run("retrieve", pacs, "--study", STUDY_UIDS[0], "--send-to", "CALCISEG")
        assert moved.returncode == 0, moved.stderr
        key = f"StudyInstanceUID={STUDY_UIDS[1]}"
        where = ("127.0.0.1", full.dicom_port)
        level = ("-k", "QueryRetrieveLevel=STUDY", "-k", key)
        assert dcmtk("movescu", "-S", "-aec", "ORTHANC", "-aem", "CALCISEG", *level, *where).returncode == 0
        listener.wait_for(done=2)
        found = dcmtk(
            "findscu", "-v", "-S", "-aec", "ORTHANC", "-k", "QueryRetrieveLevel=SERIES",
            "-k", key, "-k", "Modality", *where,
        )  # fmt: skip
    assert {path.name for path in listener.out.iterdir()} == set(map(folder_of, STUDY_UIDS))
    said = found.stdout + found.stderr
    assert [f"[{modality}" in said for modality in ("CT", "SEG", "SR")] == [True] * 3


@pytest.fixture
def answered(monkeypatch: pytest.MonkeyPatch) -> Iterator[Peer]:
    """A PACS that finds one study, with words in every value that say whose it is."""
    answer = pydicom.Dataset()
    with quiet_pydicom():
        answer.StudyInstanceUID, answer.StudyDate, answer.ModalitiesInStudy = (
            "Doe.Jane",
            "Doe^Jane",
            "Doe^Jane",
        )
        answer.NumberOfStudyRelatedInstances = "3"
    ae = AE("PACS")
    ae.add_supported_context(StudyRootQueryRetrieveInformationModelFind)
    handlers = [(evt.EVT_C_FIND, lambda _: iter([(0xFF00, answer)]))]
    server = ae.start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers)
    yield read_peer(f"PACS@127.0.0.1:{server.server_address[1]}", "CALCISEG")
    server.shutdown()


def test_values_that_pydicom_warns_of_are_not_shown(
    answered: Peer, recwarn: pytest.WarningsRecorder, caplog: pytest.LogCaptureFixture
) -> None:
    (found,) = find_studies(
        answered, {"StudyDate": "Doe^Jane", "PatientID": "x" * 100, "PatientName": "Müller"}
    )
    assert found.n_instances == 3
    assert not recwarn.list
    assert "Jane" not in caplog.text


@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("PixelData", "1"),
        ("PixelData", ""),
        ("Rows", "70000"),
        ("Rows", "many"),
        ("NumberOfStudyRelatedInstances", "many"),
        ("ReferencedStudySequence", "1"),
        ("TransferSyntaxUID", "1.2"),
        ("CommandField", "1"),
        ("FileMetaInformationVersion", "1"),
    ],
)
def test_what_cannot_be_asked_for(keyword: str, value: str) -> None:
    with pytest.raises(UsageError, match=rf"^--query {keyword}: "):
        find_studies(read_peer("PACS@127.0.0.1:1", "CALCISEG"), {keyword: value})


@pytest.mark.parametrize("query", [{"Rows": "512"}, {"Rows": ""}, {"PatientName": "山*"}, {"Exposure": "5"}])
def test_what_can_be_asked_for(answered: Peer, query: dict[str, str]) -> None:
    assert len(find_studies(answered, query)) == 1


@pytest.mark.parametrize("title", ["", "WAYTOOLONGAETITLE12", "A\\B"])
def test_a_destination_that_is_no_ae_title(title: str) -> None:
    with pytest.raises(UsageError, match="is no AE title"):
        move_study(read_peer("PACS@127.0.0.1:1", "CALCISEG"), "1.2", title)


@pytest.mark.slow
def test_what_cannot_be_had_is_said_in_a_sentence(full: Orthanc, tmp_path: Path) -> None:
    peer = read_peer(f"ORTHANC@127.0.0.1:{full.dicom_port}", "CALCISEG")
    echo(peer)
    with pytest.raises(InputError, match=r"no image of study 1\.2\.3|refused|broke off"):
        get_study(peer, "1.2.3", tmp_path)
    with pytest.raises(InputError, match=r"ORTHANC@.*(destination|refused|sent nothing)"):
        move_study(peer, STUDY_UIDS[0], "NOBODY")
    with pytest.raises(UsageError, match="no DICOM keyword"):
        find_studies(peer, {"Nonsense": "1"})
    with listening(tmp_path / "l") as listener, pytest.raises(InputError, match="does not know our AE title"):
        echo(read_peer(f"CALCISEG@127.0.0.1:{listener.port}", "STRANGER"))


@pytest.mark.parametrize(
    "text",
    ["ORTHANC", "ORTHANC@host", "@host:104", "A" * 17 + "@host:104", "A@host:0", "A@host:99999", "A\\B@h:1"],
)
def test_addresses_that_are_none(text: str) -> None:
    with pytest.raises(UsageError, match=r"AE title|AET@host:port"):
        read_peer(text, "CALCISEG")
