"""A web server between calciseg and another one, that fails on purpose."""

import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

CUT = -1
"""Announce the whole answer and break off in the middle of it."""


@dataclass
class Proxy:
    """What the proxy does and what it saw."""

    target: str
    fault: Callable[[str, int], int | None] = lambda _path, _n: None
    """Of a path and the number of the request: a status to answer, CUT, or None."""
    url: str = ""
    requests: list[tuple[str, str]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)


@contextmanager
def running_proxy(proxy: Proxy, context: ssl.SSLContext | None = None) -> Iterator[Proxy]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_arguments: Any) -> None:
            pass

        def body(self) -> bytes | None:
            if self.headers.get("Transfer-Encoding") == "chunked":
                parts = []
                while size := int(self.rfile.readline(), 16):
                    parts.append(self.rfile.read(size))
                    self.rfile.readline()
                self.rfile.readline()
                return b"".join(parts)
            length = int(self.headers.get("Content-Length") or 0)
            return self.rfile.read(length) if length else None

        def answer(self) -> None:
            proxy.requests.append((self.command, self.path))
            proxy.headers.append(dict(self.headers.items()))
            body = self.body()
            fault = proxy.fault(self.path, len(proxy.requests))
            if fault is not None and fault != CUT:
                self.send_response(fault)
                self.send_header("Content-Length", "0")
                self.send_header("Retry-After", "0")
                self.end_headers()
                return
            kept = {name: self.headers[name] for name in ("Accept", "Content-Type") if name in self.headers}
            request = urllib.request.Request(
                proxy.target + self.path, data=body, headers=kept, method=self.command
            )
            try:
                with urllib.request.urlopen(request, timeout=30) as reply:
                    status, headers, content = reply.status, reply.headers, reply.read()
            except urllib.error.HTTPError as error:
                status, headers, content = error.code, error.headers, error.read()
            self.send_response(status)
            self.send_header("Content-Type", headers.get("Content-Type", "text/plain"))
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: len(content) // 2] if fault == CUT else content)
            if fault == CUT:
                self.close_connection = True

        do_GET = do_POST = answer

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    scheme = "http" if context is None else "https"
    proxy.url = f"{scheme}://localhost:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
