"""A bank as one file that can be shared: features, labels, small pictures, and whose encoder made them.

A safetensors file; who made it is unknown, so nothing in it is believed before it was checked.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from safetensors.torch import save
from torch import Tensor

from icgan_demo.errors import IndexFileError, WeightsError
from icgan_demo.guards.labels import clean_label
from icgan_demo.guards.weights_file import TensorEntry, load_tensors, read_header, read_metadata
from icgan_demo.weights.tensor_files import FileRecord, write_file

KIND, SCHEMA = "icgan bank", "1"
MAX_ENTRIES = 10_000
MAX_BYTES = 200_000_000
MAX_CLASSES = 1_000
MAX_DIM = 8_192
MAX_NAME = 60
MAX_IDENTITY = 300
MAX_THUMBNAIL_BYTES = 20_000
NORM_ERROR = 0.01
"""How far from 1 the length of a feature may be: half precision is off by a thousandth."""

_NO_BANK = "This file is not a bank of instances, or it is damaged. Choose one that was saved here."


@dataclass(frozen=True)
class StoredBank:
    """The features of some pictures."""

    name: str
    """What its maker called it."""
    encoder: str
    """Names what made the features, as ``InstanceModel.feature_identity`` does."""
    features: Tensor
    """Unit-length rows (N, D), float32."""
    labels: Tensor
    """int64 (N,), row of the class, -1 for none."""
    class_names: tuple[str, ...] = ()
    thumbnails: tuple[bytes, ...] = ()
    """A small JPEG or WebP for each row, or nothing at all."""

    def __len__(self) -> int:
        return len(self.features)

    def label(self, row: int) -> str | None:
        """Return the class of a row."""
        place = int(self.labels[row])
        return self.class_names[place] if place >= 0 else None


def write_bank(bank: StoredBank, path: Path) -> FileRecord:
    """Write a bank to ``path``, its features in half precision: a cosine changes in the fourth decimal.

    Raises:
        WeightsError: if it cannot be written.
    """
    tensors = {"features": bank.features.half(), "labels": bank.labels.int()}
    if bank.thumbnails:
        tensors["thumbnails"] = torch.frombuffer(bytearray(b"".join(bank.thumbnails)), dtype=torch.uint8)
        tensors["thumbnail_ends"] = torch.tensor([len(data) for data in bank.thumbnails]).cumsum(0)
    metadata = {
        "kind": KIND,
        "schema": SCHEMA,
        "name": bank.name,
        "encoder": bank.encoder,
        "class_names": json.dumps(bank.class_names, ensure_ascii=False),
    }
    return write_file(save({key: value.contiguous() for key, value in tensors.items()}, metadata), path)


def read_bank(path: Path, max_entries: int = MAX_ENTRIES, max_bytes: int = MAX_BYTES) -> StoredBank:
    """Return a bank that may come from anyone.

    Raises:
        IndexFileError: if it is no bank, is damaged, or is larger than allowed.
    """
    try:
        size = path.stat().st_size if path.is_file() else 0
        if size > max_bytes:
            raise IndexFileError(f"The bank's file is larger than {max_bytes / 1e6:g} MB. Make one of fewer images.")
        metadata = read_metadata(path)
        _check_layout(read_header(path), max_entries)
        tensors = load_tensors(path, None)
    except WeightsError as error:
        raise IndexFileError(_NO_BANK) from error
    name, encoder, class_names = _described(metadata)
    features, labels = tensors["features"].float(), tensors["labels"].long()
    lengths = features.norm(dim=1)
    if bool(((lengths - 1).abs() > NORM_ERROR).any()):
        raise _damaged("its features do not have unit length")
    if bool(((labels < -1) | (labels >= len(class_names))).any()):
        raise _damaged("its labels name classes that it does not have")
    return StoredBank(name, encoder, F.normalize(features, dim=1), labels, class_names, _thumbnails(tensors))


@dataclass(frozen=True)
class BankSummary:
    """What the head of a bank's file says."""

    name: str
    encoder: str
    count: int
    classes: int


def summarise_bank(path: Path) -> BankSummary:
    """Return what a bank's file says of itself, without reading its features; raises IndexFileError."""
    try:
        header, metadata = read_header(path), read_metadata(path)
    except WeightsError as error:
        raise IndexFileError(_NO_BANK) from error
    _check_layout(header, MAX_ENTRIES)
    name, encoder, class_names = _described(metadata)
    return BankSummary(name, encoder, header["features"].shape[0], len(class_names))


def bank_name(text: Any) -> str:
    """Return a name from outside as one short line without surprises; empty if nothing is left of it."""
    return clean_label(str(text)[: 4 * MAX_NAME])[:MAX_NAME].strip()


def _check_layout(header: dict[str, TensorEntry], max_entries: int) -> None:
    """Raise unless the header describes a bank of a size that is allowed."""
    features, labels = header.get("features"), header.get("labels")
    if features is None or labels is None or set(header) - {"features", "labels", "thumbnails", "thumbnail_ends"}:
        raise _damaged("it holds other tensors than a bank")
    if features.dtype not in ("F16", "F32") or len(features.shape) != 2 or not 1 <= features.shape[1] <= MAX_DIM:
        raise _damaged("its features have an unknown form")
    count = features.shape[0]
    if not 1 <= count <= max_entries:
        raise IndexFileError(f"A bank holds between 1 and {max_entries:,} images here; this one has {count:,}.")
    if labels.dtype != "I32" or labels.shape != (count,):
        raise _damaged("its labels have an unknown form")
    pictures, ends = header.get("thumbnails"), header.get("thumbnail_ends")
    if (pictures is None) != (ends is None):
        raise _damaged("its images are incomplete")
    if pictures is not None and ends is not None:
        is_known = pictures.dtype == "U8" and len(pictures.shape) == 1 and ends.dtype == "I64"
        if not is_known or ends.shape != (count,):
            raise _damaged("its images have an unknown form")


def _described(metadata: dict[str, str]) -> tuple[str, str, tuple[str, ...]]:
    """Return name, encoder and class names."""
    if metadata.get("kind") != KIND or metadata.get("schema") != SCHEMA:
        raise IndexFileError("This file is not a bank of this version. Choose one that was saved here.")
    encoder = metadata.get("encoder", "")
    if not 0 < len(encoder) <= MAX_IDENTITY or not encoder.isprintable():
        raise _damaged("it does not say which encoder made it")
    try:
        names = json.loads(metadata.get("class_names", "[]"))
    except (ValueError, RecursionError) as error:
        raise _damaged("its class names cannot be read") from error
    if not isinstance(names, list) or len(names) > MAX_CLASSES or not all(isinstance(name, str) for name in names):
        raise _damaged("its class names have an unknown form")
    # Made harmless as names of folders are; what is left need not be different for each.
    return bank_name(metadata.get("name", "")), encoder, tuple(clean_label(name) or "?" for name in names)


def _thumbnails(tensors: dict[str, Tensor]) -> tuple[bytes, ...]:
    """Return the pictures' bytes, cut where the file says; they are decoded by the guard alone."""
    if "thumbnails" not in tensors:
        return ()
    content, ends = tensors["thumbnails"].numpy().tobytes(), tensors["thumbnail_ends"]
    starts = torch.cat([torch.zeros(1, dtype=torch.int64), ends[:-1]])
    lengths = ends - starts
    if int(ends[-1]) != len(content) or bool(((lengths < 0) | (lengths > MAX_THUMBNAIL_BYTES)).any()):
        raise _damaged("its images do not fit together")
    return tuple(content[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True))


def _damaged(why: str) -> IndexFileError:
    return IndexFileError(f"This bank cannot be used: {why}. Build it again.")
