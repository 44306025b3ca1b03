"""Banks of visitors and of the models: built from pictures, taken from files, laid out in the plane, compared with."""

import hashlib
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from weakref import WeakKeyDictionary

import numpy as np
import torch
from PIL import Image

from icgan_demo.config import Limits
from icgan_demo.errors import ImageError, IndexFileError, RequestError
from icgan_demo.guards.archive import ArchiveLimits, is_archive, survey_archive
from icgan_demo.guards.numbers import is_whole
from icgan_demo.guards.picture import PictureLimits, read_picture
from icgan_demo.index import NeighbourIndex
from icgan_demo.inference.instance_model import InstanceModel
from icgan_demo.secret_names import is_secret_name, secret_name
from icgan_demo.service.banks.bank_building import BankBuilder
from icgan_demo.service.banks.bank_requests import OWN_BANK, PCA, UMAP, BankInfo, BankMap, BuildProgress, Explanation
from icgan_demo.service.banks.explain import (
    as_near,
    distances_of,
    mean_pairwise_distance,
    nearest_real,
    real_neighbourhood,
)
from icgan_demo.service.banks.projection import Projection, fit, methods, spaced
from icgan_demo.service.drawing.drawing_requests import Blend, DrawRequest
from icgan_demo.service.drawing.drawing_service import checked_feature, mixed_feature
from icgan_demo.service.drawing.sampling_service import SamplingService
from icgan_demo.service.model_store import ModelStore
from icgan_demo.service.source_picture import SourcePicture
from icgan_demo.service.uploads import check_uploads, read_uploads
from icgan_demo.service.values import Instance
from icgan_demo.weights.bank_file import StoredBank, read_bank, summarise_bank, write_bank
from icgan_demo.weights.bank_folder import MANIFEST, StoredLabels, StoredPictures, read_manifest

logger = logging.getLogger(__name__)

Thumbnails = tuple[bytes, ...] | StoredPictures
NOT_FOUND = "The bank is no longer here. Build it again, or open its file."
FORGOTTEN_AFTER_S = 24 * 3600.0
"""Banks of a public page go after that."""
KEPT_OPEN = 4
"""Banks of visitors that stay in memory."""
SPACE, WIDE_SPACE = 0.055, 0.1
"""Least distance of two pictures on the map, as a share of its width; and on a map half as wide."""
DRAWN_IN_S = 2.0
"""Time for drawing pictures of a model's own instances that have none yet."""
MOST_SHOWN = 5_000
"""Instances of a shared bank on the map; with more the page would grow beyond what a phone likes."""
SHARED = "shared-banks"
"""Folder of the banks for everybody, each a folder made by ``icgan-demo bank build``."""
STEP = 4
"""Files that are looked at before whoever builds a bank may pause."""
UPLOADED_SIDE = 512
SMALL = PictureLimits(max_file_bytes=20_000, max_pixels=256 * 256, max_jpeg_pixels=256 * 256, min_side=8, max_side=64)


class _Viewed:
    """A bank in memory, with what was computed of it."""

    def __init__(
        self, index: NeighbourIndex, labels: Sequence[str | None], thumbnails: Thumbnails = (), most_shown: int = 0
    ) -> None:
        """Show a sample of the rows on the map where there are more than ``most_shown``, unless that is 0."""
        self.index = index
        self.labels = labels
        self.thumbnails = thumbnails
        count = len(index)
        self.is_sampled = 0 < most_shown < count
        sample = torch.randperm(count, generator=torch.Generator().manual_seed(0))[: most_shown or count]
        self.shown = sample.sort().values
        """Rows on the map, int64 (N,), the same each time."""
        self.maps: dict[str, BankMap] = {}
        self._projections: dict[str, Projection] = {}
        self.pace_s: dict[str, float] = {}
        """Seconds that a projection has taken for each row."""
        self._locks = {PCA: threading.Lock(), UMAP: threading.Lock()}  # UMAP takes minutes, PCA must not wait for it

    def projection(self, method: str) -> Projection:
        """Return the map, made at the first call; raises RequestError for an unknown method."""
        if method not in self._locks:
            raise RequestError("There is no such map.")
        with self._locks[method]:
            if method not in self._projections:
                started = time.perf_counter()
                self._projections[method] = fit(self.index.take(self.shown), method)
                self.pace_s[method] = (time.perf_counter() - started) / len(self.shown)
            return self._projections[method]


class BankService:
    """Implements ``Banks``; a bank belongs to whoever knows its id."""

    def __init__(self, store: ModelStore, sampling: SamplingService, folder: Path, limits: Limits) -> None:
        """Keep banks below ``folder``, which no page may serve files of."""
        self._store = store
        self._sampling = sampling
        self._folder = folder / ("visitors-banks" if limits.is_public else "banks")
        self._shared_folder = folder / SHARED
        self._limits = limits
        self._lock = threading.Lock()
        self._open: OrderedDict[str, _Viewed] = OrderedDict()
        self._own: WeakKeyDictionary[InstanceModel, _Viewed] = WeakKeyDictionary()
        self._pace_s: dict[str, float] = {}  # of the last projection by each method
        self._forget_old()

    def build(self, model: str, files: Sequence[Path], name: str, encoding: str = "") -> Iterator[BuildProgress]:
        """See ``Banks.build``."""
        if not files:
            raise RequestError("Choose some images or a ZIP file first.")
        check_uploads(files, self._limits)
        loaded, limits = self._store.get(model), self._limits
        of_archive = ArchiveLimits(
            members=limits.bank_pictures * 6 // 5, total_bytes=limits.archive_bytes, seconds=limits.bank_s
        )
        surveys = [survey_archive(file, of_archive, encoding) for file in files if is_archive(file)]
        total = len(files) - len(surveys) + sum(survey.files for survey in surveys)
        builder = BankBuilder(loaded, limits.bank_pictures)
        started = time.monotonic()
        yield BuildProgress(0, total)
        with closing(read_uploads(files, of_archive, PictureLimits(max_side=UPLOADED_SIDE), encoding)) as candidates:  # type: ignore[type-var]
            for done, candidate in enumerate(candidates, 1):
                builder.take(SourcePicture.of_class(candidate))
                if time.monotonic() - started > limits.bank_s:
                    raise RequestError("Building the bank took too long. Try fewer or smaller images.")
                if done % STEP == 0:
                    yield BuildProgress(done, max(done, total))
        bank = builder.bank(name or files[0].stem)
        bank_id = self._keep(bank)
        logger.info("bank: %d pictures in %.1f s", len(bank), time.monotonic() - started)
        notes = tuple(note for survey in surveys for note in survey.notes)
        info = replace(self._info(bank_id), duplicates=builder.duplicates, skipped=tuple(builder.reasons), notes=notes)
        yield BuildProgress(total, total, info)

    def take(self, file: Path) -> BankInfo:
        """See ``Banks.take``."""
        bank_id = self._keep(read_bank(file, self._limits.bank_pictures, self._limits.bank_bytes))
        return self._info(bank_id)

    def shared(self) -> tuple[BankInfo, ...]:
        """See ``Banks.shared``."""
        known = []
        for bank_id, folder in self._shared().items():
            try:
                known.append(_folder_info(bank_id, folder))
            except IndexFileError as error:  # perhaps still being built
                logger.info("shared bank %s: %s", folder.name, error)
        return tuple(known)

    def info(self, bank_id: str) -> BankInfo:
        """See ``Banks.info``."""
        folder = self._shared().get(bank_id)
        return self._info(bank_id) if folder is None else _folder_info(bank_id, folder)

    def file(self, bank_id: str) -> Path:
        """See ``Banks.file``."""
        if bank_id in self._shared():
            raise RequestError("This bank stays here: it is too large to be handed out.")
        path = self._path(bank_id)
        if not path.is_file():
            raise RequestError(NOT_FOUND)
        return path

    def delete(self, bank_id: str) -> None:
        """See ``Banks.delete``."""
        self._path(bank_id).unlink(missing_ok=True)
        with self._lock:
            self._open.pop(bank_id, None)

    def methods(self) -> tuple[str, ...]:
        """See ``Banks.methods``."""
        return methods()

    def map(self, model: str, bank_id: str, method: str) -> BankMap:
        """See ``Banks.map``."""
        loaded = self._store.get(model)
        viewed = self._viewed(loaded, bank_id)
        if viewed is None:
            return BankMap(np.zeros((0, 2), np.float32), (), {}, 0)
        if bank_id != OWN_BANK and method in viewed.maps:
            return viewed.maps[method]
        projection = viewed.projection(method)
        self._pace_s |= viewed.pace_s
        at = projection.places
        sparse = spaced(at, WIDE_SPACE)
        places = spaced(at, SPACE, tuple(sparse))
        shown = viewed.shown.tolist()
        rows = [shown[place] for place in places]
        by_row = self._drawn(loaded, rows) if bank_id == OWN_BANK else _decoded(viewed, rows)
        pictures = {place: by_row[row] for place, row in zip(places, rows, strict=True) if row in by_row}
        viewed.maps[method] = BankMap(
            at,
            tuple(viewed.labels[row] for row in shown),
            pictures,
            sum(place in pictures for place in sparse),
            projection.kept,
            tuple(shown) if viewed.is_sampled else (),
            len(viewed.index),
        )
        return viewed.maps[method]

    def map_takes_s(self, model: str, bank_id: str, method: str) -> float | None:
        """See ``Banks.map_takes_s``."""
        viewed = self._viewed(self._store.get(model), bank_id)
        if viewed is None or method == PCA or method in viewed.pace_s:
            return 0.0
        pace_s = self._pace_s.get(method)
        return None if pace_s is None else pace_s * len(viewed.shown)

    def place(self, model: str, bank_id: str, method: str, feature: np.ndarray) -> tuple[float, float]:
        """See ``Banks.place``."""
        loaded = self._store.get(model)
        viewed = self._viewed(loaded, bank_id)
        if viewed is None:
            return 0.5, 0.5
        return viewed.projection(method).place(checked_feature(loaded, feature))

    def feature(self, model: str, bank_id: str, row: int) -> np.ndarray:
        """See ``Banks.feature``."""
        viewed = self._viewed(self._store.get(model), bank_id)
        count = 0 if viewed is None else len(viewed.index)
        if viewed is None or not is_whole(row, 0, count - 1):
            raise RequestError(f"There is no instance {row!r:.20} in this bank; it has {count}.")
        return viewed.index.take([row])[0].numpy()

    def pick(self, model: str, bank_id: str, row: int) -> Instance:
        """See ``Banks.pick``."""
        if bank_id == OWN_BANK:
            return self._sampling.pick(model, row)
        feature = self.feature(model, bank_id, row)
        viewed = self._viewed(self._store.get(model), bank_id)
        assert viewed is not None, bank_id
        picture = _decoded(viewed, [row]).get(row)
        if picture is None:
            picture = next(self._sampling.drawing.draw(DrawRequest(model, Blend((feature,)), (0,), 0.5))).picture
        return Instance(feature, picture)

    def label(self, model: str, bank_id: str, row: int) -> str | None:
        """See ``Banks.label``."""
        viewed = self._viewed(self._store.get(model), bank_id)
        return None if viewed is None else viewed.labels[row]

    def explain(self, model: str, bank_id: str, blend: Blend, pictures: Sequence[Image.Image]) -> Explanation:
        """See ``Banks.explain``."""
        loaded = self._store.get(model)
        instance = mixed_feature(loaded, blend)
        samples = loaded.encode(pictures)
        cosines = (samples @ instance).clamp(-1, 1)
        training = self._viewed(loaded, OWN_BANK)
        viewed = training if bank_id == OWN_BANK else self._viewed(loaded, bank_id)
        real = None if viewed is None else real_neighbourhood(viewed.index, instance, len(pictures))
        near, near_training = (
            () if bank is None else as_near(nearest_real(bank.index, samples), bank.labels)
            for bank in (viewed, training)
        )
        return Explanation(
            tuple(distances_of(cosines).tolist()),
            near,
            near_training,
            fidelity=float(cosines.mean()),
            diversity=mean_pairwise_distance(samples),
            real_fidelity=None if real is None else real[0],
            real_diversity=None if real is None else real[1],
            training_count=0 if training is None else len(training.index),
        )

    # --- pieces ---

    def _path(self, bank_id: str) -> Path:
        if not is_secret_name(bank_id):
            raise RequestError(NOT_FOUND)
        return self._folder / f"{bank_id}.safetensors"

    def _keep(self, bank: StoredBank) -> str:
        self._forget_old()
        bank_id = secret_name()
        write_bank(bank, self._path(bank_id))
        return bank_id

    def _info(self, bank_id: str) -> BankInfo:
        path = self.file(bank_id)
        head = summarise_bank(path)
        size = path.stat().st_size / 1e6
        return BankInfo(bank_id, head.name, head.encoder, head.count, head.classes, size)

    def _forget_old(self) -> None:
        """Remove banks beyond the number that is kept, and on a public page those of yesterday."""
        newest_first = sorted(self._folder.glob("*.safetensors"), key=lambda path: -path.stat().st_mtime)
        oldest = time.time() - FORGOTTEN_AFTER_S
        for place, path in enumerate(newest_first):
            is_old = self._limits.is_public and path.stat().st_mtime < oldest
            if is_old or place >= self._limits.kept_banks - 1:
                path.unlink(missing_ok=True)

    def _viewed(self, model: InstanceModel, bank_id: str) -> _Viewed | None:
        """Return a bank that fits the model; None if the model has none of its own."""
        if bank_id == OWN_BANK:
            return self._own_viewed(model)
        folder = self._shared().get(bank_id)
        path = self.file(bank_id) if folder is None else folder
        with self._lock:
            viewed = self._open.get(bank_id)
        if viewed is None:
            viewed = _opened_file(path) if folder is None else _opened_folder(folder)
        with self._lock:
            self._open[bank_id] = viewed
            self._open.move_to_end(bank_id)
            while len(self._open) > KEPT_OPEN:
                self._open.popitem(last=False)
        if viewed.index.encoder != model.feature_identity:
            raise IndexFileError(
                f"This bank was made by another encoder than that of {model.card.title}. "
                "Choose the model it was made with, or build it again from the images."
            )
        return viewed

    def _shared(self) -> dict[str, Path]:
        """Return the folders of banks for everybody by the ids that the page knows them by."""
        folders = sorted(self._shared_folder.glob(f"*/{MANIFEST}")) if self._shared_folder.is_dir() else []
        return {hashlib.sha256(f"shared {path.parent.name}".encode()).hexdigest()[:32]: path.parent for path in folders}

    def _own_viewed(self, model: InstanceModel) -> _Viewed | None:
        if model.bank is None or not len(model.bank.labels):
            return None
        with self._lock:
            if model not in self._own:
                names = model.card.class_names
                labels = [names[label] if label >= 0 else None for label in model.bank.labels.tolist()]
                self._own[model] = _Viewed(NeighbourIndex(model.bank.features, model.feature_identity), labels)
            return self._own[model]

    def _drawn(self, model: InstanceModel, rows: Sequence[int]) -> dict[int, Image.Image]:
        """Return the thumbnails of a model's own instances that are drawn, drawing more of them for a moment."""
        thumbnails, until = self._sampling.thumbnails, time.monotonic() + DRAWN_IN_S
        known = thumbnails.drawn(model)
        for row in rows:
            if row not in known and time.monotonic() < until:
                known |= thumbnails.draw(model, [row])
        return {row: known[row] for row in rows if row in known}


def _opened_file(path: Path) -> _Viewed:
    bank = read_bank(path)
    labels = [bank.label(row) for row in range(len(bank))]
    return _Viewed(NeighbourIndex(bank.features, bank.encoder), labels, bank.thumbnails)


def _opened_folder(folder: Path) -> _Viewed:
    manifest = read_manifest(folder)
    index = NeighbourIndex.of_folder(folder, manifest)
    pictures = StoredPictures(folder, manifest) if manifest.has_thumbnails else ()
    return _Viewed(index, StoredLabels(folder, manifest), pictures, MOST_SHOWN)


def _folder_info(bank_id: str, folder: Path) -> BankInfo:
    manifest = read_manifest(folder)
    size = sum(shard["size"] for shard in manifest.shards) / 1e6
    classes = len(manifest.class_names)
    return BankInfo(bank_id, manifest.name, manifest.encoder, manifest.count, classes, size, is_shared=True)


def _decoded(viewed: _Viewed, rows: Sequence[int]) -> dict[int, Image.Image]:
    """Return the small pictures of a visitor's bank that can be read; they come from anyone."""
    found = {}
    for row in rows if viewed.thumbnails else ():
        try:
            found[row] = read_picture(viewed.thumbnails[row], SMALL).picture
        except ImageError:
            continue
    return found
