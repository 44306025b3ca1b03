"""A file server on 127.0.0.1 that can fail in the ways real ones do."""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class StubFile:
    """One file of the server."""

    content: bytes
    etag: str | None = None
    """As sent, without quotes; None sends the SHA-256 of ``content``."""
    status: int = 200
    cuts: list[int] = field(default_factory=list)
    """Bytes after which the next answers break off, one for each answer."""
    gate: threading.Event | None = None
    """The second half of an answer is sent once this is set."""
    ignores_ranges: bool = False
    refuses_head: bool = False
    redirect: str = ""
    """Where the content really is; then only the header of the answer counts."""


class StubServer:
    """The server's files by path, and what was asked of it."""

    def __init__(self) -> None:
        self.files: dict[str, StubFile] = {}
        self.requests: list[tuple[str, str, str | None]] = []
        """(method, path, Range header) in order."""
        self.url = ""

    def ranges(self) -> list[str | None]:
        """Return the Range header of each GET."""
        return [wanted for method, _, wanted in self.requests if method == "GET"]


@contextmanager
def serving() -> Iterator[StubServer]:
    """Run a server for the length of the block."""
    stub = StubServer()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Stay silent."""

        def do_HEAD(self) -> None:
            self._answer(head=True)

        def do_GET(self) -> None:
            self._answer(head=False)

        def _answer(self, *, head: bool) -> None:
            wanted = self.headers.get("Range")
            stub.requests.append((self.command, self.path, wanted))
            file = stub.files.get(self.path, StubFile(b"<html>Not found</html>", status=404))
            start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and not file.ignores_ranges else 0
            body = file.content[start:]
            status = 501 if head and file.refuses_head else 206 if start and file.status == 200 else file.status
            if file.redirect:
                status = 302
                self.send_response(status)
                self.send_header("Location", file.redirect)
                self.send_header("X-Linked-Size", str(len(file.content)))
                self.send_header("X-Linked-Etag", hashlib.sha256(file.content).hexdigest())
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("ETag", f'"{file.etag or hashlib.sha256(file.content).hexdigest()}"')
            if status == 206:
                self.send_header("Content-Range", f"bytes {start}-{len(file.content) - 1}/{len(file.content)}")
            self.end_headers()
            if head:
                return
            if file.cuts:
                body = body[: file.cuts.pop(0)]
                self.close_connection = True
            half = len(body) // 2 if file.gate else 0
            self.wfile.write(body[:half])
            if file.gate:
                self.wfile.flush()
                file.gate.wait(600)
            self.wfile.write(body[half:])

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    stub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield stub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
