"""What ``calciseg pull`` and ``push`` both ask for: a DICOMweb server and how it knows us."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from calciseg.errors import UsageError
from calciseg_cli.numbers import within_reason

if TYPE_CHECKING:
    from calciseg.pacs.web import WebPacs

__all__ = [
    "Authority",
    "Certificate",
    "Key",
    "Password",
    "PlainHttp",
    "Timeout",
    "Token",
    "Url",
    "User",
    "asked",
    "need_pacs",
    "web_pacs",
]

_PEM = "FILE.pem"
Url = Annotated[str, typer.Option(metavar="URL", help="Of the DICOMweb service, as https://pacs/dicom-web.")]
User = Annotated[str | None, typer.Option(metavar="NAME", help="For HTTP basic authentication.")]
Password = Annotated[
    str | None, typer.Option(metavar="env:NAME|file:PATH", help="Where the user's password stands.")
]
Token = Annotated[str | None, typer.Option(metavar="env:NAME|file:PATH", help="Where a bearer token stands.")]
Certificate = Annotated[Path | None, typer.Option("--cert", metavar=_PEM, help="Our certificate.")]
Key = Annotated[Path | None, typer.Option(metavar=_PEM, help="Its key, unless it is in the same file.")]
Authority = Annotated[
    Path | None, typer.Option("--ca", metavar=_PEM, help="Whom to trust, in place of the system's list.")
]
PlainHttp = Annotated[
    bool, typer.Option("--allow-plain-http", help="Let a secret go unencrypted to another machine.")
]
Timeout = Annotated[
    float, typer.Option(callback=within_reason, metavar="SECONDS", min=0.1, help="The longest silence.")
]


def need_pacs() -> None:
    """Refuse where what a PACS needs is not installed."""
    if find_spec("dicomweb_client") is None or find_spec("pynetdicom") is None:
        raise UsageError("traffic with a PACS needs two more packages; install calciseg[pacs]")


def asked(query: list[str] | None) -> dict[str, str]:
    """Read ``KEYWORD=VALUE`` pairs."""
    pairs = [entry.partition("=") for entry in query or ()]
    for keyword, equals, _ in pairs:
        if not equals:
            raise UsageError(f"--query {keyword}: give it as KEYWORD=VALUE, such as StudyDate=20260101-")
    return {keyword: value for keyword, _, value in pairs}


@contextmanager
def web_pacs(
    url: str,
    user: str | None,
    password: str | None,
    token: str | None,
    certificate: Path | None,
    key: Path | None,
    authority: Path | None,
    is_plain_http_allowed: bool,
    timeout_seconds: float,
) -> Iterator["WebPacs"]:
    """Speak to a DICOMweb server while the body runs."""
    need_pacs()
    from calciseg.pacs.secrets import read_secret
    from calciseg.pacs.web import WebPacs
    from calciseg.pacs.web_server import WebServer

    if (user is None) != (password is None):
        raise UsageError("--user and --password belong together; give both")
    server = WebServer(
        url=url,
        user=user,
        password=None if password is None else read_secret(password),
        token=None if token is None else read_secret(token),
        certificate=certificate,
        key=key,
        authority=authority,
        is_plain_http_allowed=is_plain_http_allowed,
        timeout_seconds=timeout_seconds,
    )
    pacs = WebPacs(server)
    try:
        yield pacs
    finally:
        pacs.close()
