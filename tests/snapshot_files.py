"""Network snapshots in the published layout, tiny and random, whole or changed to be hostile."""

import io
import pickle
import sys
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from icgan_demo.config import StyleGan2Config
from icgan_demo.models.stylegan2_generator import FIR, StyleGan2Generator

STYLE_NAME = "icgan_stylegan2_coco_res128"
KINDS = {"mapping": "MappingNetwork", "synthesis": "SynthesisNetwork", "torgb": "ToRGBLayer"}


def tiny_style_config(resolution: int = 32, feature_dim: int = 24, clamp: float = 256.0) -> StyleGan2Config:
    """Return the published architecture with few channels and short vectors."""
    widths = tuple(8 if side <= 8 else 6 for side in (4 << index for index in range(resolution.bit_length() - 2)))
    return StyleGan2Config(resolution, widths, 12, 10, feature_dim, 12, 2, clamp)


def style_network(config: StyleGan2Config, seed: int = 0) -> StyleGan2Generator:
    """Return an evaluated random network in which noise, biases and the mean style count."""
    torch.manual_seed(seed)
    network = StyleGan2Generator(config).eval().requires_grad_(False)
    for name, value in network.state_dict().items():
        if name.endswith(("noise_strength", "bias", "w_avg")):
            value.add_(0.3 * torch.randn_like(value))
    return network


def style_inputs(network: StyleGan2Generator) -> tuple[Tensor, Tensor]:
    """Return noise and conditions of three random instances."""
    config, source = network.config, torch.Generator().manual_seed(5)
    features = F.normalize(torch.randn(3, config.feature_dim, generator=source))
    return torch.randn(3, config.noise_dim, generator=source), network.condition(features)


def style_tensors(config: StyleGan2Config, seed: int = 0) -> dict[str, Tensor]:
    """Return random tensors as the original code stores them, the filters of all layers included."""
    tensors = dict(style_network(config, seed).state_dict())
    kernel = torch.outer(torch.tensor(FIR), torch.tensor(FIR))
    layers = {name.removesuffix("noise_const") for name in tensors if name.endswith("noise_const")}
    blocks = {name.rpartition("conv1.")[0] for name in layers if name.endswith("conv1.")}
    return tensors | {f"{path}resample_filter": kernel.clone() for path in sorted(layers | blocks)}


def init_kwargs(config: StyleGan2Config) -> dict[str, Any]:
    """Return what the original constructor was given."""
    return {
        "z_dim": config.noise_dim,
        "w_dim": config.style_dim,
        "mapping_kwargs": {"num_layers": config.mapping_layers},
        "synthesis_kwargs": {
            "channel_base": 64,
            "channel_max": 8,
            "num_fp16_res": 4,
            "conv_clamp": config.clamp or None,
        },
        "c_dim": 0,
        "h_dim": config.feature_dim,
        "img_resolution": config.resolution,
        "img_channels": 3,
    }


class Persistent:
    """Pickles as the original networks do: a call on a dictionary that carries the source of the whole module."""

    def __init__(self, kind: str, state: Mapping[str, Any], source: str) -> None:
        self.parts = {"type": "class", "version": 6, "module_src": source, "class_name": kind, "state": dict(state)}

    def __reduce__(self) -> tuple[Any, ...]:
        return sys.modules["torch_utils.persistence"]._reconstruct_persistent_obj, (self.parts,)


def module_of(
    tensors: Mapping[str, Any], kind: str = "Generator", source: str = "# nothing", **attributes: Any
) -> Persistent:
    """Return a tree of modules that holds ``tensors`` by their paths; values may be anything."""
    own = {name: value for name, value in tensors.items() if "." not in name}
    inner: dict[str, dict[str, Any]] = {}
    for name, value in tensors.items():
        first, dot, rest = name.partition(".")
        if dot:
            inner.setdefault(first, {})[rest] = value
    buffers = {name for name in own if name in ("w_avg", "noise_const", "resample_filter")}
    return Persistent(
        kind,
        {
            "training": False,
            "_parameters": OrderedDict((name, value) for name, value in own.items() if name not in buffers),
            "_buffers": {name: own[name] for name in sorted(buffers)},
            "_non_persistent_buffers_set": set(),
            "_modules": {name: module_of(part, KINDS.get(name, "Layer"), source) for name, part in inner.items()},
            "_forward_hooks": OrderedDict(),
            "weight_gain": np.float64(0.5),
            "_init_args": (),
            **attributes,
        },
        source,
    )


def snapshot_of(
    config: StyleGan2Config,
    tensors: Mapping[str, Any] | None = None,
    kwargs: Mapping[str, Any] | None = None,
    source: str = "# nothing",
    **more: Any,
) -> dict[str, Any]:
    """Return the content of a snapshot; ``more`` are further entries, or others in place of the usual ones."""
    given = init_kwargs(config) if kwargs is None else dict(kwargs)
    averaged = module_of(style_tensors(config) if tensors is None else tensors, source=source, _init_kwargs=given)
    other = module_of({"b4.weight": torch.zeros(2)}, "Discriminator", source)
    settings = {"class_name": "training.dataset.Dataset", "resolution": config.resolution, "xflip": True}
    return {"training_set_kwargs": settings, "G": other, "D": other, "G_ema": averaged, "augment_pipe": None, **more}


def pickled(content: Any, protocol: int = 4) -> bytes:
    """Return ``content`` as the original code writes it: with the names of the original modules."""
    persistence = ModuleType("torch_utils.persistence")

    def _reconstruct_persistent_obj(meta: Any) -> None:
        raise AssertionError("the original reconstruction, which compiles source text, was called")

    _reconstruct_persistent_obj.__module__ = persistence.__name__
    _reconstruct_persistent_obj.__qualname__ = _reconstruct_persistent_obj.__name__
    persistence._reconstruct_persistent_obj = _reconstruct_persistent_obj  # type: ignore[attr-defined]
    known = {"torch_utils": ModuleType("torch_utils"), persistence.__name__: persistence}
    stream = io.BytesIO()
    with patch.dict(sys.modules, known):
        pickle.Pickler(stream, protocol).dump(content)
    return stream.getvalue()


def write_snapshot(path: Path, config: StyleGan2Config | None = None) -> Path:
    """Write a whole, valid snapshot."""
    path.write_bytes(pickled(snapshot_of(config or tiny_style_config())))
    return path
