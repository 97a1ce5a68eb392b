"""``calciseg listen`` with DCMTK and Orthanc: in, analysed, back; killed, and nothing is lost."""

import json
import subprocess
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pydicom
import pytest
import trustme
from archive import ROOT_UID, put_study
from hostile import associated, p_data
from listening import Listening, listening, start_listener
from peers import dcmtk, free_port, n_stored, program, running_orthanc, wait_until
from small_disk import make_larger, small_disk

import calciseg
from calciseg.outputs.result_document import result_document
from calciseg.pacs.names import folder_of


def send(port: int, *paths: Path, called: str = "CALCISEG") -> "subprocess.CompletedProcess[str]":
    return dcmtk("storescu", "-v", "-xe", "+sd", "-aec", called, "127.0.0.1", port, *paths)


def by_uid(paths: Iterable[Path]) -> dict[str, pydicom.Dataset]:
    return {dataset.SOPInstanceUID: dataset for dataset in map(pydicom.dcmread, paths)}


@pytest.mark.slow
def test_received_analysed_and_sent_back_to_orthanc(study: Path, tmp_path: Path) -> None:
    n_slices = len(list(study.iterdir()))
    with running_orthanc(tmp_path / "orthanc") as orthanc:
        to = f"ORTHANC@127.0.0.1:{orthanc.dicom_port}"
        with listening(tmp_path / "l", "--send-to", to) as listener:
            echo = dcmtk("echoscu", "-aec", "CALCISEG", "-aet", "STORESCU", "127.0.0.1", listener.port)
            assert echo.returncode == 0, echo.stderr
            done = send(listener.port, study)
            assert n_stored(done) == n_slices, done.stderr
            listener.wait_for(done=1)
            assert listener.stop() == 0
        found = [orthanc.get(f"/instances/{one}/simplified-tags") for one in orthanc.get("/instances")]
    assert sorted(one["Modality"] for one in found) == ["SEG", "SR"]
    assert {one["StudyInstanceUID"] for one in found} == {f"{ROOT_UID}.1.1"}
    result = json.loads((listener.out / folder_of(f"{ROOT_UID}.1.1") / "result.json").read_text())
    expected = result_document(calciseg.analyze(study)).model_dump(mode="json")
    assert result["images"][0]["lesions"] == expected["images"][0]["lesions"] != []
    assert by_uid(listener.objects) == by_uid(study.iterdir())
    first, second = listener.audit
    assert (first["calling"], first["end"], first["n_stored"]) == ("STORESCU", "released", 0)
    assert (second["n_stored"], second["n_refused"], second["end"]) == (n_slices, 0, "released")
    assert "Jane" not in listener.log + json.dumps(listener.audit)
    assert not [path for path in (tmp_path / "l").rglob("*") if "Doe" in path.name or ROOT_UID in path.name]


@pytest.mark.slow
def test_what_is_late_is_analysed_again_and_what_comes_twice_is_not(study: Path, tmp_path: Path) -> None:
    slices = sorted(study.iterdir())
    result = tmp_path / "l" / "out" / folder_of(f"{ROOT_UID}.1.1") / "result.json"

    def n_slices() -> int:
        return len(json.loads(result.read_text())["images"][0]["sop_instance_uids"])

    with listening(tmp_path / "l") as listener:
        assert n_stored(send(listener.port, *slices[:-3])) == len(slices) - 3
        listener.wait_for(done=1)
        assert n_slices() == len(slices) - 3
        assert n_stored(send(listener.port, *slices[-3:])) == 3
        wait_until(lambda: n_slices() == len(slices))
        listener.wait_for(done=1)
        n_analyses = listener.log.count("analysis of")
        assert n_stored(send(listener.port, *slices)) == len(slices)
        listener.wait_for(done=1)
        assert listener.log.count("analysis of") == n_analyses == 2


@pytest.mark.slow
def test_a_part_that_comes_after_the_rest_was_cleared_replaces_nothing(study: Path, tmp_path: Path) -> None:
    slices = sorted(study.iterdir())
    result = tmp_path / "l" / "out" / folder_of(f"{ROOT_UID}.1.1") / "result.json"
    with listening(tmp_path / "l", "--keep-hours", 0) as listener:
        send(listener.port, *slices[:-3])
        listener.wait_for(done=1)
        whole = result.read_bytes()
        listener.stop()
    with listening(tmp_path / "l", "--keep-hours", 0) as listener:
        wait_until(lambda: listener.objects == [])
        send(listener.port, *slices[-3:])
        listener.wait_for(failed=1)
        assert result.read_bytes() == whole
        assert len(listener.objects) == 3
        listener.stop()
    ((state, code, reason),) = listener.rows()
    assert (state, code) == ("failed", "incomplete")
    assert reason is not None
    assert "send the whole study again" in reason
    with listening(tmp_path / "l") as listener:
        send(listener.port, *slices)
        wait_until(lambda: listener.health()["studies"]["done"])
        assert len(json.loads(result.read_text())["images"][0]["sop_instance_uids"]) == len(slices)


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["reception", "analysis"])
def test_killed_and_started_again(
    slices: Sequence[pydicom.Dataset], study: Path, tmp_path: Path, moment: str
) -> None:
    put_study(slices, tmp_path / "second", 2)
    folders = [study, tmp_path / "second"]
    listener = start_listener(tmp_path / "l", slow_seconds=30.0 if moment == "analysis" else 0.0)
    if moment == "reception":
        command = [program("storescu"), "-v", "-xe", "+sd", "-aec", "CALCISEG", "127.0.0.1", listener.port]
        sender = subprocess.Popen(
            list(map(str, [*command, *folders])), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        wait_until(lambda: len(listener.objects) > 5)
        listener.kill()
        output, _ = sender.communicate(timeout=60)
        n_acknowledged = output.count("Received Store Response (Success)")
    else:
        n_acknowledged = sum(n_stored(send(listener.port, folder)) for folder in folders)
        wait_until(lambda: listener.health()["studies"]["running"])
        listener.kill()
    assert n_acknowledged > 0
    assert len(listener.objects) >= n_acknowledged
    # Each is whole: what was on its way lies elsewhere and is swept.
    assert all(len(one.PixelData) == one.Rows * one.Columns * 2 for one in by_uid(listener.objects).values())
    with listening(tmp_path / "l") as again:
        for folder in folders:
            send(again.port, folder)
        # Before the rest came, what was there may have been taken for the study, and have failed.
        wait_until(lambda: again.health()["studies"]["done"] == 2 and not again.health()["n_waiting"], 90)
        assert set(by_uid(again.objects)) == {uid for folder in folders for uid in by_uid(folder.iterdir())}
        assert again.stop() == 0
    for number in (1, 2):
        assert (again.out / folder_of(f"{ROOT_UID}.1.{number}") / "result.json").exists()
    assert not list((tmp_path / "l" / "spool" / "parts").iterdir())
    assert not (again.out / ".calciseg-batch").exists()


@pytest.mark.slow
def test_killed_with_everything_acknowledged_nothing_need_be_sent_again(study: Path, tmp_path: Path) -> None:
    listener = start_listener(tmp_path / "l", "--quiet-seconds", 30)
    assert n_stored(send(listener.port, study)) == len(list(study.iterdir()))
    listener.kill()
    with listening(tmp_path / "l") as again:
        again.wait_for(done=1)
    assert by_uid(again.objects) == by_uid(study.iterdir())
    assert (again.out / folder_of(f"{ROOT_UID}.1.1") / "result.json").exists()


@pytest.mark.slow
def test_a_destination_that_is_away_gets_its_objects_when_it_is_back(study: Path, tmp_path: Path) -> None:
    port = free_port()
    received = tmp_path / "received"
    received.mkdir()
    with listening(tmp_path / "l", "--send-to", f"PACS@127.0.0.1:{port}") as listener:
        send(listener.port, study)
        listener.wait_for(sending=1)
        wait_until(lambda: listener.health()["n_unsent_after_failures"])
        listener.kill()
    peer = subprocess.Popen([program("storescp"), "-od", str(received), "-aet", "PACS", str(port)])
    try:
        with listening(tmp_path / "l", "--send-to", f"PACS@127.0.0.1:{port}") as listener:
            listener.wait_for(done=1)
    finally:
        peer.terminate()
        peer.wait()
    assert len(list(received.iterdir())) == 2


@pytest.fixture
def certificates(tmp_path: Path) -> Path:
    """A folder: ours and theirs of one authority, a stranger's of another."""
    authority, stranger = trustme.CA(), trustme.CA()
    folder = tmp_path / "certificates"
    folder.mkdir()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    for name, issuer in (("ours", authority), ("theirs", authority), ("strange", stranger)):
        issued = issuer.issue_cert("localhost", "127.0.0.1", common_name=name)
        issued.private_key_pem.write_to_path(folder / f"{name}.key")
        issued.cert_chain_pems[0].write_to_path(folder / f"{name}.pem")
    return folder


def our_options(certificates: Path) -> tuple[object, ...]:
    ours, authority = certificates / "ours.pem", certificates / "ca.pem"
    return ("--tls-cert", ours, "--tls-key", ours.with_suffix(".key"), "--tls-ca", authority)


def shown(certificates: Path, name: str) -> tuple[object, ...]:
    """Options of DCMTK's tools that show a certificate."""
    certificate = certificates / f"{name}.pem"
    return ("+tls", certificate.with_suffix(".key"), certificate, "+cf", certificates / "ca.pem")


@pytest.mark.slow
def test_tls_with_certificates_on_both_sides(study: Path, tmp_path: Path, certificates: Path) -> None:
    def echo(listener: Listening, *options: object) -> int:
        where = ("-aec", "CALCISEG", "-aet", "STORESCU", "127.0.0.1", listener.port)
        return dcmtk("echoscu", *options, *where).returncode

    with listening(tmp_path / "l", *our_options(certificates)) as listener:
        assert echo(listener, *shown(certificates, "theirs")) == 0
        assert echo(listener) != 0
        assert echo(listener, "+tla", "+cf", certificates / "ca.pem") != 0
        assert echo(listener, *shown(certificates, "strange")) != 0
        where = ("-aec", "CALCISEG", "127.0.0.1", listener.port, study)
        sent = dcmtk("storescu", "-v", "-xe", "+sd", *shown(certificates, "theirs"), *where)
        assert n_stored(sent) == len(list(study.iterdir())), sent.stderr
        listener.wait_for(done=1)
    ends = [(line["end"], line["certificate"]) for line in listener.audit]
    assert ends.count(("tls_failed", None)) == 3
    assert ends[0][0] == "released"
    assert "commonName=theirs" in str(ends[0][1])


@pytest.mark.slow
def test_stops_gracefully(study: Path, tmp_path: Path) -> None:
    listener = start_listener(tmp_path / "l", slow_seconds=60.0)
    send(listener.port, study)
    listener.wait_for(running=1)
    begun = time.monotonic()
    assert listener.stop() == 0
    assert time.monotonic() - begun < 30
    assert not (listener.out / ".calciseg-batch").exists()
    assert listener.rows() == [("running", None, None)]
    with listening(tmp_path / "l") as again:
        again.wait_for(done=1)


@pytest.mark.slow
def test_stops_though_a_peer_is_in_the_middle_of_a_message(tmp_path: Path) -> None:
    listener = start_listener(tmp_path / "l", "--grace-seconds", 1)
    with associated(listener.port) as connection:
        connection.sendall(p_data(3, bytes(100))[:50])
        wait_until(lambda: listener.health()["n_associations"])
        begun = time.monotonic()
        assert listener.stop() == 0, listener.log
        assert time.monotonic() - begun < 20
    assert [line["end"] for line in listener.audit] == ["aborted"]
    assert "Traceback" not in listener.log


@pytest.mark.slow
def test_a_disk_that_is_really_full_loses_nothing(study: Path, tmp_path: Path) -> None:
    """Neither objects nor the queue can be written; with room again everything goes on by itself."""
    (tmp_path / "l").mkdir()
    with small_disk(tmp_path / "l" / "spool", 500) as disk:
        with listening(tmp_path / "l", "--quiet-seconds", 2) as listener:
            (disk / "filler").write_bytes(bytes(150_000))
            n_stored_before = n_stored(send(listener.port, study))
            with (disk / "filler").open("ab", buffering=0) as more, suppress(OSError):
                while True:
                    more.write(bytes(1))
            done = send(listener.port, study)
            assert "Response (Refused: OutOfResources)" in done.stdout + done.stderr
            wait_until(lambda: "the queue cannot be written" in listener.log, 60)
            assert listener.process.poll() is None
            assert len(listener.objects) == n_stored_before
            make_larger(disk, 20_000)
            assert n_stored(send(listener.port, study)) == len(list(study.iterdir()))
            listener.wait_for(done=1)
            assert listener.stop() == 0
        assert by_uid(listener.objects) == by_uid(study.iterdir())
        ((state, _, _),) = listener.rows()
    assert state == "done"
    assert "Traceback" not in listener.log


@pytest.mark.slow
def test_two_listeners_do_not_share_a_spool(tmp_path: Path) -> None:
    with listening(tmp_path / "l") as listener:
        second = subprocess.run(
            [*map(str, listener.process.args)], capture_output=True, text=True, timeout=60
        )
        assert second.returncode == 2
        assert "another listener uses this spool" in second.stderr
        assert listener.health()["http"] == 200


def four_studies(slices: Sequence[pydicom.Dataset], folder: Path, n_slices: int) -> list[Path]:
    folders = [folder / str(n) for n in range(1, 5)]
    for number, one in enumerate(folders, start=1):
        many = [pydicom.Dataset(slices[n % len(slices)]) for n in range(n_slices)]
        for n, dataset in enumerate(many):
            dataset.file_meta = slices[n % len(slices)].file_meta
        put_study(many, one, number)
    return folders


def sender(port: int, folder: Path, *options: object) -> "subprocess.Popen[str]":
    command = [program("storescu"), "-v", "-xe", "+sd", *options, "-aec", "CALCISEG", "127.0.0.1", port]
    return subprocess.Popen(
        list(map(str, [*command, folder])), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def ended(senders: "Sequence[subprocess.Popen[str]]") -> list[str]:
    with ThreadPoolExecutor() as pool:
        return list(pool.map(lambda one: one.communicate(timeout=300)[0], senders))


def acknowledged(output: str) -> set[str]:
    """The SOP instances for which a storescu got success."""
    found, path = set(), ""
    for line in output.splitlines():
        path = line.partition("Sending file: ")[2] or path
        if "Received Store Response (Success)" in line:
            found.add(pydicom.dcmread(path, stop_before_pixels=True).SOPInstanceUID)
    return found


@pytest.mark.slow
def test_four_associations_killed_in_the_middle_and_nothing_sent_again(
    slices: Sequence[pydicom.Dataset], tmp_path: Path
) -> None:
    folders = four_studies(slices, tmp_path, 500)
    listener = start_listener(tmp_path / "l", "--any-calling")
    senders = [sender(listener.port, folder) for folder in folders]
    wait_until(lambda: len(listener.objects) > 700)
    listener.kill()
    sent = set[str]().union(*map(acknowledged, ended(senders)))
    assert 600 < len(sent) < 2000
    with listening(tmp_path / "l") as again:
        # Slices of one place make no volume: what counts is that each study was looked at.
        wait_until(lambda: not again.health()["n_waiting"] and not again.health()["studies"]["running"], 90)
        assert again.stop() == 0
    assert sent <= set(by_uid(again.objects))
    assert len(again.rows()) == 4


@pytest.mark.slow
@pytest.mark.parametrize(("n_slices", "is_tls"), [(500, False), (500, True)], ids=["plain", "TLS"])
def test_four_associations_send_together(
    slices: Sequence[pydicom.Dataset], tmp_path: Path, certificates: Path, n_slices: int, is_tls: bool
) -> None:
    """Two thousand slices, each kilobytes small: what matters is that none is lost."""
    folders = four_studies(slices, tmp_path, n_slices)
    ours, theirs = (our_options(certificates), shown(certificates, "theirs")) if is_tls else ((), ())
    with listening(tmp_path / "l", "--any-calling", "--associations", 4, *ours) as listener:
        senders = [sender(listener.port, folder, *theirs) for folder in folders]
        outputs = ended(senders)
        n_successes = [output.count("Received Store Response (Success)") for output in outputs]
        assert n_successes == [n_slices] * 4
        wait_until(lambda: sum(listener.health()["studies"].values()) == 4, 90)
    expected = {uid for folder in folders for uid in by_uid(folder.iterdir())}
    assert set(by_uid(listener.objects)) == expected
    assert len(expected) == 4 * n_slices
