"""Files in the published layout, tiny and random, and files that only pretend to be."""

import io
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from icgan_demo.config import GeneratorConfig
from icgan_demo.models.biggan_generator import BigGanGenerator
from icgan_demo.weights.published.catalogue import GENERATOR_WIDTHS

NAME = "icgan_biggan_imagenet_res64"
CC_NAME = "cc_icgan_biggan_imagenet_res64"


def tiny_config(classes: int = 0, width: int = 2, resolution: int = 64, feature_dim: int = 24) -> GeneratorConfig:
    """Return the published architecture with a small width multiplier, small embeddings and short features."""
    widths = tuple(width * unit for unit in GENERATOR_WIDTHS[resolution])
    attention = 32 if resolution <= 64 else 64
    return GeneratorConfig(resolution, widths, 4, feature_dim, 12, classes, 8, attention=(attention,))


def official_tensors(config: GeneratorConfig, seed: int = 0) -> dict[str, torch.Tensor]:
    """Return random tensors as the original code saves them: a class table even where there are no classes."""
    torch.manual_seed(seed)
    tensors = dict(BigGanGenerator(config).state_dict())
    for key, value in tensors.items():
        if key.endswith("gamma"):
            value.fill_(0.5)
        if key.endswith("stored_mean"):
            value.normal_()
        if key.endswith("stored_var"):
            value.uniform_(0.5, 2)
    if not config.num_classes:
        tensors["shared.weight"] = torch.randn(1000, config.class_embed_dim)
    return tensors


def official_settings(config: GeneratorConfig, **changes: Any) -> dict[str, Any]:
    """Return the settings the original code saves beside them, live activation objects included."""
    return {
        "resolution": config.resolution,
        "G_ch": config.widths[0] // GENERATOR_WIDTHS[config.resolution][0],
        "G_attn": "_".join(map(str, config.attention)) or "0",
        "dim_z": config.noise_dim + 1,  # rounded down to whole chunks, like the published 120 at 256 px
        "hier": True,
        "shared_dim": config.class_embed_dim,
        "shared_dim_feat": config.feature_embed_dim,
        "class_cond": bool(config.num_classes),
        "instance_cond": True,
        "n_classes": config.num_classes or 1000,
        "G_param": "SN",
        "G_activation": nn.ReLU(),
        "D_activation": nn.ReLU(),
        **changes,
    }


def official_state(config: GeneratorConfig, fid: Any = 12.5, **changes: Any) -> dict[str, Any]:
    """Return the content of a ``state_dict_*.pth``."""
    return {"itr": 7, "epoch": 1, "best_IS": 3.0, "best_FID": fid, "config": official_settings(config, **changes)}


def torch_bytes(content: Any) -> bytes:
    """Return what ``torch.save`` writes."""
    stream = io.BytesIO()
    torch.save(content, stream)
    return stream.getvalue()


def rewritten(saved: bytes, old: bytes, new: bytes, compression: int = zipfile.ZIP_STORED) -> bytes:
    """Return a torch file with bytes of its pickle exchanged, or packed with another compression."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(saved)) as source, zipfile.ZipFile(stream, "w", compression) as target:
        for record in source.infolist():
            data = source.read(record)
            target.writestr(record.filename, data.replace(old, new) if record.filename.endswith("data.pkl") else data)
    return stream.getvalue()


def write_archive(path: Path, files: Mapping[str, Any], folder: str = NAME) -> Path:
    """Write ``{folder}/{file}`` members into a .tar.gz; values that are not bytes are saved by torch."""
    with tarfile.open(path, "w:gz", compresslevel=1) as archive:
        for file, content in files.items():
            data = content if isinstance(content, bytes) else torch_bytes(content)
            member = tarfile.TarInfo(f"{folder}/{file}")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


def write_stored(path: Path, file: str, rows: int = 6) -> Path:
    """Write an archive of stored instances with one file in it, as the authors' ``np.save`` makes them."""
    source = np.random.default_rng(0)
    values = {
        "instance_features": source.normal(size=(rows, 2048)).astype(np.float32),
        "labels": source.integers(0, 1000, rows),
        "image_path": [f"train/n{row:08d}.JPEG" for row in range(rows)],
    }
    stream = io.BytesIO()
    np.save(stream, values, allow_pickle=True)
    return write_archive(path, {file: stream.getvalue()}, "stored_instances")


def write_official(path: Path, config: GeneratorConfig | None = None, folder: str = NAME, seed: int = 0) -> Path:
    """Write a whole, valid archive."""
    config = config or tiny_config()
    files = {"state_dict_best0.pth": official_state(config), "G_ema_best0.pth": official_tensors(config, seed)}
    return write_archive(path, files, folder)
