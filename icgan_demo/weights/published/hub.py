"""Fetch published files by name: from the Hub mirror at its pinned revision, else from the authors' address.

A file that the Hub's own cache already holds is used from there. A transfer goes to a ``.part`` file that a later call
resumes, and gets its final name only when its size, first bytes and hash are right.
"""

import errno
import hashlib
import json
import logging
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import httpx2
from huggingface_hub import constants, get_hf_file_metadata, hf_hub_url, try_to_load_from_cache
from huggingface_hub.errors import HfHubHTTPError
from huggingface_hub.file_download import http_get

from icgan_demo.errors import BusyError, WeightsError
from icgan_demo.file_lock import hold
from icgan_demo.guards.weights_file import sha256_of
from icgan_demo.weights.published.catalogue import MIRROR, MIRROR_REVISION, ORIGIN, RemoteFile
from icgan_demo.weights.tensor_files import save_json

logger = logging.getLogger(__name__)

Report = Callable[[int, int | None], None]
"""Told the bytes there so far and the bytes in all (None if the server does not say); may raise to cancel."""

DOWNLOADS = "downloads"
RECORD = "received.json"
TIMEOUT_S = 10.0


@dataclass(frozen=True)
class Servers:
    """Where files come from; tests put a local server here."""

    hub: str = "https://huggingface.co"
    """The Hub or a mirror of it."""
    origin: str = ORIGIN
    """The authors' file server, for addresses that are not complete."""
    offline: bool = False
    """Whether only files that are already here may be used."""

    @classmethod
    def from_environment(cls) -> "Servers":
        """Read HF_ENDPOINT, ICGAN_ORIGIN and HF_HUB_OFFLINE at the time of the call."""
        hub = os.environ.get("HF_ENDPOINT", "").rstrip("/") or cls.hub
        origin = os.environ.get("ICGAN_ORIGIN", "").rstrip("/") or cls.origin
        switched_off = os.environ.get("HF_HUB_OFFLINE", "").upper() in {"1", "ON", "YES", "TRUE"}
        return cls(hub, origin, switched_off or constants.is_offline_mode())


@dataclass(frozen=True)
class _Address:
    label: str
    url: str
    size: int | None
    etag: str | None


class _UnreachableError(Exception):
    """One source failed; the sentence says why, and the next source is tried."""


def fetch(remote: RemoteFile, models: Path, *, report: Report | None = None, servers: Servers | None = None) -> Path:
    """Return a local copy of ``remote``, fetched if need be into the downloads folder below ``models``.

    Args:
        remote: what to fetch.
        models: the user's model folder.
        report: called as bytes arrive; what it raises ends the transfer, which a later call resumes.
    Raises:
        WeightsError: if no source has it, what came is not the file, the disk is full, or downloads are switched off.
        BusyError: if another process is fetching the same file.
    """
    servers = servers or Servers.from_environment()
    target = models / DOWNLOADS / remote.name
    if target.is_file() and _is_known(target):
        return target
    if cached := _in_hub_cache(remote):
        logger.info("%s is in the Hub's cache", remote.name)
        return cached
    if servers.offline:
        raise WeightsError(
            f"{remote.name} is not on this machine and downloads are switched off (HF_HUB_OFFLINE). "
            "Import the file by its path instead."
        )
    reasons = []
    for locate in (_locate_in_mirror, _locate_at_origin):
        try:
            if address := locate(remote, servers):
                return _transfer(remote, address, target, report or (lambda done, total: None))
        except _UnreachableError as reason:
            logger.warning("%s: %s", remote.name, reason)
            reasons.append(str(reason))
    raise WeightsError(
        f"{remote.name} could not be downloaded: {'; '.join(reasons)}. "
        "Try again later, or import a copy of the file by its path."
    )


def forget(remote: RemoteFile, models: Path, *, is_useless: bool = False) -> None:
    """Remove the fetched copy of ``remote`` once nobody needs it; a copy in the Hub's cache stays.

    Args:
        remote: what was fetched.
        models: the user's model folder.
        is_useless: whether it could not be used: then another file may come in its place the next time.
    """
    folder = models / DOWNLOADS
    for path in folder.glob(f"{remote.name}*"):
        path.unlink(missing_ok=True)
    records = _records(folder)
    if is_useless and records.pop(remote.name, {}):
        _write_records(records, folder)


def _in_hub_cache(remote: RemoteFile) -> Path | None:
    if not remote.mirror_path:
        return None
    found = try_to_load_from_cache(MIRROR, remote.mirror_path, revision=MIRROR_REVISION)
    if not isinstance(found, str):
        return None
    blob = Path(found).resolve()  # named after its SHA-256
    if len(blob.name) == 64 and sha256_of(blob) != blob.name:
        logger.warning("the copy of %s in the Hub's cache is damaged", remote.name)
        return None
    return Path(found)


def _locate_in_mirror(remote: RemoteFile, servers: Servers) -> _Address | None:
    if not remote.mirror_path:
        return None
    url = hf_hub_url(MIRROR, remote.mirror_path, revision=MIRROR_REVISION, endpoint=servers.hub)
    return _address("the Hub", url)


def _locate_at_origin(remote: RemoteFile, servers: Servers) -> _Address | None:
    url = remote.url if "://" in remote.url else f"{servers.origin}/{remote.url}"
    return _address("the authors' server", url)


def _address(label: str, url: str) -> _Address:
    """Ask a server for a file's size and tag; raises _UnreachableError."""
    try:
        with _explained(label):
            found = get_hf_file_metadata(url, token=False, timeout=TIMEOUT_S)
    except _UnreachableError as reason:
        if isinstance(reason.__cause__, HfHubHTTPError) and reason.__cause__.response.status_code in (403, 405, 501):
            return _Address(label, url, None, None)  # a server that knows no HEAD; size and tag come with the content
        raise
    return _Address(label, url, found.size, found.etag)


def _transfer(remote: RemoteFile, address: _Address, target: Path, report: Report) -> Path:
    version = hashlib.sha256(f"{address.url} {address.etag} {address.size}".encode()).hexdigest()[:8]
    part = target.with_name(f"{target.name}.{version}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with part.open("ab") as stream:
            hold(stream, BusyError(f"{remote.name} is already being downloaded. Wait until that has finished."))
            _check_room(part, stream.tell(), address.size)
            with _explained(address.label):
                _receive(address, stream, report)
            stream.flush()
            os.fsync(stream.fileno())
            _check_content(remote, address, part)
            part.replace(target)
        _record(target)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            part.unlink(missing_ok=True)
            raise WeightsError(
                f"The disk is full: {remote.name} could not be stored. Make room and try again."
            ) from None
        raise WeightsError(f"{remote.name} could not be stored. Is the model folder writable?") from error
    for left in target.parent.glob(f"{target.name}.*.part"):
        left.unlink(missing_ok=True)
    return target


def _receive(address: _Address, stream: BinaryIO, report: Report) -> None:
    """Append what is missing; the library retries, resumes, and starts over where a server ignores ranges."""
    done = stream.tell()
    if address.size is None or done > address.size:
        stream.truncate(done := 0)
    http_get(
        address.url,
        stream,
        resume_size=done,
        expected_size=address.size,
        headers={"Accept-Encoding": "identity"},
        tqdm_class=_reporter(report),
    )


def _check_content(remote: RemoteFile, address: _Address, part: Path) -> None:
    """Raise _UnreachableError, and remove the file, unless it is what was asked for."""
    with part.open("rb") as stream:
        start = stream.read(8)
    digest = sha256_of(part)
    recorded = _records(part.parent).get(remote.name, {}).get("sha256")
    is_hash = address.etag is not None and len(address.etag) == 64 and address.label == "the Hub"
    problem = ""
    if not start.startswith(remote.first_bytes):
        problem = f"{address.label} sent something else in its place, perhaps a web page"
    elif is_hash and digest != address.etag:
        problem = f"what {address.label} sent has the wrong checksum"
    elif not digest.startswith(remote.sha256_prefix):
        problem = f"what {address.label} sent is not the published file (wrong checksum)"
    elif recorded and recorded != digest:
        problem = f"what {address.label} sent differs from what it sent the first time (wrong checksum)"
    if problem:
        part.unlink()
        raise _UnreachableError(problem)


def _check_room(part: Path, done: int, size: int | None) -> None:
    """A fetched archive is converted beside itself, so it needs its size twice."""
    if size is not None and shutil.disk_usage(part.parent).free < 2 * size - done:
        raise OSError(errno.ENOSPC, "too little room")


def _record(target: Path) -> None:
    """Remember size and hash of what came, to be compared when the same file comes again."""
    records = _records(target.parent)
    records[target.name] = {"size": target.stat().st_size, "sha256": sha256_of(target)}
    _write_records(records, target.parent)


def _write_records(records: dict[str, dict[str, Any]], folder: Path) -> None:
    save_json(records, folder / RECORD)


def _records(folder: Path) -> dict[str, dict[str, Any]]:
    try:
        return json.loads((folder / RECORD).read_text())
    except (OSError, ValueError):
        return {}


def _is_known(target: Path) -> bool:
    record = _records(target.parent).get(target.name, {})
    return record.get("size") == target.stat().st_size and record.get("sha256") == sha256_of(target)


@contextmanager
def _explained(label: str) -> Iterator[None]:
    """Turn what a network can do wrong into a short reason."""
    try:
        yield
    except HfHubHTTPError as error:
        raise _UnreachableError(f"{label} answered {error.response.status_code}") from error
    except (httpx2.RemoteProtocolError, httpx2.ReadError) as error:
        raise _UnreachableError(f"{label} broke off the transfer, which continues where it stopped") from error
    except httpx2.TimeoutException as error:
        raise _UnreachableError(f"{label} did not answer in time") from error
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise _UnreachableError(f"{label} cannot be reached") from error
    except OSError as error:
        if error.errno is not None:  # of this machine's disk
            raise
        raise _UnreachableError(f"{label} sent an incomplete file") from error


def _reporter(report: Report) -> type:
    """A class with the few parts of a progress bar that the library uses, which calls ``report``."""

    class Reporter:
        def __init__(self, *, total: int | None = None, initial: int = 0, **_: Any) -> None:
            self.done, self.total = initial, total
            report(self.done, self.total)

        def update(self, count: int) -> None:
            self.done += count
            report(self.done, self.total)

        def __enter__(self) -> "Reporter":
            return self

        def __exit__(
            self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
        ) -> None:
            return None

    return Reporter
