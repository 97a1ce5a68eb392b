"""``calciseg pull``."""

import json as json_format
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from calciseg.errors import InputError, UsageError
from calciseg_cli import web_options
from calciseg_cli.outcome import ExitCode
from calciseg_cli.output_types import DEFAULT_TYPES, OutputTypes, listed

if TYPE_CHECKING:
    from calciseg import StudyResult
    from calciseg.pacs.pulled import StudyKept
    from calciseg.workers import StudyFailure

__all__ = ["pull"]


def pull(
    url: web_options.Url,
    study: Annotated[list[str] | None, typer.Option(metavar="UID", help="A study; repeatable.")] = None,
    query: Annotated[
        list[str] | None,
        typer.Option(metavar="KEYWORD=VALUE", help="Matching studies, as ModalitiesInStudy=CT; repeatable."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="OUT", help="Results: a folder a study.")
    ] = None,
    save: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Keep the objects; else they stay in memory.")
    ] = None,
    output_type: OutputTypes = DEFAULT_TYPES,
    settings: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A TOML file with settings; see 'calciseg info'.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Also what is done already.")] = False,
    threads: Annotated[int | None, typer.Option(min=1, help="How many; by default all cores.")] = None,
    user: web_options.User = None,
    password: web_options.Password = None,
    token: web_options.Token = None,
    cert: web_options.Certificate = None,
    key: web_options.Key = None,
    ca: web_options.Authority = None,
    plain_http: web_options.PlainHttp = False,
    timeout: web_options.Timeout = 60.0,
    json: Annotated[bool, typer.Option("--json", help="Print the summary as one JSON document.")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No progress.")] = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Say what is done.")] = False,
) -> tuple[str, ExitCode]:
    """Retrieve studies from a DICOMweb server and analyse them; run again to go on."""
    web_options.need_pacs()
    from calciseg import Settings, outputs
    from calciseg.pacs.pulled import PullPlan
    from calciseg.pacs.pulled import pull as pulled
    from calciseg.settings import load_settings
    from calciseg_cli.progress import shown_progress

    if not study and not query:
        raise UsageError("nothing to pull; give --study UID or --query KEYWORD=VALUE")
    if out is None and save is None:
        raise UsageError("nowhere to put it; give -o OUT for results, --save DIR for the objects, or both")
    types = listed(output_type)
    outputs.check(types, out)
    plan = PullPlan(
        out=out,
        saved=save,
        types=types,
        settings=Settings() if settings is None else load_settings(settings),
        is_overwriting=overwrite,
        n_threads=threads,
    )
    with (
        web_options.web_pacs(url, user, password, token, cert, key, ca, plain_http, timeout) as pacs,
        shown_progress(is_quiet=quiet, is_verbose=verbose) as progress,
    ):
        uids = [*(study or ()), *(pacs.find_studies(web_options.asked(query)) if query else ())]
        account = _Account()
        for ended in pulled(pacs, list(dict.fromkeys(uids)), plan, progress):
            account.note(ended)
    if not account.n_studies:
        raise InputError(f"{pacs.name} has no study that matches; check --query")
    if account.n_studies == len(account.failures) == 1:
        raise InputError(account.failures[0]["reason"])
    return account.answer(is_json=json)


@dataclass(slots=True)
class _Account:
    """Counts; the results themselves would fill the memory."""

    n_studies: int = 0
    n_kept: int = 0
    failures: list[dict[str, str]] = field(default_factory=list)

    def note(self, ended: "StudyResult | StudyKept | StudyFailure") -> None:
        self.n_studies += 1
        if hasattr(ended, "reason"):
            self.failures.append({"study_instance_uid": ended.study_instance_uid, "reason": ended.reason})
        elif hasattr(ended, "n_objects"):
            self.n_kept += 1

    def answer(self, *, is_json: bool) -> tuple[str, ExitCode]:
        n_analyzed = self.n_studies - self.n_kept - len(self.failures)
        code = ExitCode.SOME_FAILED if self.failures else ExitCode.DONE
        if is_json:
            document = {
                "n_studies": self.n_studies,
                "n_analyzed": n_analyzed,
                "n_kept": self.n_kept,
                "failures": self.failures,
            }
            return json_format.dumps(document, indent=2) + "\n", code
        lines = [f"{n_analyzed} analysed, {self.n_kept} kept as they were"]
        lines += [f"failed: {one['study_instance_uid']}: {one['reason']}" for one in self.failures]
        return "\n".join(lines) + "\n", code
