"""What the commands that speak DIMSE all ask for: AE titles and certificates."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from calciseg.errors import UsageError

if TYPE_CHECKING:
    from calciseg.pacs.peers import TlsFiles

__all__ = ["AeTitle", "Authority", "Certificate", "Key", "tls_files"]

_PEM = "FILE.pem"
AeTitle = Annotated[str, typer.Option("--ae-title", metavar="AET", help="What we are called.")]
Certificate = Annotated[
    Path | None, typer.Option("--tls-cert", metavar=_PEM, help="Our certificate: speak TLS.")
]
Key = Annotated[Path | None, typer.Option("--tls-key", metavar=_PEM, help="Its key.")]
Authority = Annotated[
    Path | None, typer.Option("--tls-ca", metavar=_PEM, help="Whose certificates the others must show.")
]


def tls_files(certificate: Path | None, key: Path | None, authority: Path | None) -> "TlsFiles | None":
    """Put the three files together; all or none."""
    from calciseg.pacs.peers import TlsFiles

    if certificate is None and key is None and authority is None:
        return None
    if certificate is None or key is None or authority is None:
        raise UsageError("TLS needs --tls-cert, --tls-key and --tls-ca; give all three or none")
    return TlsFiles(certificate=certificate, key=key, authority=authority)
