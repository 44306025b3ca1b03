"""Durable training checkpoints: one safetensors file and a marker that publishes it.

A checkpoint ``step_000100`` is ``step_000100.safetensors`` (every tensor of every network, average and optimiser) and
``step_000100.json``, its marker: step, size, SHA-256 and settings. Without a marker that agrees with the file there is
no checkpoint, so a crash at any moment leaves the previous one in force.
"""

import json
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.optim import Optimizer

from icgan_demo.errors import TrainingError
from icgan_demo.guards.weights_file import sha256_of

logger = logging.getLogger(__name__)

KEEP = 3


def save_checkpoint(
    folder: Path,
    step: int,
    modules: Mapping[str, nn.Module],
    optimizers: Mapping[str, Optimizer],
    settings: Mapping[str, Any],
) -> Path:
    """Write one checkpoint, publish it, and drop all but the newest ``KEEP``; returns the tensor file.

    Raises:
        TrainingError: if a tensor is not finite or the file cannot be written; older checkpoints stay valid.
    """
    tensors = _flatten(modules, optimizers)
    for name, tensor in tensors.items():
        if tensor.is_floating_point() and not torch.isfinite(tensor).all():
            raise TrainingError(f"{name} is not finite at step {step}; nothing was saved.")
    path = folder / f"step_{step:06d}.safetensors"
    scratch = path.with_suffix(".tmp")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        save_file(tensors, scratch)
        _publish(scratch, path)
        marker = {"step": step, "size": path.stat().st_size, "sha256": sha256_of(path), "settings": dict(settings)}
        scratch.write_text(json.dumps(marker, indent=1))
        _publish(scratch, path.with_suffix(".json"))
    except Exception as error:  # a full disk surfaces as several types, safetensors' own among them
        scratch.unlink(missing_ok=True)
        raise TrainingError(f"The checkpoint of step {step} could not be written: {error}") from error
    for old in _published(folder)[KEEP:]:
        old.unlink(missing_ok=True)
        old.with_suffix(".safetensors").unlink(missing_ok=True)
    return path


def load_newest_checkpoint(
    folder: Path, modules: Mapping[str, nn.Module], optimizers: Mapping[str, Optimizer]
) -> tuple[int, dict[str, Any]] | None:
    """Restore the newest valid checkpoint in place; returns its step and settings, or None if there is none.

    A checkpoint whose file is missing, cut short or altered is passed over for the one before it.
    """
    marker = _newest_valid(folder)
    if marker is None:
        return None
    _restore(load_file(folder / f"step_{marker['step']:06d}.safetensors"), modules, optimizers)
    return marker["step"], marker["settings"]


def newest_settings(folder: Path) -> dict[str, Any]:
    """Return the settings stored with the newest valid checkpoint.

    Raises:
        TrainingError: if there is none.
    """
    marker = _newest_valid(folder)
    if marker is None:
        raise TrainingError(f"The folder {folder.name!r} holds no complete checkpoint.")
    return marker["settings"]


def _published(folder: Path) -> list[Path]:
    return sorted(folder.glob("step_*.json"), reverse=True)


def _newest_valid(folder: Path) -> dict[str, Any] | None:
    for marker_path in _published(folder):
        try:
            marker = json.loads(marker_path.read_text())
            path = marker_path.with_suffix(".safetensors")
            if path.stat().st_size == marker["size"] and sha256_of(path) == marker["sha256"]:
                return marker
        except (OSError, ValueError, KeyError):
            pass
        logger.warning("%s is incomplete; trying the checkpoint before it", marker_path.stem)
    return None


def _publish(scratch: Path, path: Path) -> None:
    """Move a finished file onto its name so that a power cut leaves the old or the new one, never a mix."""
    descriptor = os.open(scratch, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)
    scratch.chmod(0o644)
    scratch.replace(path)
    descriptor = os.open(path.parent, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


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
        module.load_state_dict({key[len(prefix) :]: value for key, value in tensors.items() if key.startswith(prefix)})
    for owner, optimizer in optimizers.items():
        state: dict[int, dict[str, Tensor]] = {}
        for key, value in tensors.items():
            if key.startswith(f"{owner}/"):
                _, index, slot = key.split("/")
                state.setdefault(int(index), {})[slot] = value
        optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
