"""``/healthz``: whether the page is up and the model loaded."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from icgan_demo.errors import DemoError
from icgan_demo.lazy import is_awaited
from icgan_demo.server.request_guard import AsgiApp, Receive, Scope, Send, route_of
from icgan_demo.service.drawing.sampling_contract import Sampling

PATH = "/healthz"


class HealthCheck:
    """ASGI middleware that answers ``GET /healthz`` itself and hands everything else on.

    It stands before the request guard, because the machinery that asks (a container engine, a load balancer) uses
    addresses of its own, and before Gradio, so that a full queue does not look like a dead page.
    """

    def __init__(
        self, app: AsgiApp, report: Callable[[], Mapping[str, Any]], headers: Sequence[tuple[bytes, bytes]] = ()
    ) -> None:
        """Wrap ``app``.

        Args:
            app: what all other requests are for.
            report: returns the answer.
            headers: those that every answer of the page has.
        """
        self._app = app
        self._report = report
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the report as JSON; status 200 as long as the page itself answers."""
        if scope["type"] != "http" or route_of(scope) != PATH:
            await self._app(scope, receive, send)
            return
        body = json.dumps(self._report()).encode()
        headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store"), *self._headers]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def health_of(sampling: Sampling) -> dict[str, Any]:
    """Return what ``/healthz`` says of the drawing service, without waiting for it."""
    if is_awaited(sampling):
        return _health(detail="starting")
    try:
        models = sampling.models()
    except DemoError as error:
        return _health(detail=str(error))
    if not models or models[0].state == "downloadable":
        return _health(detail="no model")
    first = models[0]
    return _health(first.state == "ready", first.name, first.message or first.state)


def _health(is_loaded: bool = False, model: str | None = None, detail: str = "") -> dict[str, Any]:
    return {"status": "ok", "model_loaded": is_loaded, "model": model, "detail": detail}
