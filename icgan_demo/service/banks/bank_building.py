"""Pictures become a bank: embedded a few at a time, so that memory does not grow with their number."""

import io
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from icgan_demo.errors import ArchiveError, RequestError
from icgan_demo.guards.candidate import nothing_usable, pixel_digest
from icgan_demo.inference.instance_model import InstanceModel
from icgan_demo.pixels import crop_to_square
from icgan_demo.service.photo_embedding import Embedder
from icgan_demo.service.picture_sources import class_of_each, count_pictures, pictures_of
from icgan_demo.service.source_picture import SourcePicture
from icgan_demo.weights.bank_file import MAX_CLASSES, MAX_ENTRIES, StoredBank, bank_name
from icgan_demo.weights.bank_folder import ShardNotes, ShardRows, hash_of_names

THUMBNAIL_SIDE = 48
LISTED = 200
"""Skipped files that are listed by name."""
UNNAMED = "My images"


class BankBuilder:
    """Takes pictures and embeds them a few at a time; holds half-precision features and thumbnails, no pictures."""

    def __init__(
        self, model: InstanceModel, most: int | None = None, *, listed: int = LISTED, has_thumbnails: bool = True
    ) -> None:
        """Begin with none.

        Args:
            most: pictures that it takes; None for any number.
            listed: of the files that cannot be used, how many are named with the reason.
        """
        self.looked_at: list[str] = []
        """Names of all pictures, those that cannot be used included."""
        self.reasons: list[tuple[str, str]] = []
        """(name, reason) of files that cannot be used, the first of them."""
        self.skipped = 0
        """Files that cannot be used."""
        self.duplicates = 0
        """Pictures left out because another one has the same pixels."""
        self._model, self._most, self._listed, self._has_thumbnails = model, most, listed, has_thumbnails
        self._embedder = Embedder(model)
        self._digests: dict[int, None] = {}
        self._names: list[str] = []
        self._groups: list[str] = []
        self._thumbnails: list[bytes] = []

    def __len__(self) -> int:
        return len(self._names)

    def take(self, found: SourcePicture) -> None:
        """Add a picture, or count why not; raises RequestError for one too many."""
        candidate = found.candidate
        self.looked_at.append(candidate.name)
        if candidate.picture is None:
            self.skipped += 1
            if len(self.reasons) < self._listed:
                self.reasons.append((candidate.name, candidate.reason))
            return
        digest = int.from_bytes(bytes.fromhex(pixel_digest(candidate.picture))[:8], "little", signed=True)
        if digest in self._digests:
            self.duplicates += 1
            return
        if len(self) == self._most:
            raise RequestError(f"Too many images: a bank holds at most {self._most:,}.")
        self._digests[digest] = None
        square = crop_to_square(candidate.picture, self._model.resolution)
        self._embedder.take(square)
        self._names.append(candidate.name)
        self._groups.append(found.group)
        if self._has_thumbnails:
            self._thumbnails.append(thumbnail_of(square))

    def shard(self) -> tuple[ShardRows, ShardNotes]:
        """Return what was taken as a shard of a bank's folder."""
        digests = torch.tensor(list(self._digests), dtype=torch.int64)
        notes = ShardNotes(
            self._model.feature_identity,
            len(self.looked_at),
            hash_of_names(self.looked_at),
            self.skipped,
            self.duplicates,
            tuple(self.reasons),
        )
        features = self._embedder.features().half()
        return ShardRows(features, digests, self._names, self._groups, self._thumbnails), notes

    def bank(self, name: str) -> StoredBank:
        """Return what was taken as a bank; raises ArchiveError if it is empty."""
        if not self._groups:
            raise ArchiveError(nothing_usable(self.reasons))
        names = list(dict.fromkeys(self._groups))
        of_group = dict(zip(names, class_of_each(names), strict=True))
        labels, class_names = _classes([of_group[group] for group in self._groups])
        features = self._embedder.features().half().float()  # a bank keeps half precision
        return StoredBank(
            bank_name(name) or UNNAMED,
            self._model.feature_identity,
            features,
            labels,
            class_names,
            tuple(self._thumbnails),
        )


def build_bank(
    sources: Sequence[Path], model: InstanceModel, name: str = "", report: Callable[[int, int], None] = lambda *_: None
) -> tuple[StoredBank, list[tuple[str, str]]]:
    """Return the bank of the pictures in ``sources``, and what was left out with its reason.

    Args:
        sources: see ``pictures_of``.
        model: its encoder embeds them, and every model with the same encoder can use the bank.
        name: of the bank; by default that of the first source.
        report: told how many of how many files are done.
    Raises:
        RequestError: if a source does not exist, or there are too many pictures.
        ArchiveError: if none of them can be used.
    """
    total = count_pictures(sources)
    builder = BankBuilder(model, MAX_ENTRIES)
    for done, found in enumerate(pictures_of(sources), 1):
        builder.take(found)
        report(done, total)
    return builder.bank(name or sources[0].stem), builder.reasons


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
