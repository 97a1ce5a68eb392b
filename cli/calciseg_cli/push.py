"""``calciseg push``."""

import json as json_format
from pathlib import Path
from typing import Annotated

import typer

from calciseg_cli import web_options
from calciseg_cli.outcome import ExitCode

__all__ = ["push"]


def push(
    folder: Annotated[
        Path, typer.Argument(metavar="RESULT_DIR", help="Results with DICOM objects, or those of a batch.")
    ],
    url: web_options.Url,
    user: web_options.User = None,
    password: web_options.Password = None,
    token: web_options.Token = None,
    cert: web_options.Certificate = None,
    key: web_options.Key = None,
    ca: web_options.Authority = None,
    plain_http: web_options.PlainHttp = False,
    timeout: web_options.Timeout = 60.0,
    json: Annotated[bool, typer.Option("--json", help="Print the summary as one JSON document.")] = False,
) -> tuple[str, ExitCode]:
    """Store the DICOM objects of results on a DICOMweb server; what it has is not sent again."""
    web_options.need_pacs()
    from calciseg.pacs.push import push as pushed

    with web_options.web_pacs(url, user, password, token, cert, key, ca, plain_http, timeout) as pacs:
        report = pushed(pacs, folder)
    document = {
        "n_stored": report.n_stored,
        "n_there_before": report.n_there_before,
        "failures": list(report.failures),
    }
    lines = [f"{report.n_stored} stored, {report.n_there_before} there before"]
    lines += [f"failed: {sentence}" for sentence in report.failures]
    text = json_format.dumps(document, indent=2) if json else "\n".join(lines)
    return text + "\n", ExitCode.SOME_FAILED if report.failures else ExitCode.DONE
