"""DICOMweb with Orthanc and its plug-in: in, analysed, out; and with a server that fails."""

import json
import os
import ssl
import subprocess
import sys
from pathlib import Path

import pydicom
import pytest
import trustme
from archive import ROOT_UID
from faulty_proxy import CUT, Proxy, running_proxy
from peers import Orthanc

import calciseg
from calciseg.errors import InputError, UsageError
from calciseg.outputs.result_document import result_document
from calciseg.pacs.names import folder_of
from calciseg.pacs.pull import retrieve, save_study
from calciseg.pacs.pulled import PullPlan, StudyKept, pull
from calciseg.pacs.push import push
from calciseg.pacs.secrets import read_secret
from calciseg.pacs.web import WebPacs
from calciseg.pacs.web_server import WebServer
from calciseg.settings import Settings

STUDY_UID = f"{ROOT_UID}.1.1"


def run(*arguments: object, **environment: str) -> "subprocess.CompletedProcess[str]":
    """``calciseg`` as people start it."""
    return subprocess.run(
        [Path(sys.executable).parent / "calciseg", *map(str, arguments)],
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )


def pacs_at(url: str, **options: object) -> WebPacs:
    return WebPacs(WebServer(url=url, first_wait_seconds=0.01, **options))


def lesions_of(document: dict[str, object]) -> object:
    return [image["lesions"] for image in document["images"]]


@pytest.mark.slow
def test_pull_analyse_push(orthanc: Orthanc, study: Path, tmp_path: Path) -> None:
    orthanc.upload(study)
    out, temporary = tmp_path / "out", tmp_path / "tmp"
    temporary.mkdir()
    asked = ("--query", "ModalitiesInStudy=CT", "--output-type", "json,seg,sr,pdf")
    command = ("pull", "--url", orthanc.web_url, *asked, "-o", out, "--json", "-q")
    done = run(*command, TMPDIR=str(temporary))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"n_studies": 1, "n_analyzed": 1, "n_kept": 0, "failures": []}
    folder = out / folder_of(STUDY_UID)
    assert sorted(path.name for path in out.iterdir()) == sorted([folder.name, "pull.json"])
    assert list(temporary.iterdir()) == []
    expected = result_document(calciseg.analyze(study)).model_dump(mode="json")
    found = json.loads((folder / "result.json").read_text())
    assert lesions_of(found) == lesions_of(expected)
    assert found["images"][0]["sop_instance_uids"] == expected["images"][0]["sop_instance_uids"]
    assert json.loads(run(*command).stdout)["n_kept"] == 1

    objects = sorted(folder.glob("*.dcm"))
    assert [path.name for path in objects] == ["report.dcm", "seg-1.dcm", "sr-1.dcm"]
    n_before = len(orthanc.get("/instances"))
    pushed = [run("push", out, "--url", orthanc.web_url, "--json") for _ in range(2)]
    assert [one.returncode for one in pushed] == [0, 0]
    counts = [json.loads(one.stdout) for one in pushed]
    assert [(one["n_stored"], one["n_there_before"]) for one in counts] == [(3, 0), (0, 3)]
    assert len(orthanc.get("/instances")) == n_before + 3
    (there,) = orthanc.get("/studies?expand")
    modalities = [orthanc.get(f"/series/{one}")["MainDicomTags"]["Modality"] for one in there["Series"]]
    assert sorted(modalities) == ["CT", "DOC", "SEG", "SR"]
    pacs = pacs_at(orthanc.web_url)
    listed = {one.sop_instance_uid: one for one in pacs.list_instances(STUDY_UID)}
    for path in objects:
        sent = pydicom.dcmread(path)
        assert pacs.instance(listed[sent.SOPInstanceUID]) == sent
    pacs.close()


def test_a_server_that_breaks_off_is_asked_for_the_rest(
    orthanc: Orthanc, study: Path, tmp_path: Path
) -> None:
    orthanc.upload(study)
    n_slices = len(list(study.iterdir()))

    def fault(path: str, n: int) -> int | None:
        if n % 3 == 0:
            return 503
        return CUT if path.count("/") == 5 and "?" not in path else None

    with running_proxy(Proxy(orthanc.url, fault)) as proxy:
        pacs = pacs_at(f"{proxy.url}/dicom-web")
        datasets = retrieve(pacs, pacs.list_instances(STUDY_UID))
        streams = [path for _, path in proxy.requests if path.count("/") == 5 and "?" not in path]
        single = [path for _, path in proxy.requests if "/instances/" in path]
        pacs.close()
    assert len(streams) == 1
    assert n_slices // 3 < len(single) < n_slices * 2
    assert sorted(one.SOPInstanceUID for one in datasets) == sorted(
        pydicom.dcmread(path).SOPInstanceUID for path in study.iterdir()
    )
    assert all(len(one.PixelData) == one.Rows * one.Columns * 2 for one in datasets)


def test_saving_goes_on_where_it_stopped(orthanc: Orthanc, study: Path, tmp_path: Path) -> None:
    orthanc.upload(study)
    saved = tmp_path / "saved"

    def gone_after_a_part(path: str, n: int) -> int | None:
        if "/series/" not in path or "?" in path:
            return None
        if "/instances/" not in path:
            return CUT
        return 404 if n > 12 else None

    with running_proxy(Proxy(orthanc.url, gone_after_a_part)) as proxy:
        pacs = pacs_at(f"{proxy.url}/dicom-web")
        listed = pacs.list_instances(STUDY_UID)
        with pytest.raises(InputError, match="does not have it"):
            save_study(pacs, listed, saved)
        n_saved = len(list(saved.rglob("*.dcm")))
        assert 0 < n_saved < len(listed)
        assert not list(saved.rglob("*.part"))
        proxy.fault = lambda _path, _n: None
        proxy.requests.clear()
        folder = save_study(pacs, listed, saved)
        asked = [path for _, path in proxy.requests]
        pacs.close()
    assert len(asked) == len(listed) - n_saved
    files = sorted(folder.rglob("*.dcm"))
    assert len(files) == len(listed)
    assert not any(ROOT_UID in str(path) or "Doe" in str(path) for path in files)
    for original in study.iterdir():
        sent = pydicom.dcmread(original)
        (same,) = (one for one in map(pydicom.dcmread, files) if one.SOPInstanceUID == sent.SOPInstanceUID)
        assert same == sent


def test_an_answer_that_stays_away_ends_in_a_sentence(orthanc: Orthanc, study: Path) -> None:
    orthanc.upload(study)
    with running_proxy(Proxy(orthanc.url, lambda _path, _n: 503)) as proxy:
        pacs = pacs_at(f"{proxy.url}/dicom-web", n_attempts=3)
        with pytest.raises(InputError, match="HTTP 503"):
            pacs.list_instances(STUDY_UID)
        assert len(proxy.requests) == 3
        pacs.close()
    nobody = pacs_at("http://127.0.0.1:9/dicom-web", n_attempts=2)
    with pytest.raises(InputError, match="cannot be reached"):
        nobody.find_studies({"PatientID": "secret-4711"})
    nobody.close()


def test_studies_fail_alone_and_new_slices_are_seen(orthanc: Orthanc, study: Path, tmp_path: Path) -> None:
    slices = sorted(study.iterdir())
    for path in slices[:-4]:
        orthanc.ask("/instances", path.read_bytes())
    pacs = pacs_at(orthanc.web_url)
    plan = PullPlan(out=tmp_path / "out", types=("json",), settings=Settings())
    failure, first = pull(pacs, ["1.2.3.4", STUDY_UID], plan)
    assert "has no study 1.2.3.4" in failure.reason
    (again,) = pull(pacs, [STUDY_UID], plan)
    assert isinstance(again, StudyKept)
    for path in slices[-4:]:
        orthanc.ask("/instances", path.read_bytes())
    (more,) = pull(pacs, [STUDY_UID], plan)
    pacs.close()
    n_slices = [len(one.images[0].image.header.sop_instance_uids) for one in (first, more)]
    assert n_slices == [len(slices) - 4, len(slices)]


@pytest.mark.slow
def test_who_is_not_known_stays_outside(orthanc: Orthanc, study: Path, tmp_path: Path) -> None:
    orthanc.upload(study)
    n_slices = len(list(study.iterdir()))
    with running_proxy(Proxy(orthanc.url)) as proxy:
        url = f"{proxy.url}/dicom-web"

        def only(header: str) -> None:
            proxy.fault = lambda _path, _n: None if proxy.headers[-1].get("Authorization") == header else 401

        def n_listed(**known: str) -> int:
            pacs = pacs_at(url, **known)
            try:
                return len(pacs.list_instances(STUDY_UID))
            finally:
                pacs.close()

        only("Basic amFuZTpnZWhlaW0=")
        assert n_listed(user="jane", password="geheim") == n_slices
        with pytest.raises(InputError, match=r"does not let us in \(HTTP 401\)"):
            n_listed()
        command = ("pull", "--url", url, "--study", STUDY_UID, "--save", tmp_path / "a", "--user", "jane")
        wrong = run(*command, "--password", "env:SECRET", SECRET="falsch")
        only("Bearer abc.def")
        (tmp_path / "token").write_text("abc.def\n")
        assert n_listed(token=read_secret(f"file:{tmp_path / 'token'}")) == n_slices
    assert wrong.returncode == 2
    assert "does not let us in (HTTP 401)" in wrong.stderr
    assert wrong.stderr.count("\n") == 1
    assert "falsch" not in wrong.stderr


def test_certificates_on_both_sides(orthanc: Orthanc, study: Path, tmp_path: Path) -> None:
    orthanc.upload(study)
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    ours = authority.issue_cert("client")
    ours.private_key_and_cert_chain_pem.write_to_path(tmp_path / "ours.pem")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.verify_mode = ssl.CERT_REQUIRED
    authority.issue_cert("localhost").configure_cert(context)
    authority.configure_trust(context)
    with running_proxy(Proxy(orthanc.url), context) as proxy:
        url = f"{proxy.url}/dicom-web"
        pacs = pacs_at(url, certificate=tmp_path / "ours.pem", authority=tmp_path / "ca.pem")
        assert len(pacs.list_instances(STUDY_UID)) == len(list(study.iterdir()))
        pacs.close()
        for options in ({"authority": tmp_path / "ca.pem"}, {"certificate": tmp_path / "ours.pem"}):
            pacs = pacs_at(url, n_attempts=2, **options)
            with pytest.raises(InputError, match=r"certificates|cannot be reached"):
                pacs.list_instances(STUDY_UID)
            pacs.close()


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"url": "http://pacs.example/dicom-web", "token": "t"}, "unencrypted"),
        ({"url": "https://pacs.example", "user": "a", "token": "t"}, "exclude each other"),
        ({"url": "ftp://pacs.example"}, "no address"),
        ({"url": "https://pacs.example", "authority": Path("no/such.pem")}, "is no file"),
    ],
)
def test_what_is_not_safe_is_refused(options: dict[str, object], word: str) -> None:
    with pytest.raises(UsageError, match=word):
        WebPacs(WebServer(**options))


@pytest.mark.parametrize("place", ["geheim", "env:NOT_THERE", "file:no/such/file", "env:"])
def test_secrets_are_not_written_out(place: str) -> None:
    with pytest.raises(UsageError, match="secret") as refused:
        read_secret(place)
    assert "geheim" not in str(refused.value)


def test_nothing_to_push(tmp_path: Path) -> None:
    pacs = pacs_at("http://127.0.0.1:9")
    with pytest.raises(InputError, match="holds no DICOM object"):
        push(pacs, tmp_path)
    (tmp_path / "seg-1.dcm").write_bytes(b"no DICOM")
    with pytest.raises(InputError, match="cannot be read as DICOM"):
        push(pacs, tmp_path)
    pacs.close()
