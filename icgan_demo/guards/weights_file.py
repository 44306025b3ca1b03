"""Weights files from anywhere: what a safetensors file claims is proven before a single tensor is copied.

Cheapest check first: a regular file, its first bytes, its SHA-256, its header (read here, within limits), and that the
header holds exactly the tensors the model has. A file that is something else is named: a web page, a Git LFS pointer,
an archive, a pickle. Nothing is ever unpickled.
"""

import hashlib
import json
import logging
import math
import os
import re
import secrets
import stat
import traceback
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

from icgan_demo.errors import WeightsError

logger = logging.getLogger(__name__)

MAX_HEADER_BYTES = 1_000_000
"""Length of the JSON header; ours are below 100 kB."""
MAX_TENSORS = 2000
"""Tensors in one file; 200,000 empty ones cost a loader seven seconds."""
MAX_RANK = 8
"""Dimensions of one tensor."""

_DTYPES = {
    "BOOL": torch.bool,
    "U8": torch.uint8,
    "I8": torch.int8,
    "I16": torch.int16,
    "I32": torch.int32,
    "I64": torch.int64,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "F32": torch.float32,
    "F64": torch.float64,
}
_NAMES = {dtype: name for name, dtype in _DTYPES.items()}

_IMPORT = "run `icgan-demo models import` on it first."
_TORCH_ZIP = f"this checkpoint may contain code and was not loaded; {_IMPORT}"
_PICKLE = "this checkpoint contains code and was not loaded. Use a safetensors file instead."
_NOT_WEIGHTS = "this is not a safetensors file. Download it again."
_DAMAGED = "the checkpoint is damaged. Download it again."
_INCOMPLETE = "the checkpoint is incomplete. Download it again."

_OTHER_KINDS = (
    (rb"\s*(?i:<!doctype|<html|<\?xml|<head|<body|<!--)", "this is a web page, not weights. Download it again."),
    (rb"version https://git-lfs", "this is a Git LFS pointer, not the weights. Run `git lfs pull` or fetch it again."),
    (rb"\x1f\x8b", "this is a .tar.gz; " + _IMPORT),
    (rb"(?s:.{257})ustar", "this is a .tar archive; " + _IMPORT),
    (rb"PK(?:\x03\x04|\x05\x06|\x07\x08)", _TORCH_ZIP),  # torch.save writes a ZIP around a pickle
    (rb"\x80[\x02-\x05]", _PICKLE),
    (rb"c[\w.]+\n[\w.]+\n|\([dlctiSIV]|[\]}]q", _PICKLE),  # protocols 0 and 1 have no mark of their own
    (rb"\x93NUMPY", "this is a NumPy file, not a safetensors file. Fetch the safetensors file."),
)
"""Pattern of the first bytes and what such a file is."""


@dataclass(frozen=True)
class TensorEntry:
    """One tensor as a header describes it."""

    shape: tuple[int, ...]
    dtype: str
    """Name in the safetensors format, such as "F32"."""
    start: int
    """First byte of the values, counted from the end of the header."""
    end: int
    """Byte after the values."""


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file as 64 hex digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def layout_of(tensors: Mapping[str, Tensor]) -> dict[str, tuple[tuple[int, ...], str]]:
    """Return (shape, dtype) by name, as the checks below expect it; for a model: ``layout_of(model.state_dict())``."""
    return {name: (tuple(tensor.shape), _NAMES[tensor.dtype]) for name, tensor in tensors.items()}


def read_header(path: Path) -> dict[str, TensorEntry]:
    """Return what a safetensors file says about its tensors, by name.

    Raises:
        WeightsError: if the file is missing, is something else, or its header is not sound.
    """
    with _blaming(path), _opened(path) as stream:
        return _header_of(stream)


def read_metadata(path: Path) -> dict[str, str]:
    """Return the free texts of a safetensors file's header; raises WeightsError as ``read_header`` does."""
    with _blaming(path), _opened(path) as stream:
        return _parts_of(stream)[1]


def check_safetensors(
    path: Path, expected: Mapping[str, tuple[tuple[int, ...], str]] | None, sha256: str | None = None
) -> None:
    """Raise unless the file is sound, unaltered and holds exactly the expected tensors; no tensor is copied.

    Args:
        path: the file; links are followed, because the Hub's cache consists of them.
        expected: (shape, dtype) by tensor name, with safetensors' names of dtypes ("F32"); None leaves them open.
        sha256: 64 hex digits that the content must have; None leaves it open.
    Raises:
        WeightsError: one sentence that begins with the file's name and names the first difference.
    """
    with _blaming(path), _opened(path) as stream:
        if sha256 is not None and hashlib.file_digest(stream, "sha256").hexdigest() != sha256.lower():
            raise _RefusalError("checksum mismatch. Download it again.")
        header = _header_of(stream)
        if expected is not None:
            _compare(header, expected)


def load_tensors(
    path: Path, expected: Mapping[str, tuple[tuple[int, ...], str]] | None, sha256: str | None = None
) -> dict[str, Tensor]:
    """Return the tensors of a checked file, on the CPU; all their values are finite.

    Args: as in ``check_safetensors``.
    Raises:
        WeightsError: as ``check_safetensors``, and if a value is NaN or infinite; the text names the tensor.
    """
    check_safetensors(path, expected, sha256)
    with _blaming(path):
        tensors = load_file(path)
        for name, tensor in tensors.items():
            if tensor.is_floating_point() and not torch.isfinite(tensor).all():
                kind = "NaN" if tensor.isnan().any() else "infinite"
                raise _RefusalError(f"the checkpoint has {kind} values in {_shown(name)}. Download it again.")
    return tensors


def map_tensors(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a sound file, read from the disk as they are looked at; their values are not checked.

    They are for reading: what is written to them reaches no file.

    Raises:
        WeightsError: if the file is missing, is something else, or its header is not sound.
    """
    with _blaming(path):
        with _opened(path) as stream:
            header = _header_of(stream)
            size = os.fstat(stream.fileno()).st_size
            first = size - max((entry.end for entry in header.values()), default=0)
        content = torch.from_file(str(path), shared=False, size=size, dtype=torch.uint8)
        return {
            name: content[first + entry.start : first + entry.end].view(_DTYPES[entry.dtype]).reshape(entry.shape)
            for name, entry in header.items()
        }


class _RefusalError(Exception):
    """Why a file is refused; the file's name is put in front of it in one place, ``_blaming``."""


@contextmanager
def _blaming(path: Path) -> Iterator[None]:
    """Turn whatever goes wrong into a WeightsError that begins with the file's name and never shows its folder."""
    shown = _shown(path.name)
    try:
        yield
    except _RefusalError as error:
        raise WeightsError(f"{shown}: {error}") from error
    except FileNotFoundError as error:
        raise WeightsError(f"{shown}: the file is missing. Download it again or put it back.") from error
    except IsADirectoryError as error:
        raise WeightsError(f"{shown}: {_NOT_WEIGHTS}") from error
    except Exception as error:  # the edge: a library's own words are not for visitors
        reference = secrets.token_hex(4)
        where = traceback.extract_tb(error.__traceback__)[-1]
        logger.warning("reference %s: %s at %s:%s", reference, type(error).__name__, where.name, where.lineno)
        raise WeightsError(
            f"{shown}: the file could not be read (reference {reference}). Download it again."
        ) from error


def _shown(name: str) -> str:
    """Return a name from a file as one printable line of at most 200 characters."""
    return "".join(letter if letter.isprintable() else "?" for letter in name[:200])


@contextmanager
def _opened(path: Path) -> Iterator[BufferedReader]:
    """Open a regular file whose first bytes may be those of a safetensors file."""
    with open(path, "rb", opener=_open_without_waiting) as stream:
        _check_first_bytes(stream)
        yield stream


def _open_without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))  # a plain open of a FIFO waits for ever


def _check_first_bytes(stream: BufferedReader) -> None:
    status = os.fstat(stream.fileno())
    if not stat.S_ISREG(status.st_mode):
        raise _RefusalError(_NOT_WEIGHTS)
    if status.st_size == 0:
        raise _RefusalError("the file is empty. Download it again.")
    start = stream.read(512)
    stream.seek(0)
    length = int.from_bytes(start[:8], "little")
    begins_with_json = start[8:9] == b"{"
    if begins_with_json and length <= MAX_HEADER_BYTES:
        return  # first, because a header of 640 bytes begins like a pickle and one of 35,615 like a gzip file
    for pattern, sentence in _OTHER_KINDS:
        if re.match(pattern, start):
            raise _RefusalError(sentence)
    if begins_with_json:
        raise _RefusalError(f"its header is longer than {MAX_HEADER_BYTES / 1e6:g} MB. Download it again.")
    raise _RefusalError(_INCOMPLETE if len(start) < 10 else _NOT_WEIGHTS)


def _header_of(stream: BufferedReader) -> dict[str, TensorEntry]:
    return _parts_of(stream)[0]


def _parts_of(stream: BufferedReader) -> tuple[dict[str, TensorEntry], dict[str, str]]:
    """Return the tensors and the free texts that a header describes."""
    stream.seek(0)
    length = int.from_bytes(stream.read(8), "little")
    text = stream.read(min(length, MAX_HEADER_BYTES))
    if len(text) < length:
        raise _RefusalError(_INCOMPLETE)
    try:
        fields = json.loads(text.decode(), object_pairs_hook=_without_repetition)
    except (ValueError, RecursionError) as error:
        raise _RefusalError(_DAMAGED) from error
    metadata = fields.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise _RefusalError(_DAMAGED)
    if len(fields) > MAX_TENSORS:
        raise _RefusalError(f"it holds {len(fields)} tensors; the limit is {MAX_TENSORS}.")
    header = {name: _entry(name, value) for name, value in fields.items()}
    _check_coverage(header.values(), os.fstat(stream.fileno()).st_size - 8 - length)
    return header, metadata


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(fields := dict(pairs)) < len(pairs):
        raise _RefusalError("its header gives one name twice. Download it again.")
    return fields


def _entry(name: str, fields: object) -> TensorEntry:
    """Return one tensor's description if its parts are of the right kind and agree with each other."""
    if not isinstance(fields, dict) or fields.keys() != {"dtype", "shape", "data_offsets"}:
        raise _RefusalError(_DAMAGED)
    dtype, shape, offsets = fields["dtype"], fields["shape"], fields["data_offsets"]
    if not isinstance(dtype, str) or not _are_counts(shape) or not _are_counts(offsets) or len(offsets) != 2:
        raise _RefusalError(_DAMAGED)
    if dtype not in _DTYPES:
        raise _RefusalError(f"{_shown(name)} has the unsupported number format {_shown(dtype)}.")
    start, end = offsets
    if len(shape) > MAX_RANK or end - start != math.prod(shape) * _DTYPES[dtype].itemsize:
        raise _RefusalError(_DAMAGED)
    return TensorEntry(tuple(shape), dtype, start, end)


def _are_counts(values: object) -> bool:
    return isinstance(values, list) and all(type(value) is int and value >= 0 for value in values)


def _check_coverage(entries: Iterable[TensorEntry], size: int) -> None:
    """Raise unless the entries fill ``size`` bytes without a hole, an overlap or a rest."""
    position = 0
    for entry in sorted(entries, key=lambda entry: (entry.start, entry.end)):
        if entry.start != position:
            raise _RefusalError(_DAMAGED)
        position = entry.end
    if position != size:
        raise _RefusalError(_INCOMPLETE if position > size else _DAMAGED)


def _compare(header: Mapping[str, TensorEntry], expected: Mapping[str, tuple[tuple[int, ...], str]]) -> None:
    for name, (shape, dtype) in expected.items():
        entry = header.get(name)
        if entry is None:
            raise _misfit(name, "is missing")
        if entry.shape != tuple(shape):
            raise _misfit(name, f"is {_sides(entry.shape)}, expected {_sides(shape)}")
        if entry.dtype != dtype:
            raise _misfit(name, f"is {entry.dtype}, expected {dtype}")
    for name in header:
        if name not in expected:
            raise _misfit(name, "is not part of it")


def _misfit(name: str, difference: str) -> _RefusalError:
    return _RefusalError(f"the checkpoint does not fit this model: {_shown(name)} {difference}.")


def _sides(shape: Iterable[int]) -> str:
    return "x".join(str(side) for side in shape) or "a single number"
