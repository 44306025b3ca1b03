"""What visitors and the command line ask for: encode a photo, pick stored instances, find neighbours, draw."""

import logging
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from weakref import WeakKeyDictionary

import numpy as np
from PIL import Image

from icgan_demo.config import Limits
from icgan_demo.errors import DemoError, RequestError
from icgan_demo.guards.picture import GuardedPicture, read_picture
from icgan_demo.index import NeighbourIndex
from icgan_demo.inference.instance_model import InstanceModel
from icgan_demo.pixels import crop_to_square
from icgan_demo.service.drawing.drawing_service import DrawingService, checked_feature
from icgan_demo.service.drawing.drawn_thumbnails import Thumbnails
from icgan_demo.service.drawing.search_service import SearchService
from icgan_demo.service.knowing import Knowing
from icgan_demo.service.requests import (
    EXAMPLES,
    BankEntry,
    Choice,
    Instance,
    ModelInfo,
    Neighbour,
    is_whole,
    spread,
)
from icgan_demo.service.store import ModelStore

logger = logging.getLogger(__name__)

DRAWN_INSTANCE = "Drawn by the model from a stored instance; the photo itself is not kept."


class SamplingService:
    """Implements ``Sampling``; holds models and caches, nothing about a visitor."""

    def __init__(self, store: ModelStore, limits: Limits | None = None) -> None:
        self._store = store
        self.thumbnails = Thumbnails()
        self._knowing = Knowing(store)
        self._indexes: WeakKeyDictionary[InstanceModel, NeighbourIndex] = WeakKeyDictionary()
        self.drawing = DrawingService(store, self._index, limits or Limits())
        self.search = SearchService(store, self.drawing)

    def start_loading(self) -> threading.Thread:
        """Load the default model and draw its examples in the background; returns the thread that does."""
        thread = threading.Thread(target=self._load_default, name="load default model", daemon=True)
        thread.start()
        return thread

    def models(self) -> list[ModelInfo]:
        """See ``Sampling.models``."""
        return self._store.infos()

    def unlisted(self, name: str) -> ModelInfo | None:
        """See ``Sampling.unlisted``."""
        return self._store.info(name)

    def encode(self, model: str, photo: Path | bytes) -> Instance:
        """See ``Sampling.encode``."""
        return self._encode(self._store.get(model), read_picture(photo))

    def _encode(self, loaded: InstanceModel, guarded: GuardedPicture) -> Instance:
        crop = crop_to_square(guarded.picture, loaded.resolution)
        feature = loaded.encode([crop])[0]
        return Instance(feature.numpy(), crop, guarded.notes, self._knowing.reading(loaded, feature))

    def choose(self, photo: Path | bytes) -> Choice:
        """See ``Sampling.choose``; decodes and embeds the photo once, and loads a generator only for a stand-in."""
        guarded = read_picture(photo)
        seen = self._knowing.choose(guarded.picture)
        best, readings = seen[0], tuple(each.reading for each in seen)
        if (finer := self._knowing.finer(best)) is not None:
            return Choice(
                (finer, *readings), replace(self._encode(self._store.get(finer.model), guarded), reading=finer)
            )
        return Choice(readings, Instance(best.feature.numpy(), best.crop, guarded.notes, best.reading))

    def bank(self, model: str) -> list[BankEntry]:
        """See ``Sampling.bank``."""
        loaded = self._store.get(model)
        if loaded.bank is None:
            return []
        return self._entries(loaded, range(len(loaded.bank.labels)), self.thumbnails.drawn(loaded))

    def drawn(self, model: str, entries: Sequence[BankEntry]) -> list[BankEntry]:
        """See ``Sampling.drawn``."""
        loaded = self._store.get(model)
        rows = [entry.row for entry in entries]
        return self._entries(loaded, rows, self.thumbnails.draw(loaded, rows)) if rows else []

    def pick(self, model: str, row: int) -> Instance:
        """See ``Sampling.pick``."""
        loaded = self._store.get(model)
        count = 0 if loaded.bank is None else len(loaded.bank.labels)
        if not is_whole(row, 0, count - 1):
            raise RequestError(f"There is no stored instance {row!r:.20}; this model has {count}.")
        assert loaded.bank is not None
        feature = loaded.bank.features[row].numpy().copy()
        return Instance(feature, self.thumbnails.draw(loaded, [row])[row], (DRAWN_INSTANCE,))

    def neighbours(self, model: str, feature: np.ndarray, count: int) -> list[Neighbour]:
        """See ``Sampling.neighbours``."""
        loaded = self._store.get(model)
        index = self._index(loaded)
        query = checked_feature(loaded, feature)[None]
        if index is None:
            return []
        rows, cosines = index.search(query, min(count, len(index)))
        nearest = rows[0].tolist()
        entries = self._entries(loaded, nearest, self.thumbnails.draw(loaded, nearest))
        return [Neighbour(entry, cosine) for entry, cosine in zip(entries, cosines[0].tolist(), strict=True)]

    def _entries(
        self, model: InstanceModel, rows: Sequence[int], thumbnails: Mapping[int, Image.Image]
    ) -> list[BankEntry]:
        assert model.bank is not None
        labels = model.bank.labels[list(rows)].tolist()
        names = model.card.class_names
        return [
            BankEntry(row, names[label] if label >= 0 else None, thumbnails.get(row))
            for row, label in zip(rows, labels, strict=True)
        ]

    def _index(self, model: InstanceModel) -> NeighbourIndex | None:
        if model.bank is None or not len(model.bank.labels):
            return None
        if model not in self._indexes:
            self._indexes[model] = NeighbourIndex(model.bank.features, model.feature_identity)
        return self._indexes[model]

    def _load_default(self) -> None:
        """Load the first model of the list that can be loaded; what is wrong with others stays in the list."""
        for info in self.models():
            if info.state == "downloadable":
                continue
            try:
                self.drawn(info.name, spread(self.bank(info.name), EXAMPLES))
            except DemoError as error:
                logger.warning("%s cannot be used: %s", info.name, error)
            except Exception:
                logger.exception("%s cannot be loaded", info.name)
            else:
                return
