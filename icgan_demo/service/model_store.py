"""The models of this machine: found once, loaded when first asked for, one big one at a time."""

import logging
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from icgan_demo.config import Precision
from icgan_demo.encoders.table import check_encoder
from icgan_demo.errors import DemoError, RequestError
from icgan_demo.inference.fast.prepare import choose_precision
from icgan_demo.inference.instance_model import InstanceModel
from icgan_demo.inference.loading import load_network, open_model
from icgan_demo.models.generators import AnyGenerator
from icgan_demo.service.values import ModelInfo
from icgan_demo.weights.calibration import VERSION, Calibration
from icgan_demo.weights.cards import INSTANCES, Card, FoundModel, find_cards, inspect_model
from icgan_demo.weights.folders import place_in_list
from icgan_demo.weights.learning import learning_picture
from icgan_demo.weights.published.catalogue import PublishedModel, imagenet_class_names

logger = logging.getLogger(__name__)

SHARED = "lite0"
"""Kind of the encoder whose distances agree between models."""


@dataclass
class _Entry:
    found: FoundModel
    model: InstanceModel | None = None
    is_loading: bool = False
    message: str = ""
    """Why it cannot be used; empty if nothing is known to be wrong."""
    is_listed: bool = True
    load_s: float | None = None
    """Seconds that it took to load the last time."""


class ModelStore:
    """Models by name, shared by all callers.

    The default model stays once it is loaded; of the others only the last one does, so that switching frees memory.
    A model is loaded by the first who asks for it, while the loaded ones continue drawing; others who ask wait.
    """

    def __init__(
        self,
        folders: Sequence[Path],
        published: Iterable[PublishedModel] = (),
        precision: Precision = Precision.AUTO,
        unlisted: Sequence[Path] = (),
        *,
        keeps_all: bool = False,
    ) -> None:
        """Look for models.

        Args:
            folders: searched for models; of two with one name, the first counts.
            published: listed as downloadable until they are found on the disk.
            precision: in which all of them draw.
            unlisted: further folders, whose models are found by name alone: they are a visitor's own.
            keeps_all: whether every model stays once it is loaded, for a few small ones that are used together.
        """
        self._precision = choose_precision(precision)
        self._keeps_all = keeps_all
        self._folders = tuple(folders)
        self._unlisted = tuple(unlisted)
        self._stamps: tuple[int, ...] = ()
        """When the folders had last changed before they were searched."""
        self._published = {model.name: model for model in published}
        self._entries: dict[str, _Entry] = {}
        self._lock = threading.Lock()
        """Guards the entries; held only for moments."""
        self._loading = threading.Lock()
        """Held while a model is loaded: one at a time, for the memory's sake."""
        self._pace_s: float | None = None
        """Seconds for each megabyte of the model that was loaded last."""
        self.refresh()

    def refresh(self) -> None:
        """Look for models again; those that are loaded stay loaded unless their card has changed."""
        self._stamps = self._changes()
        found = find_cards(self._folders)
        own = find_cards(self._unlisted)
        found.sort(key=lambda model: place_in_list(model.name)[0])
        with self._lock:
            known, self._entries = self._entries, {}
            for model in found:
                entry = known.get(model.name)
                in_use = entry is not None and (entry.model is not None or entry.is_loading)
                is_same = entry is not None and entry.found == model
                # Others are looked at again: an encoder that was missing may have come.
                self._entries[model.name] = (
                    entry if entry and in_use and is_same else _Entry(model, message=_problem(model))
                )
            for model in own:
                entry = known.get(model.name)
                self._entries.setdefault(
                    model.name,
                    entry
                    if entry and entry.found == model
                    else _Entry(model, message=_problem(model), is_listed=False),
                )

    def infos(self) -> list[ModelInfo]:
        """Return the model list: usable ones, the default one first; then broken ones; then downloadable ones."""
        self._refresh_if_changed()
        with self._lock:
            infos = [self._info(entry) for entry in self._entries.values() if entry.is_listed]
            here = sorted(infos, key=lambda info: info.state == "unavailable")
            absent = [model for name, model in self._published.items() if name not in self._entries]
        return here + [_downloadable(model) for model in absent]

    def info(self, name: str) -> ModelInfo | None:
        """Return one model, listed or not; None if there is none of that name."""
        self._refresh_if_changed()
        with self._lock:
            entry = self._entries.get(name)
            return None if entry is None else self._info(entry)

    @property
    def default(self) -> str:
        """Name of the model that is used when none is named; raises RequestError if there is none."""
        info = next(iter(self.infos()), None)
        if info is None or info.state == "downloadable":
            raise RequestError("There is no model on this machine. Put one into the weights folder, or import one.")
        return info.name

    def get(self, name: str) -> InstanceModel:
        """Return a loaded model, loading it first if need be.

        Raises:
            RequestError: if there is no model of that name.
            WeightsError, EncoderError: if it cannot be loaded; it is then listed as unavailable, with the reason.
        """
        entry = self._entry(name)
        if entry.model is not None:
            return entry.model
        with self._loading:
            if entry.model is not None:  # loaded by someone else meanwhile
                return entry.model
            return self._load(name, entry)

    def automatic(self) -> list[FoundModel]:
        """Return the usable models of the list that Automatic chooses among, in the order of the list."""
        names = [info.name for info in self.infos() if info.is_automatic]
        with self._lock:
            return [self._entries[name].found for name in names if name in self._entries]

    def network(self, name: str) -> AnyGenerator:
        """Return the plain generator of a model for a caller of its own, who needs gradients; raises as ``get``."""
        found = self._entry(name).found
        return load_network(found.usable(), found.folder)

    def _changes(self) -> tuple[int, ...]:
        return tuple(
            folder.stat().st_mtime_ns if folder.is_dir() else 0 for folder in (*self._folders, *self._unlisted)
        )

    def _refresh_if_changed(self) -> None:
        """Look again if a model has come or gone: a training that ends is in the list at once."""
        if self._changes() != self._stamps:
            self.refresh()

    def _entry(self, name: str) -> _Entry:
        self._refresh_if_changed()
        with self._lock:
            if name in self._entries:
                return self._entries[name]
            if name in self._published:
                raise RequestError(
                    f"{self._published[name].title} is not on this machine yet. Download it below the page's list of "
                    f"models, or with `icgan-demo models download {name}`."
                )
            known = ", ".join(name for name, entry in self._entries.items() if entry.is_listed) or "none"
        raise RequestError(f"There is no model {name[:100]!r}. Available: {known}.")

    def _load(self, name: str, entry: _Entry) -> InstanceModel:
        kept = {name, *(info.name for info in self.infos()[:1])}  # the default one stays, where any is listed
        with self._lock:
            entry.is_loading = True
            for other, loaded in self._entries.items():
                if other not in kept and not self._keeps_all:
                    loaded.model = None  # requests that still draw with it keep it until they are done
        start = time.monotonic()
        try:
            entry.found = inspect_model(entry.found.folder)  # its files may have been mended since they were listed
            if entry.found.card is not None:
                check_encoder(entry.found.card, entry.found.folder)  # without it, drawing works but photos do not
            model = open_model(entry.found, self._precision)
        except DemoError as error:
            entry.message = str(error)
            raise
        else:
            entry.message = ""
            entry.model = model
            entry.load_s = time.monotonic() - start
            self._pace_s = entry.load_s / max(entry.found.usable().size_mb, 1.0)
            logger.info("%s is ready after %.1f s", name, entry.load_s)
            return model
        finally:
            entry.is_loading = False

    def _info(self, entry: _Entry) -> ModelInfo:
        info = _info(entry, self._precision)
        by_size = None if self._pace_s is None else self._pace_s * info.size_mb
        return replace(info, load_s=by_size if entry.load_s is None else entry.load_s)


def takes_part(card: Card) -> bool:
    """Return whether Automatic chooses among this model and others: it shares their encoder and is calibrated."""
    return card.encoder["kind"] == SHARED and usable_calibration(card) is not None


def usable_calibration(card: Card) -> Calibration | None:
    """Return a model's calibration; None if it has none, or one of another measure."""
    calibration = card.calibration
    is_usable = calibration is not None and calibration.version == VERSION and INSTANCES in card.files
    return calibration if is_usable else None


def _problem(found: FoundModel) -> str:
    """What is plainly wrong with a model, seen without loading it: its card, its files, its encoder."""
    if found.message or found.card is None:
        return found.message
    try:
        check_encoder(found.card, found.folder)
    except DemoError as error:
        return str(error)
    return ""


def _downloadable(model: PublishedModel) -> ModelInfo:
    return ModelInfo(
        name=model.name,
        title=model.title,
        resolution=model.resolution,
        size_mb=float(model.megabytes),
        licence=model.licence.name,
        licence_note=model.licence.note,
        class_names=imagenet_class_names() if model.class_conditional else (),
        state="downloadable",
        card={"data": model.data, "licence": asdict(model.licence), "encoder": {"kind": model.encoder}},
    )


def _info(entry: _Entry, precision: Precision) -> ModelInfo:
    card = entry.found.card
    if entry.model is not None:
        state = "ready"
    elif entry.is_loading:
        state = "loading"
    else:
        state = "unavailable" if entry.message else "available"
    if card is None:
        return ModelInfo(entry.found.name, entry.found.name, 0, 0.0, "", "", (), "unavailable", entry.message)
    return ModelInfo(
        name=card.name,
        title=card.title,
        resolution=card.generator.resolution,
        size_mb=card.size_mb,
        licence=card.licence.name,
        licence_note=card.licence.note,
        class_names=card.class_names,
        state=state,
        message=entry.message if state == "unavailable" else "",
        card=card.to_json(),
        precision=precision.value,
        truncates_noise=card.generator.truncates_noise,
        is_trainable=card.generator.is_trainable,
        is_automatic=state != "unavailable" and takes_part(card),
        learning=learning_picture(card.learning, card.files, entry.found.folder),
    )
