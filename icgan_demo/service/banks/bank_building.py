"""Pictures become a bank: embedded a few at a time, so that memory does not grow with their number."""

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from icgan_demo.errors import ArchiveError, RequestError
from icgan_demo.guards.archive import is_archive, survey_archive
from icgan_demo.guards.candidate import Candidate, nothing_usable, pixel_digest, read_candidate
from icgan_demo.guards.labels import labels_of
from icgan_demo.guards.picture import PictureLimits
from icgan_demo.inference.instance_model import ENCODED_AT_ONCE, InstanceModel
from icgan_demo.pixels import crop_to_square
from icgan_demo.service.photos import Photo, list_photos
from icgan_demo.service.uploads import read_uploads
from icgan_demo.training.common.image_set import ZIP_LIMITS, declared_labels
from icgan_demo.weights.bank_file import MAX_CLASSES, MAX_ENTRIES, StoredBank, bank_name

THUMBNAIL_SIDE = 48
STEP = 4
"""Files that are looked at before whoever builds may pause."""
LISTED = 200
"""Skipped files that are listed by name."""
UNNAMED = "My images"


class BankBuilder:
    """Takes pictures and embeds them; holds half-precision features and thumbnails, no pictures."""

    def __init__(self, model: InstanceModel, max_entries: int = MAX_ENTRIES) -> None:
        self.skipped: list[tuple[str, str]] = []
        """(name, reason) of files that cannot be used."""
        self.duplicates = 0
        """Pictures left out because another one has the same pixels."""
        self._model = model
        self._max_entries = max_entries
        self._digests: set[str] = set()
        self._waiting: list[Image.Image] = []
        self._features: list[Tensor] = []
        self._labels: list[str] = []
        self._thumbnails: list[bytes] = []

    def __len__(self) -> int:
        return len(self._labels)

    def take(self, candidate: Candidate) -> None:
        """Add a picture, or count why not; raises RequestError for one too many."""
        if candidate.picture is None:
            if len(self.skipped) < LISTED:
                self.skipped.append((candidate.name, candidate.reason))
            return
        digest = pixel_digest(candidate.picture)
        if digest in self._digests:
            self.duplicates += 1
            return
        if len(self) == self._max_entries:
            raise RequestError(f"Too many images: a bank holds at most {self._max_entries:,}.")
        self._digests.add(digest)
        square = crop_to_square(candidate.picture, self._model.resolution)
        self._waiting.append(square)
        self._labels.append(candidate.label)
        self._thumbnails.append(thumbnail_of(square))
        if len(self._waiting) == ENCODED_AT_ONCE:
            self._embed()

    def finish(self, name: str) -> StoredBank:
        """Return the bank; raises ArchiveError if it is empty."""
        self._embed()
        if not self._labels:
            raise ArchiveError(nothing_usable(self.skipped))
        labels, class_names = _classes(self._labels)
        features = torch.cat(self._features).float()
        return StoredBank(
            bank_name(name) or UNNAMED,
            self._model.feature_identity,
            features,
            labels,
            class_names,
            tuple(self._thumbnails),
        )

    def _embed(self) -> None:
        if self._waiting:
            self._features.append(self._model.encode(self._waiting).half())
            self._waiting = []


def build_bank(
    sources: Iterable[Path], model: InstanceModel, name: str = "", report: Callable[[int, int], None] = lambda *_: None
) -> tuple[StoredBank, list[tuple[str, str]]]:
    """Return the bank of pictures, folders and zips of pictures, and what was left out with its reason.

    Args:
        sources: files, and folders and zips whose pictures are taken at any depth; their class is the folder's name.
        model: its encoder embeds them, and every model with the same encoder can use the bank.
        name: of the bank; by default that of the first source.
        report: told how many of how many files are done.
    Raises:
        RequestError: if there is no picture or there are too many.
        ArchiveError: if none of them can be used, or a zip is damaged or not to be trusted.
    """
    sources = list(sources)
    zips = [source for source in sources if source.is_file() and is_archive(source)]
    others = [source for source in sources if source not in zips]
    photos = list_photos(others) if others else []
    total = len(photos) + sum(survey_archive(path, ZIP_LIMITS).files for path in zips)
    builder = BankBuilder(model)
    read = (
        read_candidate(photo.name, label, photo.path)
        for photo, label in zip(photos, _labels_of(photos, others), strict=True)
    )
    for done, candidate in enumerate(chain(read, read_uploads(zips, ZIP_LIMITS, PictureLimits())), 1):
        builder.take(candidate)
        report(done, max(done, total))
    return builder.finish(name or sources[0].stem), builder.skipped


def _labels_of(photos: Sequence[Photo], sources: Sequence[Path]) -> list[str]:
    """Return the classes of photos, of their folders' names, or as the ``dataset.json`` of a source has them."""
    labels = labels_of([photo.name for photo in photos])
    for source in sources:
        declared = declared_labels(source) if source.is_dir() else None
        if declared is not None:
            for place, photo in enumerate(photos):
                if photo.path.is_relative_to(source):
                    labels[place] = declared.get(photo.name, "")
    return labels


def in_steps(candidates: Iterable[Candidate], builder: BankBuilder) -> Iterator[int]:
    """Feed candidates to a builder; yields how many were looked at after each few."""
    done = 0
    for candidate in candidates:
        builder.take(candidate)
        done += 1
        if done % STEP == 0:
            yield done
    yield done


def thumbnail_of(square: Image.Image) -> bytes:
    """Return a small picture of a square one, WebP of about a kilobyte."""
    side = min(THUMBNAIL_SIDE, square.width)
    buffer = io.BytesIO()
    square.resize((side, side), Image.Resampling.BILINEAR).save(buffer, "WEBP", quality=75, method=2)
    return buffer.getvalue()


def _classes(labels: Sequence[str]) -> tuple[Tensor, tuple[str, ...]]:
    """Return rows and names of classes; folders that are too many to be classes count as none."""
    names = sorted({label for label in labels if label})
    if len(names) > MAX_CLASSES:
        names = []
    place = {name: row for row, name in enumerate(names)}
    return torch.tensor([place.get(label, -1) for label in labels]), tuple(names)
