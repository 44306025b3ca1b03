"""What the studio remembers of a visitor: small values that live in ``gr.State``."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from icgan_demo.service.requests import MAX_SEED, BankEntry
from icgan_demo.service.studio_requests import Blend, BlendRequest, Stop
from icgan_demo.ui.services import Services
from icgan_demo.ui.texts import say
from icgan_demo.ui.thumbnails import captioned, instance_name, thumbnail_path

SEEDS = 4
"""Pictures that are drawn at once."""
CHOICES = 12
"""Bank entries that a page offers as instances."""


@dataclass(frozen=True)
class Slot:
    """An instance as material."""

    model: str
    """The model whose encoder made the feature."""
    feature: np.ndarray
    """Unit-length float32, shape (D,)."""
    picture: Path
    """What stands for it on the page: the upload, or the thumbnail of a bank entry."""
    name: str
    own: str | None
    """Its own class, None if the model knows none."""
    row: int | None = None
    """Its bank row, None for a photo."""


@dataclass(frozen=True)
class Offered:
    """The bank entries that a strip of thumbnails shows: a click tells no more than its place among them."""

    model: str = ""
    """Whose bank it is, hence whose instances the page takes; empty for the default model, before a page is filled."""
    rows: tuple[int, ...] = ()


@dataclass(frozen=True)
class PathStop:
    """A stop of a path and the picture that stands for it."""

    stop: Stop
    model: str
    picture: Path
    caption: str


def spread(entries: Sequence[BankEntry], count: int) -> list[BankEntry]:
    """Return ``count`` entries spread evenly over the bank, hence over its classes."""
    count = min(count, len(entries))
    return [entries[len(entries) * place // count] for place in range(count)]


def offer(services: Services, model: str, language: str) -> tuple[list[BankEntry], Offered, list[tuple[str, str]]]:
    """Return bank entries of a model to choose from, and what a page keeps and shows of them."""
    entries = spread(services.sampling.bank(model), CHOICES)
    names = [instance_name(entry, language) for entry in entries]
    pictures = captioned(services.thumbnail_dir, entries, names)
    return entries, Offered(model, tuple(entry.row for entry in entries)), pictures


def slot_of_row(services: Services, model: str, row: int, language: str) -> Slot:
    """Return a bank entry as a slot; raises RequestError for an unknown row."""
    instance = services.sampling.pick(model, row)
    picture = thumbnail_path(services.thumbnail_dir, instance.crop)  # nobody's upload: may lie where all can see it
    own = services.sampling.studio.own_class(model, instance.feature)
    name = instance_name(BankEntry(row, own, None), language)
    return Slot(model, instance.feature, picture, name, own, row)


def slot_of_photo(services: Services, model: str, photo: Path, language: str) -> Slot:
    """Return an uploaded picture as a slot; raises ImageError."""
    instance = services.sampling.encode(model, photo)
    own = services.sampling.studio.own_class(model, instance.feature)
    return Slot(model, instance.feature, photo, say(language, "your_photo"), own)


def slot_of_feature(services: Services, model: str, feature: np.ndarray, language: str) -> Slot:
    """Return the instance of a recipe as a slot; its bank entry where it is one, else it is shown as drawn anew."""
    near = services.sampling.neighbours(model, feature, 1)
    if near and near[0].cosine > 0.9999:
        return slot_of_row(services, model, near[0].entry.row, language)
    picture = services.sampling.studio.draw(BlendRequest(model, Blend((feature,)), (0,), 0.5))[0]
    own = services.sampling.studio.own_class(model, feature)
    folder = services.output_dir / "recipes" / secrets.token_hex(16)
    return Slot(model, feature, thumbnail_path(folder, picture), say(language, "from_recipe"), own)


def seeds_from(first: int | None, count: int = SEEDS) -> tuple[int, ...]:
    """Return seeds that follow each other, after the largest comes 0; None begins at random."""
    base = secrets.randbelow(MAX_SEED + 1) if first is None else first
    return tuple((base + index) % (MAX_SEED + 1) for index in range(count))
