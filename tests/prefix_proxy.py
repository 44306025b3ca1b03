"""A proxy that shows a page below a path of its own, and a page that shows it in a frame."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import uvicorn
from app_process import free_port
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse

PREFIX = "/app"
FRAME = "/frame"
_OWN = {"connection", "keep-alive", "transfer-encoding", "upgrade"}
"""Headers of one connection, not of an answer."""


@contextmanager
def behind_a_proxy(page: str, *, keeps_prefix: bool) -> Iterator[str]:
    """Yield the address of a proxy that shows ``page`` below ``PREFIX``, and in a frame at ``FRAME``."""
    client = httpx.AsyncClient(timeout=None, limits=httpx.Limits(max_connections=None, max_keepalive_connections=0))

    async def answered(request: Request) -> Response:
        path = request.url.path
        if path == FRAME:
            return HTMLResponse(f'<iframe src="{PREFIX}/" style="width: 1200px; height: 1600px"></iframe>')
        if not path.startswith(f"{PREFIX}/"):
            return Response(status_code=204)  # of the site around: its icon
        target = page.rstrip("/") + (path if keeps_prefix else path.removeprefix(PREFIX))
        asked = client.build_request(
            request.method,
            httpx.URL(target, query=request.url.query.encode()),
            headers={name: value for name, value in request.headers.items() if name not in _OWN},
            content=await request.body(),
        )
        answer = await client.send(asked, stream=True)
        headers = {name: value for name, value in answer.headers.items() if name not in _OWN}
        return StreamingResponse(answer.aiter_raw(), answer.status_code, headers)

    async def app(scope, receive, send):
        if scope["type"] == "http":
            await (await answered(Request(scope, receive)))(scope, receive, send)

    port = free_port()
    server = uvicorn.Server(
        uvicorn.Config(app, port=port, log_level="error", lifespan="off", timeout_graceful_shutdown=1)
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(30)
