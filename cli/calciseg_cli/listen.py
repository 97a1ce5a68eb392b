"""``calciseg listen``."""

from pathlib import Path
from typing import Annotated

import typer

from calciseg_cli import dicom_options, web_options
from calciseg_cli.numbers import LEAST, within_reason
from calciseg_cli.output_types import DEFAULT_TYPES, OutputTypes, listed

__all__ = ["listen"]

_DEFAULT_TYPES = f"{DEFAULT_TYPES},seg,sr"
_GIB, _MIB = 1 << 30, 1 << 20
_STOPPING_SECONDS = 20.0
"""After the grace for associations: aborts, an object that is being sent, the end of workers."""


def listen(
    out: Annotated[Path, typer.Option("-o", "--out", metavar="OUT", help="Results: a folder a study.")],
    spool: Annotated[
        Path, typer.Option(metavar="DIR", help="Received objects until they are done; nobody else's.")
    ],
    calling: Annotated[
        list[str] | None, typer.Option(metavar="AET", help="Who may call; repeatable.")
    ] = None,
    any_calling: Annotated[bool, typer.Option("--any-calling", help="Anybody may call.")] = False,
    ae_title: dicom_options.AeTitle = "CALCISEG",
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Where to listen; only this machine unless told otherwise.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any that is free.")] = 11112,
    send_to: Annotated[
        str | None, typer.Option(metavar="AET@HOST:PORT", help="Who gets the DICOM objects of results.")
    ] = None,
    output_type: OutputTypes = _DEFAULT_TYPES,
    settings: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A TOML file with settings; see 'calciseg info'.")
    ] = None,
    quiet_seconds: Annotated[
        float,
        typer.Option(
            callback=within_reason, min=0.1, help="A study is complete when so long nothing of it came."
        ),
    ] = 30.0,
    jobs: Annotated[int, typer.Option(min=1, help="Studies at once; they share the cores.")] = 1,
    memory: Annotated[
        float | None,
        typer.Option(
            callback=within_reason, metavar="GIB", min=LEAST, help="For all studies at once; by default 80 %."
        ),
    ] = None,
    time_limit: Annotated[
        float, typer.Option(callback=within_reason, metavar="SECONDS", min=LEAST, help="For one study.")
    ] = 3600.0,
    associations: Annotated[int, typer.Option(min=1, help="At once.")] = 10,
    idle_seconds: Annotated[
        float, typer.Option(callback=within_reason, min=0.5, help="The longest silence of a peer.")
    ] = 60.0,
    pdu_kib: Annotated[int, typer.Option(min=4, max=4096, help="The longest PDU that is taken.")] = 256,
    object_mib: Annotated[
        float, typer.Option(callback=within_reason, min=0.1, help="The largest object that is taken.")
    ] = 2048.0,
    spool_gib: Annotated[
        float, typer.Option(callback=within_reason, min=0.001, help="The most that the spool may hold.")
    ] = 100.0,
    free_gib: Annotated[
        float, typer.Option(callback=within_reason, min=0.0, help="What must stay free on its disk.")
    ] = 1.0,
    keep_hours: Annotated[
        float,
        typer.Option(
            callback=within_reason, min=0.0, help="How long objects stay after their study is done."
        ),
    ] = 24.0,
    tls_cert: dicom_options.Certificate = None,
    tls_key: dicom_options.Key = None,
    tls_ca: dicom_options.Authority = None,
    audit: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A line for each connection, as JSON Lines.")
    ] = None,
    health_port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="For GET /health, to this machine only.")
    ] = None,
    grace_seconds: Annotated[
        float,
        typer.Option(callback=within_reason, min=0.0, help="How long associations may go on when it stops."),
    ] = 30.0,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Log what goes wrong only.")] = False,
) -> str:
    """Receive studies by C-STORE, analyse them, and send the results back, until SIGTERM or Ctrl-C."""
    web_options.need_pacs()
    from calciseg import Settings, outputs
    from calciseg.kernels import n_threads_allowed
    from calciseg.pacs.association import Limits
    from calciseg.pacs.listener import Listener
    from calciseg.pacs.peers import read_peer
    from calciseg.pacs.plan import ListenPlan
    from calciseg.settings import load_settings
    from calciseg.workers import Job, memory_allowed
    from calciseg_cli.progress import shown_log
    from calciseg_cli.stopping import stopped_by_signals

    types = listed(output_type)
    outputs.check(types, out)
    tls = dicom_options.tls_files(tls_cert, tls_key, tls_ca)
    plan = ListenPlan(
        out=out,
        spool=spool,
        job=Job(
            settings=Settings() if settings is None else load_settings(settings),
            types=types,
            n_threads=max(1, n_threads_allowed() // jobs),
        ),
        ae_title=ae_title,
        calling=tuple(calling or ()),
        is_anybody_allowed=any_calling,
        host=host,
        port=port,
        tls=tls,
        destination=None if send_to is None else read_peer(send_to, ae_title, tls),
        limits=Limits(
            n_associations=associations,
            pdu_bytes=pdu_kib << 10,
            idle_seconds=idle_seconds,
            negotiating_seconds=min(idle_seconds, 10.0),
        ),
        quiet_seconds=quiet_seconds,
        most_spool_bytes=int(spool_gib * _GIB),
        most_object_bytes=int(object_mib * _MIB),
        least_free_bytes=int(free_gib * _GIB),
        keep_hours=keep_hours,
        n_workers=jobs,
        memory_bytes=memory_allowed() if memory is None else int(memory * _GIB),
        study_seconds=time_limit,
        audit=audit,
        health_port=health_port,
        grace_seconds=grace_seconds,
    )
    with shown_log(is_quiet=quiet), stopped_by_signals(grace_seconds + _STOPPING_SECONDS) as stop:
        Listener(plan).run(stop)
    return ""
