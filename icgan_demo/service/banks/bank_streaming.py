"""Any number of pictures becomes a bank's folder, shard by shard: what is interrupted continues where it stopped."""

import itertools
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from icgan_demo.config import EMBED_PLAN, INDEX_PLAN, EmbedPlan, IndexPlan
from icgan_demo.errors import ArchiveError, IndexFileError, RequestError
from icgan_demo.file_lock import hold
from icgan_demo.guards.candidate import nothing_usable
from icgan_demo.guards.weights_file import sha256_of
from icgan_demo.index.cells import Report, build_cells, open_cells
from icgan_demo.inference.instance_model import ENCODED_AT_ONCE, InstanceModel
from icgan_demo.service.banks.bank_building import UNNAMED, BankBuilder
from icgan_demo.service.picture_sources import class_of_each, pictures_of
from icgan_demo.service.source_picture import SourcePicture
from icgan_demo.weights.bank_file import MAX_CLASSES, bank_name
from icgan_demo.weights.bank_folder import (
    MANIFEST,
    BankManifest,
    ShardNotes,
    ShardRows,
    StoredRows,
    hash_of_names,
    read_digests,
    read_groups,
    read_manifest,
    read_notes,
    read_shard,
    shard_path,
    write_manifest,
    write_shard,
)

logger = logging.getLogger(__name__)

REASONS = 20
"""Pictures of a shard that cannot be used and are named with the reason."""
MAX_GROUPS = 100_000
"""Folders beyond which they are no classes."""


@dataclass(frozen=True)
class EmbedProgress:
    """How far it is."""

    looked_at: int
    """Pictures, those that cannot be used included."""
    kept: int
    skipped: int
    duplicates: int
    """Known within shards until the end."""
    found_done: int
    """Pictures of these that an earlier call had embedded."""


Tell = Callable[[EmbedProgress], None]
Shard = tuple[ShardRows, ShardNotes]
ShardsFrom = Callable[[int], Iterator[Shard]]
"""Makes the shards of the pictures from a number on, in their order."""


def build_bank_folder(
    sources: Sequence[Path],
    model: InstanceModel,
    folder: Path,
    plan: EmbedPlan = EMBED_PLAN,
    index_plan: IndexPlan = INDEX_PLAN,
    tell: Tell = lambda progress: None,
    report: Report = lambda *_: None,
    elsewhere: ShardsFrom | None = None,
) -> BankManifest:
    """Embed pictures into ``folder`` and make them searchable; see ``embed_into``, whose errors it raises.

    Raises:
        IndexFileError: also if the index would find too little.
    """
    manifest = embed_into(sources, model, folder, plan, tell, elsewhere)
    if manifest.count > index_plan.exact_up_to:
        rows = StoredRows(folder, manifest)
        try:
            open_cells(folder, rows, index_plan.least)
        except IndexFileError:  # not there yet, or of other rows
            build_cells(rows, folder, index_plan, report)
    return manifest


def embed_into(
    sources: Sequence[Path],
    model: InstanceModel,
    folder: Path,
    plan: EmbedPlan = EMBED_PLAN,
    tell: Tell = lambda progress: None,
    elsewhere: ShardsFrom | None = None,
) -> BankManifest:
    """Embed the pictures of ``sources`` into ``folder`` and return what it then says of itself.

    A call that finds shards of the same pictures continues after them, whatever ended the call before; the result is
    that of one call, byte for byte. Exact doubles are left out, the first one stays. Memory does not grow with the
    number of pictures, but for twelve bytes each at the end.

    Args:
        elsewhere: makes the shards in place of this process.
    Raises:
        RequestError: if ``folder`` holds other pictures or features of another encoder, or is being filled already.
        ArchiveError: if not a single picture can be used.
        IndexFileError: if a shard is damaged.
        WeightsError: if the disk is full.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with _alone_in(folder):
        for left in folder.glob(".*.tmp"):  # of a call that was killed while it wrote
            left.unlink(missing_ok=True)
        done = _shards_in(folder, model)
        before = progress = _progress(done)
        found = pictures_of(sources, before.looked_at)
        _pass_over(found, done, folder)
        tell(progress)
        made = (
            elsewhere(before.looked_at)
            if elsewhere
            else shards_of(found, model, plan, lambda shard: tell(_after(progress, shard)))
        )
        for rows, notes in made:
            _check_encoder([notes], model, folder)
            write_shard(rows, notes, shard_path(folder, len(done)))
            done.append(notes)
            progress = replace(_progress(done), found_done=before.looked_at)
            tell(progress)
        if progress != before or not (folder / MANIFEST).exists():
            _finish(folder, len(done), plan.name or sources[0].stem, model.feature_identity)
    return read_manifest(folder)


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Keep other processes from filling the same folder."""
    with (folder / "lock").open("w") as lock:
        hold(lock, RequestError(f"{folder.name} is being filled by another process. Wait until it is done."))
        yield


def _shards_in(folder: Path, model: InstanceModel) -> list[ShardNotes]:
    """Return what the shards say that earlier calls have written."""
    notes: list[ShardNotes] = []
    while (one := read_notes(shard_path(folder, len(notes)))) is not None:
        notes.append(one)
    _check_encoder(notes, model, folder)
    return notes


def _check_encoder(notes: Sequence[ShardNotes], model: InstanceModel, folder: Path) -> None:
    if any(one.encoder != model.feature_identity for one in notes):
        raise RequestError(
            f"{folder.name} holds features of another encoder. Name the model that made them, or choose a new folder."
        )


def _pass_over(found: Iterator[SourcePicture], done: Sequence[ShardNotes], folder: Path) -> None:
    """Take the pictures of shards that are there from ``found``; raises RequestError if they are others."""
    for notes in done:
        names = [picture.candidate.name for picture in itertools.islice(found, notes.looked_at)]
        if hash_of_names(names) != notes.names_sha256:
            raise RequestError(
                f"{folder.name} holds other images than these. "
                "Name the same ones in the same order, or choose a new folder."
            )


def _progress(done: Sequence[ShardNotes]) -> EmbedProgress:
    looked_at, skipped, duplicates = (
        sum(getattr(notes, name) for notes in done) for name in ("looked_at", "skipped", "duplicates")
    )
    return EmbedProgress(looked_at, looked_at - skipped - duplicates, skipped, duplicates, looked_at)


def shards_of(
    found: Iterator[SourcePicture],
    model: InstanceModel,
    plan: EmbedPlan,
    tell: Callable[[BankBuilder], None] = lambda shard: None,
) -> Iterator[Shard]:
    """Yield the shards of pictures, telling now and then of the one that is being made."""
    while True:
        shard = BankBuilder(model, listed=REASONS, has_thumbnails=plan.has_thumbnails)
        for picture in itertools.islice(found, plan.shard_pictures):
            shard.take(picture)
            if len(shard.looked_at) % ENCODED_AT_ONCE == 0:
                tell(shard)
        if not shard.looked_at:
            return
        yield shard.shard()


def _after(before: EmbedProgress, shard: BankBuilder) -> EmbedProgress:
    """Return how far it is with a shard that is being made, after so much of other shards."""
    return EmbedProgress(
        before.looked_at + len(shard.looked_at),
        before.kept + len(shard),
        before.skipped + shard.skipped,
        before.duplicates + shard.duplicates,
        before.found_done,
    )


def _finish(folder: Path, shards: int, name: str, encoder: str) -> None:
    """Leave out doubles of earlier shards, name the classes, and write the manifest."""
    paths = [shard_path(folder, number) for number in range(shards)]
    (folder / MANIFEST).unlink(missing_ok=True)
    _leave_out_doubles(paths)
    labels, class_names = _classes(paths)
    if not len(labels):
        reasons = [reason for path in paths for reason in _notes(path).reasons]
        raise ArchiveError(nothing_usable(reasons))
    all_notes = [_notes(path) for path in paths]
    said = tuple(_described(path) for path in paths)
    progress = _progress(all_notes)
    first_shard = read_shard(next(path for path, one in zip(paths, said, strict=True) if one["count"]))
    manifest = BankManifest(
        bank_name(name) or UNNAMED,
        encoder,
        first_shard.features.shape[1],
        len(labels),
        progress.looked_at,
        progress.skipped,
        progress.duplicates,
        class_names,
        bool(first_shard.thumbnails),
        said,
    )
    write_manifest(manifest, torch.from_numpy(labels), folder)
    logger.info("embedded: %d of %d pictures", manifest.count, manifest.looked_at)


def _notes(path: Path) -> ShardNotes:
    notes = read_notes(path)
    assert notes is not None, path
    return notes


def _described(path: Path) -> dict[str, str | int]:
    return {
        "file": path.name,
        "count": len(read_digests(path)),
        "size": path.stat().st_size,
        "sha256": sha256_of(path),
    }


def _leave_out_doubles(paths: Sequence[Path]) -> None:
    """Write shards again without rows whose pixels an earlier one has; what is left of an interruption is the same."""
    digests = [read_digests(path).numpy().copy() for path in paths]
    flat = np.concatenate(digests) if digests else np.empty(0, np.int64)
    is_first = np.zeros(len(flat), dtype=bool)
    is_first[np.unique(flat, return_index=True)[1]] = True
    start = 0
    for path, own in zip(paths, digests, strict=True):
        kept = np.flatnonzero(is_first[start : start + len(own)]).tolist()
        start += len(own)
        if len(kept) < len(own):
            notes = _notes(path)
            write_shard(
                read_shard(path).only(kept), replace(notes, duplicates=notes.duplicates + len(own) - len(kept)), path
            )


def _classes(paths: Sequence[Path]) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return the class of each row, int32 (N,), -1 for none, and the names; too many folders are no classes."""
    place: dict[str, int] = {}
    rows = []
    for path in paths:
        groups, names = read_groups(path)
        if len(place) > MAX_GROUPS:
            names = [next(iter(place))] * len(names)
        own = np.array([place.setdefault(name, len(place)) for name in names] or [0], dtype=np.int32)
        rows.append(own[groups.numpy()])
    named = dict(zip(place, class_of_each(list(place)), strict=True))
    class_names = sorted({label for label in named.values() if label})
    if len(class_names) > MAX_CLASSES or len(place) > MAX_GROUPS:
        class_names = []
    number = {label: row for row, label in enumerate(class_names)}
    of_group = np.array([number.get(label, -1) for label in named.values()] or [-1], dtype=np.int32)
    return of_group[np.concatenate(rows)] if rows else np.empty(0, np.int32), tuple(class_names)
