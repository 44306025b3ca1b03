"""Fetching published models for the page and the command line: the terms first, then progress, then what is ready."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from icgan_demo.errors import BusyError, DemoError, EncoderError, RequestError, WeightsError
from icgan_demo.guards.weights_file import sha256_of
from icgan_demo.service.download_requests import Installation, Terms
from icgan_demo.weights.cards import CARD, INSTANCES, Licence, inspect_model
from icgan_demo.weights.published.catalogue import (
    ENCODER_WEIGHTS,
    PUBLISHED,
    STORED_INSTANCES,
    STORED_INSTANCES_FILE,
    EncoderWeights,
    PublishedModel,
    RemoteFile,
)
from icgan_demo.weights.published.conversion import convert_apart
from icgan_demo.weights.published.encoder_store import find_encoder
from icgan_demo.weights.published.hub import Report, Servers, fetch, forget
from icgan_demo.weights.published.stored_instances import kept_instances
from icgan_demo.weights.tensor_files import FileRecord

logger = logging.getLogger(__name__)

STORED_INSTANCES_LICENCE = Licence(
    "CC BY-NC 4.0",
    "https://creativecommons.org/licenses/by-nc/4.0/",
    "Features of 1,000 training images per model by Casanova et al. (Meta AI), CC BY-NC 4.0: not for commercial use.",
)


@dataclass(frozen=True)
class _Part:
    """One file that is needed, and on what terms."""

    title: str
    remote: RemoteFile
    licence: Licence
    is_optional: bool = False
    """Whether the model can do without."""


class _CancelledError(Exception):
    """The visitor stopped the transfer; what came stays and is resumed."""


class DownloadService:
    """Fetches published models for the page, one at a time, in the background."""

    def __init__(
        self, models: Path, on_ready: Callable[[], None] = lambda: None, servers: Servers | None = None
    ) -> None:
        """Keep what is needed later; nothing is fetched here.

        Args:
            models: the user's model folder.
            on_ready: called after each installation, for example ``ModelStore.refresh``.
            servers: None reads the environment.
        """
        self._models = models
        self._on_ready = on_ready
        self._servers = servers
        self._lock = threading.Lock()
        self._state: Installation | None = None
        self._began = 0.0, 0  # when the current file was first told of, and how much of it was here then
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def terms(self, name: str) -> list[Terms]:
        """See ``Downloads.terms``; show them, and let the visitor agree, before calling ``start``."""
        return [
            Terms(part.title, part.licence.name, part.licence.note, part.licence.url, part.remote.megabytes)
            for part in (_needed(name, self._models) if name in PUBLISHED else ())
        ]

    def start(self, name: str) -> None:
        """Fetch and convert a published model, and what it needs and is missing, in the background.

        Raises:
            RequestError: if nothing of that name is published.
            BusyError: if an installation is running.
        """
        parts = _needed(name, self._models)
        with self._lock:
            before = self._state
            if before is not None and before.is_running:
                raise BusyError(f"{before.name} is being downloaded. Wait until that has finished, or stop it.")
            self._stop.clear()
            self._state = Installation(name, "fetching", before.number + 1 if before else 1, parts=len(parts))
            self._thread = threading.Thread(target=self._run, args=(parts,), name="installer", daemon=True)
            self._thread.start()

    def progress(self) -> Installation | None:
        """Return how far the newest installation is; None before the first."""
        state = self._state
        return replace(state, is_stopping=self._stop.is_set()) if state and state.is_running else state

    def stop(self) -> None:
        """End a running transfer soon; starting again resumes it."""
        self._stop.set()

    def wait(self, timeout_s: float | None = None) -> Installation | None:
        """Return the last state once nothing is running any more, or the present one when the time is over."""
        if self._thread is not None:
            self._thread.join(timeout_s)
        return self._state

    def _run(self, parts: Sequence[_Part]) -> None:
        assert self._state is not None
        name = self._state.name
        try:
            messages = [self._install(part, number) for number, part in enumerate(parts, 1)]
            stage, message = "done", " ".join(messages) or f"{name} is here already."
        except _CancelledError:
            stage, message = "cancelled", "Stopped. Starting again continues where it stopped."
        except DemoError as error:
            stage, message = "failed", str(error)
        except Exception:
            logger.exception("installing %s failed", name)
            stage, message = "failed", f"{name} could not be installed. The log of this page says why."
        try:
            self._on_ready()
        except Exception:
            logger.exception("the model list could not be refreshed")
        self._state = replace(self._state, stage=stage, message=message)

    def _install(self, part: _Part, number: int) -> str:
        assert self._state is not None
        self._state = replace(
            self._state, stage="fetching", title=part.title, part=number, done_bytes=0, total_bytes=None, left_s=None
        )
        try:
            return install_file(part.remote, self._models, self._tell, servers=self._servers)
        except DemoError as error:
            if part.is_optional:
                logger.warning("%s: %s", part.title, error)
                return str(error)
            raise

    def _tell(self, stage: str, file: str, done: int, total: int | None) -> None:
        if self._stop.is_set() and stage == "fetching":
            raise _CancelledError
        assert self._state is not None
        now = time.monotonic()
        if self._state.total_bytes is None:
            self._began = now, done
        since, first = self._began
        is_known = stage == "fetching" and total is not None and done > first
        left_s = (now - since) * (total - done) / (done - first) if is_known and total is not None else None
        self._state = replace(self._state, stage=stage, done_bytes=done, total_bytes=total, left_s=left_s)


Tell = Callable[[str, str, int, int | None], None]
"""Told the stage ("fetching" or "converting"), the file, and the bytes so far and in all; may raise to cancel."""


def install_file(remote: RemoteFile, models: Path, tell: Tell, *, servers: Servers | None = None) -> str:
    """Fetch one published file and convert it, in place of what was there; returns a sentence that says what is ready.

    Raises:
        WeightsError, BusyError: if it cannot be had or used; nothing half-written stays, nor a file that is of no use.
    """
    report: Report = lambda done, total: tell("fetching", remote.name, done, total)  # noqa: E731
    path = fetch(remote, models, report=report, servers=servers)
    tell("converting", remote.name, 0, None)
    encoder = next((kind for kind, weights in ENCODER_WEIGHTS.items() if weights.remote == remote), None)
    try:
        sentence = convert_apart(path, models, encoder=encoder, replace=True)
    except WeightsError:
        forget(remote, models, is_useless=True)
        raise
    forget(remote, models)
    return sentence


def remote_file(name: str) -> RemoteFile:
    """Return the published file of a model, an encoder or the stored instances; else raises RequestError."""
    if name in PUBLISHED:
        return PUBLISHED[name].remote
    if name in ENCODER_WEIGHTS:
        return ENCODER_WEIGHTS[name].remote
    if name == STORED_INSTANCES:
        return STORED_INSTANCES_FILE
    known = ", ".join((*PUBLISHED, *ENCODER_WEIGHTS, STORED_INSTANCES))
    raise RequestError(f"There is no file, folder or published model named {name[:100]!r}. Published: {known}.")


def licence_of(name: str) -> Licence:
    """Return the terms of something published; ``name`` as in ``remote_file``."""
    remote_file(name)
    if name in PUBLISHED:
        return PUBLISHED[name].licence
    return ENCODER_WEIGHTS[name].licence if name in ENCODER_WEIGHTS else STORED_INSTANCES_LICENCE


def is_installed(name: str, models: Path) -> bool:
    """Return whether a published model has been converted and is whole: each file there with its recorded hash."""
    folder = models / name
    found = inspect_model(folder) if (folder / CARD).is_file() else None
    if found is None or found.card is None or found.message:
        return False
    return all(_is_whole(folder / file, record) for file, record in found.card.files.items())


def missing_encoder(model: PublishedModel, models: Path) -> EncoderWeights | None:
    """Return the encoder that a model needs and that is not here, or is damaged; None if it can be used."""
    try:
        is_here = _is_whole(*find_encoder(model.encoder, models))
    except EncoderError:
        is_here = False
    return None if is_here else ENCODER_WEIGHTS[model.encoder]


def _is_whole(path: Path, record: FileRecord) -> bool:
    try:
        return sha256_of(path) == record.sha256
    except OSError:
        return False


def _needed(name: str, models: Path) -> list[_Part]:
    """What is missing or damaged for a published name, the model itself first."""
    remote_file(name)
    if name not in PUBLISHED:
        return [_Part(name, remote_file(name), licence_of(name))]
    model = PUBLISHED[name]
    needed = [] if is_installed(name, models) else [_Part(model.title, model.remote, model.licence)]
    if encoder := missing_encoder(model, models):
        needed.append(_Part(encoder.title, encoder.remote, encoder.licence))
    file = model.stored_instances
    if needed and file and not (kept_instances(models, file).is_file() or (models / name / INSTANCES).is_file()):
        licence = licence_of(STORED_INSTANCES)
        needed.append(_Part("1,000 stored instances for each model", STORED_INSTANCES_FILE, licence, is_optional=True))
    return needed
