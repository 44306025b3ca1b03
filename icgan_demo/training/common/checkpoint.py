"""Durable training checkpoints: one safetensors file and a marker that publishes it.

A checkpoint ``step_000100`` is ``step_000100.safetensors`` (every tensor of every network, average and optimiser) and
``step_000100.json``, its marker: step, size, SHA-256 and settings. Without a marker that agrees with the file there is
no checkpoint, so a crash at any moment leaves the previous one in force.
"""

import json
import logging
import shutil
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.optim import Optimizer

from icgan_demo.errors import TrainingError
from icgan_demo.guards.weights_file import sha256_of
from icgan_demo.training.common.run_folder import step_file, steps_in
from icgan_demo.weights.tensor_files import save_json, save_tensors

logger = logging.getLogger(__name__)

KEEP = 3
SPARE = 2.5
"""A checkpoint is only begun where this many of it would fit on the disk."""


def save_checkpoint(
    folder: Path,
    step: int,
    modules: Mapping[str, nn.Module],
    optimizers: Mapping[str, Optimizer],
    settings: Mapping[str, Any],
    keep: Collection[int] = (),
) -> Path:
    """Write one checkpoint, read it back, publish it, and drop older ones; returns the tensor file.

    Args:
        keep: steps that stay beside the newest ``KEEP``.
    Raises:
        TrainingError: if a tensor is not finite or the file cannot be written; older checkpoints stay valid.
    """
    tensors = _flatten(modules, optimizers)
    for name, tensor in tensors.items():
        if tensor.is_floating_point() and not torch.isfinite(tensor).all():
            raise TrainingError(f"{name} is not finite at step {step}; nothing was saved.")
    path = step_file(folder, step, ".safetensors")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _check_space(folder, sum(tensor.nbytes for tensor in tensors.values()))
        path.with_suffix(".json").unlink(missing_ok=True)  # of an earlier attempt at this step
        record = save_tensors(tensors, path)
        marker = {"step": step, "size": record.size, "sha256": record.sha256, "settings": dict(settings)}
        save_json(marker, path.with_suffix(".json"))
    except TrainingError:
        raise
    except Exception as error:  # a full disk surfaces as several types
        logger.exception("step %d was not saved", step)
        raise TrainingError(
            f"The checkpoint of step {step} could not be written. Is the disk full or read-only? "
            "Free some space and resume."
        ) from error
    _drop_old(folder, keep)
    return path


def _check_space(folder: Path, size: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < SPARE * size:
        raise TrainingError(
            f"The disk is full: a checkpoint of {size / 1e6:.0f} MB needs {SPARE * size / 1e6:.0f} MB free, "
            f"there are {free / 1e6:.0f} MB. Free some space and resume."
        )


def _drop_old(folder: Path, keep: Collection[int]) -> None:
    for step in sorted(steps_in(folder, ".json"), reverse=True)[KEEP:]:
        if step not in keep:
            old = step_file(folder, step, ".json")
            old.unlink(missing_ok=True)
            old.with_suffix(".safetensors").unlink(missing_ok=True)


def checkpoint_mb(modules: Mapping[str, nn.Module], optimizers: Mapping[str, Optimizer]) -> float:
    """Return the size of a checkpoint in millions of bytes."""
    return sum(tensor.nbytes for tensor in _flatten(modules, optimizers).values()) / 1e6


def load_newest_checkpoint(
    folder: Path, modules: Mapping[str, nn.Module], optimizers: Mapping[str, Optimizer]
) -> tuple[int, dict[str, Any]] | None:
    """Restore the newest valid checkpoint in place; returns its step and settings, or None if there is none.

    A checkpoint whose file is missing, cut short or altered is passed over for the one before it.
    """
    marker = newest_marker(folder)
    if marker is None:
        return None
    _restore(load_file(step_file(folder, marker["step"], ".safetensors")), modules, optimizers)
    return marker["step"], marker["settings"]


def load_module_of(folder: Path, step: int, owner: str, module: nn.Module) -> None:
    """Restore one network from the checkpoint of ``step`` in place.

    Raises:
        TrainingError: if that checkpoint is not complete.
    """
    path = step_file(folder, step, ".safetensors")
    if _valid_marker(path.with_suffix(".json")) is None:
        raise TrainingError(f"The checkpoint of step {step} is not complete.")
    _restore(load_file(path), {owner: module}, {})


def newest_settings(folder: Path) -> dict[str, Any]:
    """Return the settings stored with the newest valid checkpoint.

    Raises:
        TrainingError: if there is none.
    """
    marker = newest_marker(folder)
    if marker is None:
        raise TrainingError(f"The folder {folder.name!r} holds no complete checkpoint.")
    return marker["settings"]


def check_same_run(folder: Path, train: Mapping[str, Any], **further: Any) -> dict[str, Any] | None:
    """Return what the run in ``folder`` has stored, None before there is one; raises TrainingError if it is another.

    Args:
        train, further: values that must be those under "train" and beside it.
    """
    if not steps_in(folder, ".json"):
        return None
    stored = newest_settings(folder)
    for what, value in [*train.items(), *further.items()]:
        was = (stored if what in further else stored["train"]).get(what, value)
        if was != value:
            raise TrainingError(f"The run in {folder.name!r} has {what} {was}, not {value}. Choose another folder.")
    return stored


def newest_marker(folder: Path) -> dict[str, Any] | None:
    """Return the marker of the newest valid checkpoint, None if there is none."""
    for marker_path in reversed(steps_in(folder, ".json").values()):
        marker = _valid_marker(marker_path)
        if marker is not None:
            return marker
        logger.warning("%s is incomplete; trying the checkpoint before it", marker_path.stem)
    return None


def _valid_marker(path: Path) -> dict[str, Any] | None:
    """Return the content of a marker that agrees with its file, else None."""
    try:
        marker = json.loads(path.read_text())
        file = path.with_suffix(".safetensors")
        agrees = file.stat().st_size == marker["size"] and sha256_of(file) == marker["sha256"]
        return marker if agrees and path == step_file(path.parent, marker["step"], ".json") else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _flatten(modules: Mapping[str, nn.Module], optimizers: Mapping[str, Optimizer]) -> dict[str, Tensor]:
    tensors = {}
    for owner, module in modules.items():
        for key, value in module.state_dict().items():
            tensors[f"{owner}/{key}"] = value.detach().cpu().contiguous()
    for owner, optimizer in optimizers.items():
        for index, slots in optimizer.state_dict()["state"].items():
            for slot, value in slots.items():
                tensors[f"{owner}/{index}/{slot}"] = torch.as_tensor(value).detach().cpu().contiguous()
    return {key: value.clone() for key, value in tensors.items()}  # save_file refuses shared memory


def _restore(
    tensors: Mapping[str, Tensor], modules: Mapping[str, nn.Module], optimizers: Mapping[str, Optimizer]
) -> None:
    for owner, module in modules.items():
        prefix = f"{owner}/"
        own = {key[len(prefix) :]: value for key, value in tensors.items() if key.startswith(prefix)}
        try:
            module.load_state_dict(own)
        except RuntimeError as error:  # torch's text is a page long
            raise TrainingError(f"The checkpoint is of another {owner}. Start a new run in another folder.") from error
    for owner, optimizer in optimizers.items():
        parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
        state: dict[int, dict[str, Tensor]] = {}
        for key, value in tensors.items():
            if key.startswith(f"{owner}/"):
                index, slot = _place_of(key, len(parameters))
                expected = torch.Size([]) if slot == "step" else parameters[index].shape
                if value.shape != expected:  # fused Adam walks both without looking
                    raise TrainingError(f"The checkpoint is of another {owner}. Start a new run in another folder.")
                state.setdefault(index, {})[slot] = _laid_out_like(parameters[index], value)
        optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})


def _place_of(key: str, count: int) -> tuple[int, str]:
    """Return which of ``count`` parameters an optimiser's tensor belongs to, and what it is of it."""
    owner, *place = key.split("/")
    if len(place) != 2 or not place[0].isdecimal() or int(place[0]) >= count:
        raise TrainingError(f"The checkpoint is of another {owner}. Start a new run in another folder.")
    return int(place[0]), place[1]


def _laid_out_like(parameter: Tensor, value: Tensor) -> Tensor:
    """Return an optimiser's value in the memory order of its parameter: fused Adam walks both side by side."""
    return torch.empty_like(parameter, requires_grad=False).copy_(value) if value.shape == parameter.shape else value
