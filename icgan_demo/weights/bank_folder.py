"""A bank of any size as a folder: shards of half-precision features, and a manifest that is written last.

A shard holds the next so many of the pictures that were looked at, and says whose names they had: whoever continues
after an interruption finds out which of them are done. Only what lies on this machine is read: banks that come from
strangers are single files, see ``bank_file``.
"""

import hashlib
import json
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import save
from torch import Tensor

from icgan_demo.errors import IndexFileError, WeightsError
from icgan_demo.guards.weights_file import map_tensors, read_metadata, sha256_of
from icgan_demo.weights.tensor_files import FileRecord, save_json, write_file

KIND, SCHEMA = "icgan bank folder", 1
SHARD_KIND = "icgan bank shard"
MANIFEST = "manifest.json"
MAX_MANIFEST_BYTES = 64 << 20
LABELS = "labels.safetensors"


@dataclass(frozen=True)
class ShardNotes:
    """What a shard says of itself beside its rows."""

    encoder: str
    """Names what made the features."""
    looked_at: int
    """Pictures, those that cannot be used included."""
    names_sha256: str
    """Of the names of all of them, see ``hash_of_names``."""
    skipped: int = 0
    """Those that cannot be used."""
    duplicates: int = 0
    """Those that have the same pixels as another."""
    reasons: tuple[tuple[str, str], ...] = ()
    """(name, reason) of some of the skipped."""


@dataclass(frozen=True)
class ShardRows:
    """The rows of a shard."""

    features: Tensor
    """float16 (N, D)."""
    digests: Tensor
    """int64 (N,), of the pixels; equal ones are duplicates."""
    names: Sequence[str]
    groups: Sequence[str]
    """What each row's class follows from: ``=`` and a label, or ``/`` and the folder of its name."""
    thumbnails: Sequence[bytes] = ()
    """A small picture for each row, or nothing at all."""

    def only(self, kept: Sequence[int]) -> "ShardRows":
        """Return some of the rows."""
        return ShardRows(
            self.features[kept],
            self.digests[kept],
            [self.names[row] for row in kept],
            [self.groups[row] for row in kept],
            [self.thumbnails[row] for row in kept] if self.thumbnails else [],
        )


@dataclass(frozen=True)
class BankManifest:
    """What a finished folder says of itself."""

    name: str
    encoder: str
    dim: int
    count: int
    looked_at: int
    skipped: int
    duplicates: int
    class_names: tuple[str, ...]
    has_thumbnails: bool
    shards: tuple[dict[str, Any], ...]
    """File, count, size and SHA-256 of each, in the order of their rows."""
    labels_sha256: str = ""

    @property
    def key(self) -> str:
        """Name of the rows: equal for equal ones."""
        return hashlib.sha256("".join(shard["sha256"] for shard in self.shards).encode()).hexdigest()


def shard_path(folder: Path, number: int) -> Path:
    """Return where a shard lies."""
    return folder / f"shard-{number:06d}.safetensors"


def hash_of_names(names: Sequence[str]) -> str:
    """Return what a shard remembers of the names of its pictures."""
    return hashlib.sha256("\0".join(names).encode("utf-8", "surrogateescape")).hexdigest()


def write_shard(rows: ShardRows, notes: ShardNotes, path: Path) -> FileRecord:
    """Write a shard whole or not at all; raises WeightsError."""
    groups = sorted(set(rows.groups))
    place = {group: number for number, group in enumerate(groups)}
    tensors = {
        "features": rows.features,
        "digests": rows.digests,
        "groups": torch.tensor([place[group] for group in rows.groups], dtype=torch.int32),
        **_packed("group_names", [group.encode("utf-8", "surrogateescape") for group in groups]),
        **_packed("names", [name.encode("utf-8", "surrogateescape") for name in rows.names]),
    }
    if rows.thumbnails:
        tensors |= _packed("thumbnails", rows.thumbnails)
    # One text alone: several would stand in another order each time, and the same rows would be another file.
    metadata = {SHARD_KIND: json.dumps({"schema": SCHEMA, **asdict(notes)})}
    return write_file(save({name: tensor.contiguous() for name, tensor in tensors.items()}, metadata), path)


def read_notes(path: Path) -> ShardNotes | None:
    """Return what a shard says of itself, None if it is not there; raises IndexFileError if it is damaged."""
    if not path.exists():
        return None
    try:
        said = json.loads(read_metadata(path)[SHARD_KIND])
        if said.pop("schema") != SCHEMA:
            raise _damaged(path)
        reasons = tuple((str(name), str(reason)) for name, reason in said.pop("reasons"))
        return ShardNotes(**said, reasons=reasons)
    except (WeightsError, ValueError, LookupError, TypeError, RecursionError) as error:
        raise _damaged(path) from error


def read_shard(path: Path) -> ShardRows:
    """Return the rows of a shard, its features and pictures mapped; raises IndexFileError if it is damaged."""
    try:
        tensors = map_tensors(path)
        names = [name.decode("utf-8", "surrogateescape") for name in _unpacked(tensors, "names")]
        groups = [name.decode("utf-8", "surrogateescape") for name in _unpacked(tensors, "group_names")]
        thumbnails = _unpacked(tensors, "thumbnails") if "thumbnails" in tensors else []
        of_rows = [groups[place] for place in tensors["groups"].tolist()]
        return ShardRows(tensors["features"], tensors["digests"], names, of_rows, thumbnails)
    except (WeightsError, LookupError, UnicodeError, RuntimeError) as error:
        raise _damaged(path) from error


def read_digests(path: Path) -> Tensor:
    """Return the digests of a shard, int64 (N,); raises IndexFileError."""
    try:
        return map_tensors(path)["digests"]
    except (WeightsError, LookupError) as error:
        raise _damaged(path) from error


def read_groups(path: Path) -> tuple[Tensor, list[str]]:
    """Return the group of each row of a shard, int64 (N,), and the names of the groups; raises IndexFileError."""
    try:
        tensors = map_tensors(path)
        names = [name.decode("utf-8", "surrogateescape") for name in _unpacked(tensors, "group_names")]
        return tensors["groups"].long(), names
    except (WeightsError, LookupError, UnicodeError) as error:
        raise _damaged(path) from error


def write_manifest(manifest: BankManifest, labels: Tensor, folder: Path) -> None:
    """Write the class of each row, int32 (N,), and then the manifest, with which the folder is a bank."""
    record = write_file(save({"labels": labels}), folder / LABELS)
    content = {"schema": SCHEMA, "kind": KIND, **asdict(manifest), "labels_sha256": record.sha256}
    save_json(content, folder / MANIFEST)


def read_manifest(folder: Path) -> BankManifest:
    """Return what a finished folder says; raises IndexFileError if it is none, or damaged."""
    try:
        with (folder / MANIFEST).open("rb") as stream:
            said = json.loads(stream.read(MAX_MANIFEST_BYTES))
        is_known = said.pop("schema") == SCHEMA and said.pop("kind") == KIND
        manifest = BankManifest(**{each.name: said[each.name] for each in fields(BankManifest)})
        counts = [shard["count"] for shard in manifest.shards]
        names = [shard_path(folder, number).name for number in range(len(counts))]
        is_sound = is_known and sum(counts) == manifest.count and [shard["file"] for shard in manifest.shards] == names
    except FileNotFoundError as error:
        raise IndexFileError(
            f"{folder.name} holds no finished bank. Build it, or continue building it with the same command."
        ) from error
    except (OSError, ValueError, RecursionError, LookupError, TypeError, AttributeError) as error:
        raise _damaged(folder / MANIFEST) from error
    if not is_sound:
        raise _damaged(folder / MANIFEST)
    return BankManifest(
        **{**vars(manifest), "class_names": tuple(manifest.class_names), "shards": tuple(manifest.shards)}
    )


class StoredRows:
    """The features of a folder, mapped: unit-length float32 when taken, half precision on the disk."""

    def __init__(self, folder: Path, manifest: BankManifest) -> None:
        """Map the shards; raises IndexFileError if one is missing or does not hold what the manifest says."""
        self._shards = [_mapped_features(folder / shard["file"], shard, manifest.dim) for shard in manifest.shards]
        self._ends = np.cumsum([len(shard) for shard in self._shards])
        self.dim = manifest.dim
        self.key = manifest.key

    def __len__(self) -> int:
        return int(self._ends[-1]) if len(self._ends) else 0

    def take(self, rows: Tensor) -> Tensor:
        """Return the rows of some numbers (N,), float32 (N, D)."""
        taken = np.empty((len(rows), self.dim), dtype=np.float16)
        numbers = np.searchsorted(self._ends, rows.numpy(), side="right").tolist()
        for place, (row, number) in enumerate(zip(rows.tolist(), numbers, strict=True)):  # a search's 50 in 0.1 ms
            taken[place] = self._shards[number][row - self._ends[number]]  # counted from the shard's end
        return F.normalize(torch.from_numpy(taken).float(), dim=1)

    def blocks(self, size: int) -> Iterator[tuple[int, Tensor]]:
        """Yield all rows in order, at most ``size`` at a time: the number of the first, and float32 (N, D)."""
        for start in range(0, len(self), size):
            starts = self._ends - [len(shard) for shard in self._shards]
            bounds = [(max(0, start - first), max(0, start + size - first)) for first in starts]
            parts = [shard[low:high] for shard, (low, high) in zip(self._shards, bounds, strict=True)]
            yield start, F.normalize(torch.from_numpy(np.concatenate(parts)).float(), dim=1)


class StoredPictures:
    """The small pictures of a folder's rows, read when they are asked for."""

    def __init__(self, folder: Path, manifest: BankManifest) -> None:
        self._paths = [folder / shard["file"] for shard in manifest.shards]
        self._ends = torch.tensor([shard["count"] for shard in manifest.shards]).cumsum(0).tolist()

    def __getitem__(self, row: int) -> bytes:
        number = bisect_right(self._ends, row)
        tensors = map_tensors(self._paths[number])
        ends = tensors["thumbnails_ends"]
        place = row - (self._ends[number] - len(ends))
        start = int(ends[place - 1]) if place else 0
        return tensors["thumbnails"][start : int(ends[place])].numpy().tobytes()


class StoredLabels(Sequence[str | None]):
    """The class of each row of a folder, None for none."""

    def __init__(self, folder: Path, manifest: BankManifest) -> None:
        """Map them; raises IndexFileError if they are damaged."""
        self._rows, self._names = read_labels(folder, manifest), manifest.class_names

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, row: Any) -> Any:
        place = int(self._rows[row])
        return self._names[place] if place >= 0 else None


def check_bank_folder(folder: Path) -> BankManifest:
    """Return the manifest after comparing every file with it; raises IndexFileError with the first difference."""
    manifest = read_manifest(folder)
    said = [(shard["file"], shard["sha256"]) for shard in manifest.shards]
    for file, sha256 in [*said, (LABELS, manifest.labels_sha256)]:
        if not (folder / file).is_file() or sha256_of(folder / file) != sha256:
            raise _damaged(folder / file)
    return manifest


def read_labels(folder: Path, manifest: BankManifest) -> Tensor:
    """Return the class of each row, int32 (N,), -1 for none; raises IndexFileError."""
    try:
        labels = map_tensors(folder / LABELS)["labels"]
    except (WeightsError, LookupError) as error:
        raise _damaged(folder / LABELS) from error
    if labels.shape != (manifest.count,) or bool(((labels < -1) | (labels >= len(manifest.class_names))).any()):
        raise _damaged(folder / LABELS)
    return labels


def _mapped_features(path: Path, shard: dict[str, Any], dim: int) -> np.ndarray:
    try:
        features = map_tensors(path)["features"]
    except (WeightsError, LookupError) as error:
        raise _damaged(path) from error
    if features.dtype != torch.float16 or features.shape != (shard["count"], dim):
        raise _damaged(path)
    return features.numpy()


def _packed(name: str, texts: Sequence[bytes]) -> dict[str, Tensor]:
    """Return byte strings as two tensors: all of them, and where each ends."""
    content = b"".join(texts)
    flat = torch.frombuffer(bytearray(content), dtype=torch.uint8) if content else torch.empty(0, dtype=torch.uint8)
    ends = torch.tensor([len(text) for text in texts], dtype=torch.int64).cumsum(0)
    return {name: flat, f"{name}_ends": ends}


def _unpacked(tensors: dict[str, Tensor], name: str) -> list[bytes]:
    content, ends = tensors[name].numpy().tobytes(), tensors[f"{name}_ends"].tolist()
    return [content[start:end] for start, end in zip([0, *ends][: len(ends)], ends, strict=True)]


def _damaged(path: Path) -> IndexFileError:
    return IndexFileError(f"{path.name} is damaged. Remove it and build the bank again: the other shards are kept.")
