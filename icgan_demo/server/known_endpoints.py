"""Which endpoints and events the app has, so that a request for another one is a plain answer and not an accident."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

API = "/gradio_api"
MAX_SESSION = 200
"""Characters of a session's name; browsers send about ten."""

Refusal = tuple[int, str]
"""Status and sentence."""

NO_ENDPOINT = (404, "There is no endpoint of that name.")
NO_EVENT = (404, "There is no event of that number. Please reload the page.")
NO_COMPONENT = (404, "There is no component of that number. Please reload the page.")
NO_SESSION = (422, "The session must have a name.")
NO_STREAM = (404, "There is nothing to wait for: the event has ended or never was. Please reload the page.")
MISFIT = (422, 'These inputs do not fit the endpoint. See "Use via API".')


@dataclass(frozen=True)
class Inputs:
    """How many values an event takes."""

    of_browsers: int = 0
    """All of them."""
    of_programs: int = 0
    """Those that are no memory of a page."""


@dataclass(frozen=True)
class KnownEndpoints:
    """What can be called."""

    names: Mapping[str, Inputs]
    """Of endpoints."""
    events: Mapping[int, Inputs]
    """Numbers that a browser uses."""
    components: frozenset[int]
    """Numbers of components that answer by themselves."""

    @classmethod
    def of(cls, app: Any) -> "KnownEndpoints":
        """Return what can be called on all pages of ``app``, a ``gr.Blocks``."""
        events = {
            number: Inputs(len(event.inputs), sum(not block.skip_api for block in event.inputs))
            for number, event in app.fns.items()
        }
        names = {event.api_name: events[number] for number, event in app.fns.items() if isinstance(event.api_name, str)}
        return cls(names, events, frozenset(app.blocks))

    def refusal(self, path: str, body: Any) -> Refusal | None:
        """Return why a POST cannot be for this page, None if it may be.

        Args:
            path: below the page's root.
            body: the request's JSON.
        """
        if not path.startswith(f"{API}/") or not isinstance(body, dict):
            return None
        match path.removeprefix(f"{API}/").strip("/").split("/"):
            case ["call", "v2", name]:
                return self._session(body) or (None if name in self.names else NO_ENDPOINT)
            case ["call", name]:
                return self._session(body) or self._endpoint(name, body, may_be_short=True)
            case ["queue", "join"]:
                return self._session(body) or self._event(body)
            case ["run" | "api", name]:
                return self._endpoint(name, body) if body.get("fn_index") is None else self._event(body)
            case ["component_server"]:
                return None if _is_among(body.get("component_id"), self.components) else NO_COMPONENT
        return None

    def _endpoint(self, name: str, body: dict[str, Any], *, may_be_short: bool = False) -> Refusal | None:
        if name not in self.names:
            return NO_ENDPOINT
        inputs = self.names[name]
        return _too_few(body, inputs.of_browsers, inputs.of_programs if may_be_short else None)

    def _event(self, body: dict[str, Any]) -> Refusal | None:
        number = body.get("fn_index")
        return _too_few(body, self.events[number].of_browsers) if _is_among(number, self.events) else NO_EVENT

    def _session(self, body: dict[str, Any]) -> Refusal | None:
        if "session_hash" not in body or body["session_hash"] is None:
            return None
        session = body["session_hash"]
        return None if isinstance(session, str) and 1 <= len(session) <= MAX_SESSION else NO_SESSION


def _too_few(body: dict[str, Any], needed: int, or_just: int | None = None) -> Refusal | None:
    """Return why a body's values cannot be enough; a body without values is refused by Gradio itself."""
    values = body.get("data")
    if not isinstance(values, list) or len(values) >= needed or len(values) == or_just:
        return None
    shown = needed if or_just is None else or_just
    return 422, f'This takes {shown} values, and {len(values)} came. See "Use via API", or reload the page.'


def _is_among(number: Any, known: Iterable[int]) -> TypeGuard[int]:
    return isinstance(number, int) and not isinstance(number, bool) and number in known
