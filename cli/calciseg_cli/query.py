"""``calciseg query`` and ``retrieve``."""

import json as json_format
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from calciseg.errors import CalcisegError, InputError, UsageError
from calciseg_cli import dicom_options, web_options
from calciseg_cli.outcome import ExitCode

if TYPE_CHECKING:
    from calciseg.pacs.peers import Peer

__all__ = ["query", "retrieve"]

PeerText = Annotated[str, typer.Argument(metavar="AET@HOST:PORT", help="The PACS.")]
Asked = Annotated[
    list[str] | None,
    typer.Option("--query", metavar="KEYWORD=VALUE", help="As ModalitiesInStudy=CT; repeatable."),
]


def query(
    pacs: PeerText,
    query: Asked = None,
    ae_title: dicom_options.AeTitle = "CALCISEG",
    tls_cert: dicom_options.Certificate = None,
    tls_key: dicom_options.Key = None,
    tls_ca: dicom_options.Authority = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> str:
    """List the studies of a PACS that match, by C-FIND; no word of whose they are."""
    web_options.need_pacs()
    from calciseg.pacs.query import find_studies

    found = find_studies(_peer(pacs, ae_title, tls_cert, tls_key, tls_ca), web_options.asked(query))
    if json:
        return json_format.dumps({"studies": [asdict(study) for study in found]}, indent=2) + "\n"
    lines = [
        f"{study.study_instance_uid}  {study.study_date or '-'}  {'/'.join(study.modalities) or '-'}"
        f"  {'?' if study.n_instances is None else study.n_instances} objects"
        for study in found
    ]
    return "\n".join([*lines, f"{len(found)} studies"]) + "\n"


def retrieve(
    pacs: PeerText,
    study: Annotated[list[str] | None, typer.Option(metavar="UID", help="A study; repeatable.")] = None,
    query: Asked = None,
    save: Annotated[Path | None, typer.Option(metavar="DIR", help="Bring the images here, by C-GET.")] = None,
    send_to: Annotated[
        str | None, typer.Option(metavar="AET", help="Let the PACS send them to this AE title, by C-MOVE.")
    ] = None,
    ae_title: dicom_options.AeTitle = "CALCISEG",
    tls_cert: dicom_options.Certificate = None,
    tls_key: dicom_options.Key = None,
    tls_ca: dicom_options.Authority = None,
) -> tuple[str, ExitCode]:
    """Retrieve studies from a PACS, by C-GET into a folder or by C-MOVE to a listener."""
    web_options.need_pacs()
    from calciseg.pacs.peers import read_ae_title
    from calciseg.pacs.query import find_studies, get_study, move_study

    if (save is None) == (send_to is None):
        raise UsageError("give --save DIR for C-GET or --send-to AET for C-MOVE, one of them")
    if not study and not query:
        raise UsageError("nothing to retrieve; give --study UID or --query KEYWORD=VALUE")
    if send_to is not None:
        read_ae_title(send_to)
    peer = _peer(pacs, ae_title, tls_cert, tls_key, tls_ca)
    found = find_studies(peer, web_options.asked(query)) if query else []
    uids = list(dict.fromkeys([*(study or ()), *(one.study_instance_uid for one in found)]))
    if not uids:
        raise InputError(f"{peer} has no study that matches; check --query")
    lines: list[str] = []
    n_failed = 0
    for uid in uids:
        try:
            if save is not None:
                lines.append(f"{uid}: {get_study(peer, uid, save)} objects saved")
            else:
                lines.append(f"{uid}: {move_study(peer, uid, str(send_to))} objects sent to {send_to}")
        except CalcisegError as error:
            if len(uids) == 1:
                raise
            lines.append(f"failed: {uid}: {error}")
            n_failed += 1
    return "\n".join(lines) + "\n", ExitCode.SOME_FAILED if n_failed else ExitCode.DONE


def _peer(
    text: str, ae_title: str, certificate: Path | None, key: Path | None, authority: Path | None
) -> "Peer":
    from calciseg.pacs.peers import read_peer

    return read_peer(text, ae_title, dicom_options.tls_files(certificate, key, authority))
