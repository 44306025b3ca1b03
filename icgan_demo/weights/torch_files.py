"""Foreign torch files, read as data: nothing in them runs, and what they claim is checked before it is believed.

``torch.load(weights_only=True)`` stops code but not lies: a tiny file may claim a tensor of many gigabytes, or inflate
to one. Only the importer uses this module, in a process of its own (see weights/published/conversion.py).
"""

import logging
import re
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO

import numpy as np
import torch
from torch import Tensor, nn

from icgan_demo.errors import WeightsError

logger = logging.getLogger(__name__)

MAX_TENSORS = 2_000

# The numpy scalar constructor was renamed in numpy 2; a file asks for it under the name of the numpy that wrote it.
_numpy_scalar = np.float64(0).__reduce__()[0]
SETTINGS_GLOBALS: tuple[Any, ...] = (
    nn.ReLU,
    np.dtype,
    np.dtypes.Float32DType,
    np.dtypes.Float64DType,
    (_numpy_scalar, "numpy.core.multiarray.scalar"),
    (_numpy_scalar, "numpy._core.multiarray.scalar"),
)
"""All that the published settings hold beside plain data: activation objects and scores that are numpy scalars."""


def read_torch_file(stream: BinaryIO, name: str, size: int, allowed: Sequence[Any] = ()) -> Any:
    """Return the content of a file written by ``torch.save``, without running anything it contains.

    Args:
        stream: seekable, at its beginning.
        name: what messages call it.
        size: bytes in the file.
        allowed: classes and functions beyond plain tensors and containers that the file may name.
    Raises:
        WeightsError: if the file is no torch file, is damaged, compressed, or names anything else.
    """
    if size == 0:
        raise WeightsError(f"{name} is empty. Download it again.")
    start = stream.read(8)
    stream.seek(0)
    if start.lstrip()[:1] == b"<" or start.startswith(b"version "):
        raise WeightsError(f"{name} is a web page or a pointer, not weights. Download it again.")
    if start.startswith(b"PK"):
        _check_records(stream, name, size)
    try:
        with torch.serialization.safe_globals(list(allowed)):
            return torch.load(stream, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises many kinds for a damaged file, with advice no visitor should follow
        logger.info("%s was refused: %s", name, error)
        named = re.search(r"GLOBAL (\S+)", str(error))
        if named or "Unsupported" in str(error):
            what = f" ({named.group(1)})" if named else ""
            raise WeightsError(f"{name} contains code{what} and was not loaded.") from None
        raise WeightsError(f"{name} is incomplete or damaged. Download it again.") from None


def check_tensors(content: Any, name: str, size: int) -> dict[str, Tensor]:
    """Return ``content`` as named float32 tensors without the ``module.`` that distributed training puts before names.

    Counters of batches (int64, never used when drawing) are passed on; every other tensor must be dense, finite
    float32 that is no larger than the bytes the file holds for it.

    Raises:
        WeightsError: that names the first tensor which is not so.
    """
    if not isinstance(content, Mapping):
        raise WeightsError(f"{name} does not hold named tensors.")
    if len(content) > MAX_TENSORS:
        raise WeightsError(f"{name} holds {len(content)} tensors; no model here has more than {MAX_TENSORS}.")
    tensors: dict[str, Tensor] = {}
    total = 0
    for key, value in content.items():
        if not isinstance(key, str) or not isinstance(value, Tensor):
            raise WeightsError(f"{name} holds {str(key)[:100]!r}, which is not a named tensor.")
        short = key.removeprefix("module.")
        counter = short.endswith("num_batches_tracked") and value.dtype == torch.int64
        if value.layout != torch.strided or value.device.type != "cpu":
            raise WeightsError(f"{short} in {name} is not a plain tensor.")
        if value.dtype != torch.float32 and not counter:
            raise WeightsError(f"{short} in {name} is {str(value.dtype).removeprefix('torch.')}, expected float32.")
        total += value.nbytes
        if value.nbytes > value.untyped_storage().nbytes() or total > size:
            raise WeightsError(f"{short} in {name} claims more values than the file holds.")
        if short in tensors:
            raise WeightsError(f"{name} holds {short} twice.")
        if not torch.isfinite(value).all():
            raise WeightsError(f"{name} has NaN or infinite values in {short}.")
        tensors[short] = value.detach()
    return tensors


def shapes_of(network: nn.Module) -> dict[str, torch.Size]:
    """Return the shape of each tensor of a network, which may be on the device "meta", by name."""
    return {key: value.shape for key, value in network.state_dict().items()}


def exactly(tensors: Mapping[str, Tensor], shapes: Mapping[str, torch.Size], name: str) -> dict[str, Tensor]:
    """Return a network's tensors in its order; raises WeightsError unless each is there, of its shape, and no other.

    Args:
        shapes: as ``shapes_of`` returns them.
        name: what messages call the file.
    """
    for key, value in tensors.items():
        if key not in shapes:
            raise WeightsError(f"{name} holds {shown(key)}, which its architecture does not have.")
        if value.shape != shapes[key]:
            sides = " instead of ".join("x".join(map(str, shape)) or "a number" for shape in (value.shape, shapes[key]))
            raise WeightsError(f"{name} has {shown(key)} as {sides}.")
    for key in shapes:
        if key not in tensors:
            raise WeightsError(f"{name} lacks {key}.")
    return {key: tensors[key] for key in shapes}


def shown(text: str) -> str:
    """Return the beginning of a text from a file, without letters that cannot be seen."""
    return "".join(letter if letter.isprintable() else "?" for letter in text[:100])


def _check_records(stream: BinaryIO, name: str, size: int) -> None:
    """Refuse a zip whose records are compressed, encrypted, doubled, or larger together than the file."""
    try:
        records = zipfile.ZipFile(stream).infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        raise WeightsError(f"{name} is incomplete or damaged. Download it again.") from None
    stored = all(record.compress_type == zipfile.ZIP_STORED and not record.flag_bits & 1 for record in records)
    if not stored or len({record.filename for record in records}) < len(records):
        raise WeightsError(f"{name} is not packed as torch packs its files and was not loaded.")
    if len(records) > 2 * MAX_TENSORS or sum(record.file_size for record in records) > size:
        raise WeightsError(f"{name} claims to be larger than it is and was not loaded.")
    stream.seek(0)
