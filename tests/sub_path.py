"""A site that shows a page below a path of its own, as a proxy does, and in a frame of another page, as a Space is."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import HTMLResponse, StreamingResponse
from starlette.routing import Route

AT = "/app"
FRAME = """<!doctype html><html lang="en"><title>Another site</title><link rel="icon" href="data:,">
<iframe name="embedded" src="{page}" width="{width}" height="900" title="The app" allow="clipboard-write"></iframe>"""
END = b'data: {"msg":"close_stream"'
OF_A_CONNECTION = {b"connection", b"keep-alive", b"transfer-encoding"}


class Site:
    """Passes on what is asked below ``AT``, without that part of the path; ``frame`` is a page around it.

    The end of a stream of answers is passed on ``late_s`` after it has come.
    """

    def __init__(self) -> None:
        self._page = ""
        self.late_s = 0.0
        self._listening = socket.socket()
        self._listening.bind(("127.0.0.1", 0))
        self._port = self._listening.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}{AT}/"
        self.other_origin = f"http://localhost:{self._port}"
        """The same server by another name: for a browser it is another site."""

    def lead_to(self, page: str) -> None:
        """Show the page at an address of this machine."""
        self._page = page.rstrip("/")

    @contextmanager
    def open(self) -> Iterator[None]:
        """Answer until left."""

        @asynccontextmanager
        async def client(app: Starlette) -> AsyncIterator[None]:
            # Streams stay open; a request on a connection that is just being closed would be lost.
            bounds = httpx.Limits(max_keepalive_connections=0)
            async with httpx.AsyncClient(timeout=None, limits=bounds) as app.state.client:
                yield

        methods = ["GET", "HEAD", "POST"]
        routes = [Route("/frame", self._framed), Route(f"{AT}/{{path:path}}", self._passed_on, methods=methods)]
        app = Starlette(routes=routes, lifespan=client)
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, args=([self._listening],), daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.should_exit = True
            thread.join(30)

    async def _framed(self, request: Request) -> HTMLResponse:
        return HTMLResponse(FRAME.format(page=self.url, width=request.query_params.get("width", "1200")))

    async def _passed_on(self, request: Request) -> StreamingResponse:
        client: httpx.AsyncClient = request.app.state.client
        query = f"?{request.url.query}" if request.url.query else ""
        path = request.scope["raw_path"].decode().removeprefix(AT)
        content = request.stream() if request.method == "POST" else None
        headers = _passing(request.headers.raw)
        asked = client.build_request(request.method, f"{self._page}{path}{query}", headers=headers, content=content)
        answer = await client.send(asked, stream=True)
        passed = StreamingResponse(self._content(answer), answer.status_code, background=BackgroundTask(answer.aclose))
        passed.raw_headers = _passing(answer.headers.raw)
        return passed

    async def _content(self, answer: httpx.Response) -> AsyncIterator[bytes]:
        async for part in answer.aiter_raw():
            before, end, after = part.partition(END)
            yield before
            if end:
                await asyncio.sleep(self.late_s)
                yield end + after


def _passing(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    return [(name.lower(), value) for name, value in headers if name.lower() not in OF_A_CONNECTION]


@contextmanager
def site() -> Iterator[Site]:
    """Yield a site that answers."""
    opened = Site()
    with opened.open():
        yield opened
