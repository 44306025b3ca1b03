"""Tensor files: loaded strictly into networks, written so that a crash leaves the old file or the new one."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors.torch import save
from torch import Tensor, nn

from icgan_demo.atomic_files import atomic_write, json_bytes
from icgan_demo.errors import WeightsError
from icgan_demo.guards.weights_file import layout_of, load_tensors, read_header, sha256_of

Network = TypeVar("Network", bound=nn.Module)


@dataclass(frozen=True)
class FileRecord:
    """What a card says about one file."""

    size: int
    """Bytes."""
    sha256: str
    """64 lower-case hex digits."""


def load_module(module: Network, path: Path, sha256: str | None) -> Network:
    """Return ``module`` with the tensors of ``path`` as its own; every name, shape and dtype must agree.

    A file of ``halved`` tensors is widened to float32. Build the module under ``torch.device("meta")``: then nothing is
    initialised that is thrown away right here, and the tensors of the file are the only copy in memory.

    Raises:
        WeightsError: if the file is missing, damaged, of another model, or holds values that are not finite.
    """
    layout = layout_of(module.state_dict())
    kinds = {entry.dtype for entry in read_header(path).values()}
    if "F16" in kinds and "F32" not in kinds:
        layout = {name: (shape, "F16" if dtype == "F32" else dtype) for name, (shape, dtype) in layout.items()}
    tensors = load_tensors(path, layout, sha256)
    widened = {name: value.float() if value.dtype == torch.float16 else value for name, value in tensors.items()}
    module.load_state_dict(widened, assign=True)
    return module


def halved(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return tensors with float16 for float32: half the file, and pictures that differ by less than a grey level."""
    return {name: value.half() if value.dtype == torch.float32 else value for name, value in tensors.items()}


def load_listed(module: Network, folder: Path, name: str, files: Mapping[str, FileRecord]) -> Network:
    """Return ``module``, evaluated, with the weights of ``folder``'s file ``name``, which a card lists in ``files``.

    Raises:
        WeightsError: if the file is missing, incomplete or damaged, or does not fit.
    """
    path = folder / name
    if not path.is_file() or path.stat().st_size != files[name].size:
        raise WeightsError(f"{folder.name}/{name} is missing or incomplete. Download the model again.")
    return load_module(module, path, files[name].sha256).eval()


def save_tensors(tensors: Mapping[str, Tensor], path: Path) -> FileRecord:
    """Write a safetensors file in place of what was at ``path``; returns its size and hash.

    Raises:
        WeightsError: if a tensor is not finite or the file cannot be written; what was there before stays.
    """
    for name, tensor in tensors.items():
        if tensor.is_floating_point() and not torch.isfinite(tensor).all():
            raise WeightsError(f"{name} has values that are not finite; {path.name} was not written.")
    return write_file(save({name: value.detach().cpu().contiguous() for name, value in tensors.items()}), path)


def write_file(content: bytes, path: Path) -> FileRecord:
    """Write ``content`` in place of what was at ``path``, durably and verified; returns its size and hash.

    Raises:
        WeightsError: if that fails; what was there before stays.
    """
    record = FileRecord(len(content), hashlib.sha256(content).hexdigest())
    try:
        with atomic_write(path, durable=True) as scratch:
            scratch.write_bytes(content)
            scratch.chmod(0o644)
            if sha256_of(scratch) != record.sha256:
                raise OSError(f"{scratch} does not hold what was written")
    except OSError as error:
        raise WeightsError(f"{path.name} could not be written. Is the disk full or read-only?") from error
    return record


def save_json(values: Mapping[str, Any], path: Path) -> None:
    """Write JSON ``values`` to ``path`` as ``write_file`` does; raises ValueError for a number that is not finite."""
    write_file(json_bytes(values), path)
