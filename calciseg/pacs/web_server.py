"""Where a DICOMweb server is, and how it knows us."""

from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase, HTTPBasicAuth

from calciseg.errors import UsageError

__all__ = ["WebServer", "session_with"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WebServer:
    """Where a DICOMweb server is and how it knows us.

    Attributes
    ----------
    url : str
        Of the service root, as ``https://pacs:8043/dicom-web``.
    user, password : str, optional
        For HTTP basic authentication.
    token : str, optional
        A bearer token.
    certificate, key : Path, optional
        Of ours, PEM, for a server that asks for one.
    authority : Path, optional
        The certificates that the server's is checked against, in place of the system's.
    is_plain_http_allowed : bool
        Whether a password or token may go unencrypted to another machine.
    timeout_seconds : float
        The longest that the server may be silent.
    n_attempts : int
        How often something is tried that brings nothing forward.
    first_wait_seconds : float
        Doubled after each of them.
    """

    url: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    certificate: Path | None = None
    key: Path | None = None
    authority: Path | None = None
    is_plain_http_allowed: bool = False
    timeout_seconds: float = 60.0
    n_attempts: int = 5
    first_wait_seconds: float = 1.0


class _Bearer(AuthBase):
    """A token in the header; an authentication of its own, kept from other hosts on a redirect."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def session_with(server: WebServer) -> requests.Session:
    """Open a session that knows the server's certificate and shows ours, or a secret.

    Raises
    ------
    UsageError
        If what is given does not fit together, or a secret would go unencrypted to another machine.
    """
    parts = urlsplit(server.url)
    if server.user is not None and server.token is not None:
        raise UsageError("a user and a token exclude each other; give one of them")
    has_secret = server.user is not None or server.token is not None
    is_private = parts.scheme == "https" or _is_loopback(parts.hostname or "")
    if has_secret and not is_private and not server.is_plain_http_allowed:
        raise UsageError(
            f"{parts.scheme}://{parts.hostname}: would send the secret unencrypted; use https, or"
            " --allow-plain-http in a network that nobody else reads"
        )
    session = requests.Session()
    # Else a .netrc or REQUESTS_CA_BUNDLE of the environment would win over what was asked for.
    session.trust_env = False
    if server.user is not None:
        session.auth = HTTPBasicAuth(server.user.encode(), (server.password or "").encode())
    elif server.token is not None:
        session.auth = _Bearer(server.token)
    for path in (server.certificate, server.key, server.authority):
        if path is not None and not path.is_file():
            raise UsageError(f"{path} is no file; give a certificate or key in PEM form")
    if server.authority is not None:
        session.verify = str(server.authority)
    if server.certificate is not None:
        certificate = str(server.certificate)
        session.cert = certificate if server.key is None else (certificate, str(server.key))
    return session


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
