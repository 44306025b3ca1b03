"""Published ResNet-50 files as tensors under torchvision's names; which of the three kinds a file is, shows inside."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from icgan_demo.errors import WeightsError
from icgan_demo.models.resnet50_network import build_resnet50
from icgan_demo.weights.torch_files import SETTINGS_GLOBALS, check_tensors, exactly, read_torch_file, shapes_of

SWAV, SUPERVISED, IMAGENET_LT = "resnet50-swav", "resnet50-supervised", "resnet50-imagenet-lt"
KINDS = (SWAV, SUPERVISED, IMAGENET_LT)

DROPPED = {
    SWAV: ("projection_head.", "prototypes."),
    SUPERVISED: ("fc.",),
    IMAGENET_LT: ("fc.",),
}
"""Parts that a file may hold and a feature does not need; every other unknown name is an error."""


def read_resnet50(path: Path, kind: str | None = None) -> tuple[str, dict[str, Tensor]]:
    """Return the kind of a local ResNet-50 file and its tensors under exactly the names of ``build_resnet50``.

    Args:
        path: ``.pth`` or ``.pth.tar`` as published, or safetensors with torchvision's names.
        kind: one of ``KINDS``; None to recognise it, which a file of bare torchvision names cannot be without.
    Raises:
        WeightsError: if the file is missing, unsafe, damaged, of another network, or of another kind than ``kind``.
    """
    if not path.is_file():
        raise WeightsError(f"There is no file named {path.name}. Check the name, or import by name to fetch it.")
    found, tensors = _read(path)
    if kind is not None and found is not None and found != kind:
        raise WeightsError(f"{path.name} holds {found} weights, not {kind}. Give the file of {kind}.")
    chosen = kind or found
    if chosen is None:
        choices = ", ".join(KINDS)
        raise WeightsError(f"{path.name} does not show which encoder it is. Set it with --encoder: {choices}.")
    return chosen, _fitted(tensors, chosen, path.name)


def _read(path: Path) -> tuple[str | None, dict[str, Tensor]]:
    """The file's tensors, with the kind if the layout shows it."""
    if path.suffix == ".safetensors":
        try:
            tensors = load_file(path)
        except (SafetensorError, OSError):
            raise WeightsError(f"{path.name} is incomplete or damaged. Download it again.") from None
        return None, check_tensors(tensors, path.name, path.stat().st_size)
    size = path.stat().st_size
    with path.open("rb") as stream:
        content = read_torch_file(stream, path.name, size, SETTINGS_GLOBALS)
    kind, content = _unpacked(content, path.name)
    return kind, check_tensors(content, path.name, size)


def _unpacked(content: Any, name: str) -> tuple[str | None, Any]:
    if not isinstance(content, Mapping):
        raise WeightsError(f"{name} does not hold named tensors.")
    if "state_dict_best" in content:
        best = content["state_dict_best"]
        if not isinstance(best, Mapping) or "feat_model" not in best:
            raise WeightsError(f"{name} lacks feat_model under state_dict_best. Give the published file.")
        return IMAGENET_LT, best["feat_model"]
    names = [str(key).removeprefix("module.") for key in content]
    if any(key.startswith(DROPPED[SWAV]) for key in names):
        return SWAV, content
    return (SUPERVISED if "fc.weight" in names else None), content


def _fitted(tensors: dict[str, Tensor], kind: str, name: str) -> dict[str, Tensor]:
    """Drop what the kind may hold beside the network, and check every name and shape of the rest."""
    with torch.device("meta"):
        shapes = shapes_of(build_resnet50())
    kept = {key: value for key, value in tensors.items() if not key.startswith(DROPPED[kind])}
    for key in shapes:
        if key.endswith("num_batches_tracked"):  # older files lack this counter, and drawing never reads it
            kept[key] = torch.zeros((), dtype=torch.int64)
    return exactly(kept, shapes, name)
