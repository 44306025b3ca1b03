"""Which endpoints and events the app has, so that a request for another one is a plain answer and not an accident."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

API = "/gradio_api"
MAX_SESSION = 200
"""Characters of a session's name; browsers send about ten."""

Refusal = tuple[int, str]
"""Status and sentence."""

NO_ENDPOINT = (404, "There is no endpoint of that name.")
NO_EVENT = (404, "There is no event of that number. Please reload the page.")
NO_COMPONENT = (404, "There is no component of that number. Please reload the page.")
NO_SESSION = (422, "The session must have a name.")


@dataclass(frozen=True)
class KnownEndpoints:
    """What can be called."""

    names: frozenset[str]
    """Of endpoints."""
    events: frozenset[int]
    """Numbers that a browser uses."""
    components: frozenset[int]
    """Numbers of components that answer by themselves."""

    @classmethod
    def of(cls, app: Any) -> "KnownEndpoints":
        """Return what can be called on all pages of ``app``, a ``gr.Blocks``."""
        names = (event.api_name for event in app.fns.values())
        return cls(
            frozenset(name for name in names if isinstance(name, str)), frozenset(app.fns), frozenset(app.blocks)
        )

    def refusal(self, path: str, body: Any) -> Refusal | None:
        """Return why a POST cannot be for this page, None if it may be.

        Args:
            path: below the page's root.
            body: the request's JSON.
        """
        if not path.startswith(f"{API}/") or not isinstance(body, dict):
            return None
        match path.removeprefix(f"{API}/").strip("/").split("/"):
            case ["call", "v2", name] | ["call", name]:
                return self._session(body) or (None if name in self.names else NO_ENDPOINT)
            case ["queue", "join"]:
                return self._session(body) or self._event(body)
            case ["run" | "api", name]:
                if body.get("fn_index") is not None:
                    return self._event(body)
                return None if name in self.names else NO_ENDPOINT
            case ["component_server"]:
                return None if _is_among(body.get("component_id"), self.components) else NO_COMPONENT
        return None

    def _event(self, body: dict[str, Any]) -> Refusal | None:
        return None if _is_among(body.get("fn_index"), self.events) else NO_EVENT

    def _session(self, body: dict[str, Any]) -> Refusal | None:
        if "session_hash" not in body or body["session_hash"] is None:
            return None
        session = body["session_hash"]
        return None if isinstance(session, str) and 1 <= len(session) <= MAX_SESSION else NO_SESSION


def _is_among(number: Any, known: Iterable[int]) -> bool:
    return isinstance(number, int) and not isinstance(number, bool) and number in known
