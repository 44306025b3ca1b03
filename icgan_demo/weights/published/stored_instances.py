"""The authors' stored instances: 1,000 training pictures per model, as features and labels.

The files are pickled dictionaries of numpy arrays in ``.npy`` clothes. Unpickling numpy's own objects would run numpy's
code on hostile values, so the reader below knows three names only and answers each with an inert object of its own.
"""

import io
import logging
import tarfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from dataclasses import replace as changed
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import torch
import torch.nn.functional as F
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from icgan_demo.errors import WeightsError
from icgan_demo.weights.cards import INSTANCES, read_card, write_card
from icgan_demo.weights.published.catalogue import FEATURE_DIM, PUBLISHED, STORED_INSTANCES
from icgan_demo.weights.published.inert_pickle import InertUnpickler, RefusedError
from icgan_demo.weights.tensor_files import save_tensors

logger = logging.getLogger(__name__)

SUFFIX = "_instance_features.npy"
MAX_FILE_BYTES = 256 << 20
MAX_ARCHIVE_BYTES = 2 << 30
MAX_INSTANCES = 20_000
MAX_VALUES = 50_000_000


@dataclass(frozen=True)
class StoredInstances:
    """An instance bank."""

    features: Tensor
    """Unit-length float32 rows, shape (K, 2048)."""
    labels: Tensor
    """int64, shape (K,), -1 for none."""


def convert_stored_instances(path: Path, models: Path) -> list[str]:
    """Convert the authors' archive, its folder or one file of it; returns the imported models that now have a bank.

    Banks of models that are not imported yet are kept and attached when they are.

    Raises:
        WeightsError: if nothing usable is inside, or anything inside is unsafe or damaged.
    """
    found = False
    for name, content in _files(path):
        bank = read_stored_instances(content, name)
        save_tensors({"features": bank.features, "labels": bank.labels}, kept_instances(models, name))
        found = True
    if not found:
        raise WeightsError(f"{path.name} holds no file of stored instances (*{SUFFIX}).")
    return [name for name in PUBLISHED if attach_instances(models, name)]


def attach_instances(models: Path, name: str) -> bool:
    """Give an imported model its converted bank; False if either is missing, or the bank is damaged."""
    known = PUBLISHED.get(name)
    folder = models / name
    if known is None or known.stored_instances is None or not folder.is_dir():
        return False
    kept = kept_instances(models, known.stored_instances)
    if not kept.is_file():
        return False
    card = read_card(folder)
    try:
        bank = load_file(kept)
    except (SafetensorError, OSError):
        logger.warning("%s is damaged and was removed", kept.name)
        kept.unlink(missing_ok=True)
        return False
    labels = bank["labels"]
    if not card.generator.num_classes:
        labels = torch.full_like(labels, -1)
    record = save_tensors({"features": bank["features"], "labels": labels}, folder / INSTANCES)
    write_card(changed(card, files={**card.files, INSTANCES: record}), folder)
    return True


def read_stored_instances(content: BinaryIO, name: str) -> StoredInstances:
    """Return the features, scaled to unit length, and labels in a ``.npy`` that holds a pickled dictionary.

    Raises:
        WeightsError: if it is anything else, names any other object, or its arrays do not fit each other.
    """
    try:
        version = np.lib.format.read_magic(content)
        read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}[version]
        shape, _, dtype = read(content)
        if shape != () or dtype != np.dtype(object):
            raise ValueError("not a pickled dictionary")
        holder = InertUnpickler(content, _KNOWN).load()
        values = holder.objects[0] if isinstance(holder, _Array) and len(holder.objects) == 1 else None
        if not isinstance(values, dict):
            raise ValueError("not a dictionary")
        features, labels = _numbers(values["instance_features"]), _numbers(values["labels"])
    except RefusedError as refusal:
        raise WeightsError(f"{name} {refusal}.") from None
    except Exception as error:  # a damaged pickle raises nearly anything
        raise WeightsError(f"{name} is not a file of stored instances, or it is damaged.") from error
    return _checked(features, labels, name)


def _checked(features: np.ndarray, labels: np.ndarray, name: str) -> StoredInstances:
    rows = len(features) if features.ndim == 2 else 0
    if not 1 <= rows <= MAX_INSTANCES or features.shape[1] != FEATURE_DIM or labels.shape[:1] != (rows,):
        raise WeightsError(f"{name} has features of shape {features.shape} and labels of shape {labels.shape}.")
    values = torch.from_numpy(features.astype(np.float32))
    numbers = torch.from_numpy(labels.reshape(rows, -1)[:, 0].astype(np.int64))
    if not torch.isfinite(values).all() or not values.norm(dim=1).min() > 0:
        raise WeightsError(f"{name} has features that are zero or not finite.")
    if int(numbers.min()) < -1 or int(numbers.max()) > 999:
        raise WeightsError(f"{name} has labels outside 0..999.")
    return StoredInstances(F.normalize(values), numbers)


class _Type:
    """Stands where a pickle rebuilds a numpy dtype; remembers its short name, for example ``f4``."""

    def __init__(self, name: Any, *_: Any) -> None:
        self.name = name

    def __setstate__(self, state: Sequence[Any]) -> None:
        if state[1] == ">":
            raise ValueError("big-endian")


class _Array:
    """Stands where a pickle rebuilds a numpy array: keeps plain numbers or a list of objects, nothing else."""

    def __init__(self, *_: Any) -> None:
        self.numbers: np.ndarray | None = None
        self.objects: list[Any] = []

    def __setstate__(self, state: Sequence[Any]) -> None:
        _, shape, dtype, fortran, data = state
        if dtype.name in ("O8", "O"):
            self.objects = list(data)
            return
        if dtype.name not in ("f4", "f8", "i4", "i8"):
            return  # text, for example the pictures' paths; nothing here needs it
        if int(np.prod(shape, dtype=object)) > MAX_VALUES:
            raise ValueError("too many values")
        self.numbers = np.frombuffer(data, dtype=f"<{dtype.name}").reshape(shape, order="F" if fortran else "C")


def _scalar(dtype: _Type, data: bytes) -> np.generic:
    if dtype.name not in ("f4", "f8", "i4", "i8"):
        raise ValueError("unexpected number")
    return np.frombuffer(data, dtype=f"<{dtype.name}")[0]


_KNOWN = {
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _Type,
    **{
        (module, name): stand_in
        for module in ("numpy.core.multiarray", "numpy._core.multiarray")  # before and after numpy 2
        for name, stand_in in (("_reconstruct", _Array), ("scalar", _scalar))
    },
}


def _numbers(value: Any) -> np.ndarray:
    """An array from what the reader gives for an array, a list of numbers or a list of arrays."""
    if isinstance(value, _Array):
        value = value.numbers if value.numbers is not None else value.objects
    if isinstance(value, list):
        value = np.array([item.numbers if isinstance(item, _Array) else item for item in value])
    if value.dtype.kind not in "fi":
        raise ValueError("not numbers")
    return value


def _files(path: Path) -> Iterator[tuple[str, BinaryIO]]:
    """Yield the stored files of an archive, a folder or a single path, one in memory at a time."""
    if path.is_dir():
        for child in sorted(path.glob(f"*{SUFFIX}")):
            yield from _files(child)
    elif path.name.endswith(".npy"):
        if path.stat().st_size > MAX_FILE_BYTES:
            raise WeightsError(f"{path.name} is larger than any file of stored instances and was not read.")
        with path.open("rb") as stream:
            yield path.name, stream
    else:
        yield from _members(path)


def _members(path: Path) -> Iterator[tuple[str, BinaryIO]]:
    total = 0
    try:
        with tarfile.open(path, "r:gz") as archive:
            for member in archive:
                total += member.size
                if total > MAX_ARCHIVE_BYTES:
                    raise WeightsError(f"{path.name} is larger than the archive of stored instances; it was not read.")
                name = member.name.rpartition("/")[2]
                if name.endswith(SUFFIX) and member.isfile() and member.size <= MAX_FILE_BYTES:
                    stream = archive.extractfile(member)
                    assert stream is not None, name
                    yield name, io.BytesIO(stream.read())
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        raise WeightsError(f"{path.name} is not a complete .tar.gz archive. Download it again.") from error


def kept_instances(models: Path, name: str) -> Path:
    """Return where the converted bank of one stored file waits for its models."""
    return models / STORED_INSTANCES / "converted" / f"{name.removesuffix('.npy')}.safetensors"
