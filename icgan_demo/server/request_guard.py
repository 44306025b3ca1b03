"""What every request must pass before Gradio sees it: known host, own origin, bounded body, no foreign files.

Pure ASGI, so that bodies are counted while they stream and nothing is buffered that is refused.
"""

import ipaddress
import json
import logging
import os
import re
import time
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

from icgan_demo.config import VISITOR
from icgan_demo.server.known_endpoints import MISFIT, NO_SESSION, NO_STREAM, KnownEndpoints
from icgan_demo.server.recent_bytes import RecentBytes

logger = logging.getLogger(__name__)

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]

UPLOAD_PATH = "/gradio_api/upload"
STREAMS = ("/gradio_api/queue/data", "/gradio_api/call/")
NAMED_INPUTS = "/gradio_api/call/v2/"
NOT_THERE = b"404: Not Found"
"""In the one message of a stream that has nothing to tell."""
EVENTS = b"text/event-stream"
UNBUFFERED = (b"x-accel-buffering", b"no")
"""Tells nginx to pass events on as they come; it would collect some kilobytes of pictures and progress first."""
JOINS = ("/gradio_api/queue/join", "/gradio_api/call/")
"""Ask for something that waits in the queue."""
PLEASE_UPLOAD = "Please upload the file."
MEGABYTE = 1_000_000
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?")
"""One host, exactly, with its port or without."""
_TEMPORARY = re.compile("tmp[a-z0-9_]{8}")
"""How Gradio, by Python's ``tempfile``, calls an upload while it comes."""
BROKEN_AFTER_S = 600
"""An upload that has not grown for so long has broken off."""
_FORWARDED = frozenset(
    {b"forwarded", b"x-forwarded-host", b"x-forwarded-proto", b"x-forwarded-port", b"x-forwarded-prefix"}
    | {b"x-gradio-server"}
)
"""Headers by which a proxy says how the page was asked for; anybody can send them."""


@dataclass(frozen=True)
class GuardLimits:
    """Bytes that visitors may send."""

    upload_body: int = 25 * MEGABYTE
    """One request of the upload route, all of its files together."""
    other_body: int = 1 * MEGABYTE
    """One request of any other route."""
    upload_folder: int = 2_000 * MEGABYTE
    """Everything in the upload folder; beyond it uploads wait until old files have been deleted."""
    of_one_address: int = 2_000 * MEGABYTE
    """Uploads of one address within an hour."""


class QueueLimits(Protocol):
    """What one visitor may have in the queue at once."""

    def refusal(self, session: str | None, address: str | None, languages: str) -> str:
        """Return a sentence for a visitor who asks for one thing too many, else nothing."""
        ...

    def joining(self, session: str | None, address: str | None) -> AbstractContextManager[None]:
        """Count what is on its way into the queue."""
        ...


class RequestGuard:
    """ASGI middleware; build it through ``app_kwargs={"middleware": [Middleware(RequestGuard, ...)]}``."""

    def __init__(
        self,
        app: AsgiApp,
        upload_dir: Path,
        thumbnail_dir: Path,
        allowed_hosts: tuple[str, ...],
        allow_ip_hosts: bool = False,
        frame_ancestors: tuple[str, ...] = (),
        limits: GuardLimits = GuardLimits(),
        trusts_proxy: bool = False,
        endpoints: KnownEndpoints | None = None,
        shares: QueueLimits | None = None,
        translate: Callable[[str, str], str] = lambda sentence, accepted: sentence,
    ) -> None:
        """Wrap ``app``.

        Args:
            upload_dir: a folder whose files a request may name.
            thumbnail_dir: the other one; a click on a thumbnail names its file.
            allowed_hosts: names under which this page may be reached, without port.
            allow_ip_hosts: whether any literal address is a good host; safe, since a page of another site can point
                its own name at us (DNS rebinding) but never a literal address.
            frame_ancestors: sites that may show the page in a frame, besides itself.
            limits: bytes that visitors may send.
            trusts_proxy: whether a proxy stands before the page, whose forwarded headers count; otherwise nobody's do.
            endpoints: what can be called; None leaves it to Gradio to find out.
            shares: what one visitor may have in the queue at once; None for no bound but the queue's own.
            translate: puts a sentence into the language that a browser's header ``Accept-Language`` asks for.
        """
        self._app = app
        self._upload_dir = upload_dir.resolve()
        self._nameable = (self._upload_dir, thumbnail_dir.resolve())
        self._allowed_hosts = frozenset(host.lower() for host in allowed_hosts)
        self._allow_ip_hosts = allow_ip_hosts
        self._headers = answer_headers(frame_ancestors)
        self._limits = limits
        self._trusts_proxy = trusts_proxy
        self._endpoints = endpoints
        self._shares = shares
        self._translate = translate
        self._uploaded = RecentBytes()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer refused requests, hand the others on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        send = self._with_headers(send)
        headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
        if refusal := self._refusal(scope, headers):
            await self._answer(scope, send, *refusal)
            return
        if not self._trusts_proxy:
            scope = {**scope, "headers": [pair for pair in scope["headers"] if pair[0].lower() not in _FORWARDED]}
        if scope["method"] != "POST":
            await self._stream(scope, receive, send)
        elif _is_upload(scope):
            await self._count_body(scope, receive, send)
        else:
            await self._read_body(scope, receive, send)

    def _refusal(self, scope: Scope, headers: dict[bytes, str]) -> tuple[int, str] | None:
        """Return status and sentence for what can be refused from the first lines of the request."""
        hosts = _values(scope, b"host")
        if self._trusts_proxy:
            forwarded = _values(scope, b"x-forwarded-host")
            forwarded += [
                address.partition("://")[2].partition("/")[0] for address in _values(scope, b"x-gradio-server")
            ]
        else:
            forwarded = []
        if len(hosts) != 1 or not all(self._is_known(_host_name(host)) for host in hosts + forwarded):
            return 400, "This address is not one of this page's own."
        if "/file=http" in scope["path"] or "/proxy=" in scope["path"]:
            return 403, "Only files of this page are served here."
        if scope["method"] != "POST":
            query = parse_qs(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
            return NO_SESSION if "" in query.get("session_hash", ()) else None
        origin = headers.get(b"origin")
        if origin is not None and not self._is_known(_host_name(origin.partition("://")[2])):
            return 403, "Requests from other sites are not allowed."
        limit = self._body_limit(scope)
        length = headers.get(b"content-length", "0")
        if not length.isdigit() or int(length) > limit:
            return 413, _too_large(limit)
        is_upload = limit == self._limits.upload_body
        if is_upload:
            _sweep_broken_uploads(self._upload_dir)
        if is_upload and _folder_size(self._upload_dir) + int(length) > self._limits.upload_folder:
            return 507, "The upload space is full. Please try again in an hour."
        if is_upload and self._uploaded.of(self._address(scope)) + int(length) > self._limits.of_one_address:
            most = self._limits.of_one_address // MEGABYTE
            return 429, f"Your network has uploaded {most} MB within an hour, its share of the space. Try again later."
        return None

    def _is_known(self, host: str) -> bool:
        return host in self._allowed_hosts or (self._allow_ip_hosts and _is_ip(host))

    def _body_limit(self, scope: Scope) -> int:
        return self._limits.upload_body if _is_upload(scope) else self._limits.other_body

    def _with_headers(self, send: Send) -> Send:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = list(message.get("headers", []))
                more = [UNBUFFERED] if any(value.startswith(EVENTS) for _, value in given) else []
                message = {**message, "headers": [*given, *self._headers, *more]}
            await send(message)

        return send_with_headers

    async def _stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; a stream for what is not there is answered with 404 and a line in the log.

        Gradio finds that out after it has begun to answer, says so in the stream, and then fails. So the beginning of
        a stream is held back until its first message has come, and that message if it says so.
        """
        held: list[Message] = []

        async def send_later(message: Message) -> None:
            is_first = not held and message["type"] == "http.response.start"
            if is_first or (len(held) == 1 and NOT_THERE in message.get("body", b"")):
                held.append(message)
                return
            while held:
                await send(held.pop(0))
            await send(message)

        try:
            await self._app(scope, receive, send_later if route_of(scope).startswith(STREAMS) else send)
        except RuntimeError as error:
            if getattr(error.__cause__, "status_code", None) != 404:
                raise
            logger.info("404 for %.100r", scope["path"])
            if held:
                await self._answer(scope, send, *NO_STREAM)
            else:  # it ended while somebody was listening
                await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _count_body(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass an upload on while counting; past the limit the app sees the sender leave and the answer is ours.

        Raising from inside ``receive`` would surface as another status, so the answer is explicit.
        """
        limit = self._body_limit(scope)
        count, has_left = 0, False

        async def counting_receive() -> Message:
            nonlocal count, has_left
            message = await receive()
            has_left = message["type"] == "http.disconnect"
            count += len(message.get("body", b""))
            return message if count <= limit else {"type": "http.disconnect"}

        async def send_unless_over(message: Message) -> None:
            if count <= limit:
                await send(message)

        try:
            await self._app(scope, counting_receive, send_unless_over)
        except Exception:
            if has_left:
                logger.info("an upload broke off after %d bytes", count)
            elif count <= limit:
                raise
        self._uploaded.add(self._address(scope), count)
        if count > limit:
            await self._answer(scope, send, 413, _too_large(limit))

    async def _read_body(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read a small body whole, check the files it names, and replay it."""
        limit = self._body_limit(scope)
        body = b""
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > limit:
                await self._answer(scope, send, 413, _too_large(limit))
                return
        content = _json(body)
        if not all(self._is_nameable(path) for path in _named_files(content)):
            await self._answer(scope, send, 400, PLEASE_UPLOAD)
            return
        refusal = None if self._endpoints is None else self._endpoints.refusal(route_of(scope), content)
        if refusal is not None:
            logger.info("%d for %.100r", refusal[0], scope["path"])
            await self._answer(scope, send, *refusal)
            return
        joining: AbstractContextManager[None] = nullcontext()
        if self._shares is not None and route_of(scope).startswith(JOINS):
            scope[VISITOR] = address = self._address(scope)
            named = content.get("session_hash") if isinstance(content, dict) else None
            session = named if isinstance(named, str) else None
            languages = ",".join(_values(scope, b"accept-language"))
            if sentence := self._shares.refusal(session, address, languages):
                logger.info("429 for %.100r", scope["path"])
                await self._answer(scope, send, 429, sentence)
                return
            joining = self._shares.joining(session, address)
        replayed = False

        async def replay() -> Message:
            nonlocal replayed
            if replayed:
                return await receive()
            replayed = True
            return {"type": "http.request", "body": body, "more_body": False}

        try:
            with joining:
                await self._app(scope, replay, send)
        except TypeError:  # how Gradio finds named inputs missing or unknown
            if not route_of(scope).startswith(NAMED_INPUTS):
                raise
            logger.info("%d for %.100r", MISFIT[0], scope["path"])
            await self._answer(scope, send, *MISFIT)

    async def _answer(self, scope: Scope, send: Send, status: int, sentence: str) -> None:
        # "detail" is the field in which Gradio's own front end and client look for a message.
        body = json.dumps({"detail": self._translate(sentence, ",".join(_values(scope, b"accept-language")))}).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _address(self, scope: Scope) -> str:
        """Return where a request comes from, as the page's own proxy has it; of IPv6 the network of one customer."""
        forwarded = _values(scope, b"x-forwarded-for")[-1:] if self._trusts_proxy else []
        client = scope.get("client") or ("",)
        address = forwarded[0].rpartition(",")[2].strip() if forwarded else client[0]
        try:
            known = ipaddress.ip_address(address)
        except ValueError:
            return str(client[0])
        return str(known) if known.version == 4 else str(ipaddress.ip_interface((known, 64)).network)

    def _is_nameable(self, path: object) -> bool:
        if path is None:
            return True
        if not isinstance(path, str) or "\0" in path:
            return False
        # Purely textual, so that the answer does not tell whether a file exists.
        return any(Path(os.path.normpath(path)).is_relative_to(folder) for folder in self._nameable)


def answer_headers(frame_ancestors: tuple[str, ...] = ()) -> list[tuple[bytes, bytes]]:
    """Return the headers that every answer of the page has.

    Args:
        frame_ancestors: sites that may show the page in a frame, besides itself.
    """
    ancestors = " ".join(("'self'", *frame_ancestors))
    return [
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"same-origin"),
        (b"content-security-policy", f"frame-ancestors {ancestors}".encode()),
    ]


def route_of(scope: Scope) -> str:
    """Return a request's path below the page's root, whether or not a proxy has taken the root's path away."""
    root = urlsplit(scope.get("root_path", "")).path.rstrip("/")
    path: str = scope["path"]
    return path.removeprefix(root) if root and path.startswith(f"{root}/") else path


def _values(scope: Scope, header: bytes) -> list[str]:
    """Return every value of a header: which of two counts is for each reader to choose."""
    return [value.decode("latin-1") for name, value in scope["headers"] if name.lower() == header]


def _is_upload(scope: Scope) -> bool:
    return route_of(scope).rstrip("/") == UPLOAD_PATH


def _json(body: bytes) -> Any:
    try:
        return json.loads(body) if body else None
    except (ValueError, RecursionError):
        return None  # Gradio refuses it itself


def _named_files(content: Any) -> Iterator[object]:
    """Yield every ``path`` of a JSON body: Gradio's file objects, whatever else they claim to be."""
    waiting = [content]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if "path" in value:
                yield value["path"]
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)


def _host_name(header: str) -> str:
    """Return the name in a Host header without its port; empty unless it is exactly one."""
    found = _HOST.fullmatch(header)
    return found.group(1).strip("[]").lower() if found else ""


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _sweep_broken_uploads(folder: Path) -> None:
    """Delete what Gradio has left of uploads that broke off; it forgets them, and they would take up space for ever."""
    oldest = time.time() - BROKEN_AFTER_S
    for entry in os.scandir(folder) if folder.is_dir() else ():
        try:
            is_left = _TEMPORARY.fullmatch(entry.name) and entry.is_file(follow_symlinks=False)
            if is_left and entry.stat(follow_symlinks=False).st_mtime < oldest:
                os.unlink(entry)
        except OSError:  # deleted meanwhile, or another user's
            continue


def _folder_size(folder: Path) -> int:
    total = 0
    for parent, _, files in os.walk(folder):
        for name in files:
            try:
                total += os.lstat(os.path.join(parent, name)).st_size
            except FileNotFoundError:  # deleted meanwhile
                continue
    return total


def _too_large(limit: int) -> str:
    return f"This request is too large: the limit is {limit // MEGABYTE} MB."
