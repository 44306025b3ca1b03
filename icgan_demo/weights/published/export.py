"""Save a generator in the published layout, so that the original repository's code can load it, or a model in our own.

The original code builds widths from one multiplier and a table, and takes features of 2048 values. A network with
other widths is laid into the next larger one of the table, with zeros around it: the added channels stay zero
everywhere, and the singular values that spectral normalisation divides by do not change, so the pictures are the same.
"""

import io
import logging
import math
import tarfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn

from icgan_demo.config import GeneratorConfig
from icgan_demo.errors import WeightsError
from icgan_demo.models.biggan_generator import BigGanGenerator
from icgan_demo.models.generators import unfilled_generator
from icgan_demo.weights.cards import CARD, Card
from icgan_demo.weights.model_folder import load_generator
from icgan_demo.weights.published.catalogue import FEATURE_DIM
from icgan_demo.weights.published.catalogue import GENERATOR_WIDTHS as WIDTH_UNITS
from icgan_demo.weights.tensor_files import write_file
from icgan_demo.weights.torch_files import shapes_of

logger = logging.getLogger(__name__)

UNUSED_CLASSES = 1000
"""Rows of the class table that the original code expects even where there are no classes."""


def export_official(card: Card, folder: Path, target: Path) -> Path:
    """Write the generator in ``folder`` as ``{name}.tar.gz`` with the two files that the original code opens.

    Args:
        card: of the model.
        folder: the model's own folder.
        target: the archive to write, or an existing folder to write it into.
    Returns:
        The archive's path.
    Raises:
        WeightsError: if the original code cannot express the model, or a file is damaged or cannot be written.
    """
    config = card.generator
    assert isinstance(config, GeneratorConfig), "only BigGAN has a place in that layout"
    generator = cast(BigGanGenerator, load_generator(card, folder))
    multiplier = width_multiplier(config)
    files = {
        "state_dict_best0.pth": official_state(card, multiplier),
        "G_ema_best0.pth": official_tensors(generator, multiplier),
    }
    members = {}
    for file, values in files.items():
        members[file] = io.BytesIO()
        torch.save(values, members[file])
    logger.info("exported %s with width multiplier %d", card.name, multiplier)
    return _packed(card.name, {file: content.getvalue() for file, content in members.items()}, target)


def has_official_layout(card: Card) -> bool:
    """Return whether the published layout has a place for a model.

    The original code opens a StyleGAN2 network only as a pickle that runs its own source, which is not written here.
    """
    return isinstance(card.generator, GeneratorConfig)


def export_own(card: Card, folder: Path, target: Path) -> Path:
    """Write a model as this program keeps it: ``{name}.tar.gz`` of its card and its safetensors files.

    Unpacked into a folder of models it is that model again. Takes, returns and raises what ``export_official`` does.
    """
    return _packed(card.name, {file: (folder / file).read_bytes() for file in (CARD, *card.files)}, target)


def _packed(name: str, files: Mapping[str, bytes], target: Path) -> Path:
    """Write files into a folder of that name in a .tar.gz archive, which tells nothing of this machine."""
    archive = target / f"{name}.tar.gz" if target.is_dir() else target
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz", compresslevel=1) as packed:  # weights hardly shrink
        for file, data in files.items():
            member = tarfile.TarInfo(f"{name}/{file}")
            member.size = len(data)
            packed.addfile(member, io.BytesIO(data))
    write_file(content.getvalue(), archive)
    return archive


def width_multiplier(config: GeneratorConfig) -> int:
    """Return the smallest width multiplier whose network of the published table holds this one.

    Raises:
        WeightsError: if the original code has no way to express the model at all.
    """
    if config.clusters:
        raise WeightsError("The original code knows instances and classes, but no clusters; this model has some.")
    if not config.feature_dim or config.feature_dim > FEATURE_DIM:
        raise WeightsError(
            f"The original code takes features of {FEATURE_DIM} values; this model's have {config.feature_dim}."
        )
    return max(
        math.ceil(width / unit) for width, unit in zip(config.widths, WIDTH_UNITS[config.resolution], strict=True)
    )


def padded_config(config: GeneratorConfig, multiplier: int) -> GeneratorConfig:
    """Return the settings of the published network with that multiplier which holds the network of ``config``."""
    return replace(
        config,
        widths=tuple(multiplier * unit for unit in WIDTH_UNITS[config.resolution]),
        feature_dim=FEATURE_DIM,
        num_classes=config.class_rows,
        no_label=False,
    )


def official_tensors(generator: BigGanGenerator, multiplier: int) -> dict[str, Tensor]:
    """Return the tensors under the published names and in the published shapes, zeros around those that are smaller."""
    config = padded_config(generator.config, multiplier)
    shapes = shapes_of(unfilled_generator(config))
    tensors = {}
    for key, value in generator.state_dict().items():
        fill = 1.0 if key.endswith("stored_var") else 0.0
        tensors[key] = torch.full(shapes[key], fill)
        tensors[key][tuple(slice(side) for side in value.shape)] = value
    if not config.num_classes:
        tensors["shared.weight"] = torch.zeros(UNUSED_CLASSES, config.class_embed_dim)
    return tensors


def official_state(card: Card, multiplier: int) -> dict[str, Any]:
    """Return what the original code expects in ``state_dict_best0.pth``: counters, scores and its settings.

    Its activation settings are live objects; ours are the same two. A last class row that means "no label" becomes an
    ordinary class of that name. An encoder that the original code lacks is named as one it does not know.
    """
    config = card.generator
    assert isinstance(config, GeneratorConfig)
    names = [*card.class_names, "no label"] if config.class_rows > config.num_classes else list(card.class_names)
    kind = str(card.encoder["kind"])
    extractor = {"resnet50-swav": "selfsupervised", "resnet50-supervised": "classification"}.get(kind, f"{kind}-padded")
    attention = "_".join(map(str, config.attention)) or "0"
    spectral = "SN" if config.spectral_norm else "none"
    settings = {
        "model": "BigGAN",
        "model_backbone": "biggan",
        "experiment_name": card.name,
        "resolution": config.resolution,
        "G_ch": multiplier,
        "D_ch": multiplier,
        "G_attn": attention,
        "D_attn": attention,
        "dim_z": padded_config(config, multiplier).noise_dim,
        "hier": True,
        "G_shared": True,
        "shared_dim": config.class_embed_dim,
        "G_shared_feat": True,
        "shared_dim_feat": config.feature_embed_dim,
        "class_cond": bool(config.num_classes),
        "instance_cond": True,
        "constant_conditioning": False,
        "n_classes": config.class_rows or UNUSED_CLASSES,
        "class_names": names,
        "feature_extractor": extractor,
        "backbone_feature_extractor": "resnet50",
        "which_dataset": "imagenet",
        "longtail": False,
        "G_param": spectral,
        "D_param": spectral,
        "num_G_SVs": 1,
        "num_G_SV_itrs": 1,
        "SN_eps": 1e-6,
        "BN_eps": 1e-5,
        "norm_style": "bn",
        "cross_replica": False,
        "mybn": False,
        "G_nl": "relu",
        "D_nl": "relu",
        "G_init": "ortho",
        "G_fp16": False,
        "G_eval_mode": True,
        "ema": True,
        "use_ema": True,
        "z_var": 1.0,
        "batch_size": 1,
        "G_activation": nn.ReLU(),
        "D_activation": nn.ReLU(),
    }
    scores = {"itr": 0, "epoch": 0, "save_num": 0, "save_best_num": 1, "best_IS": 0.0, "best_FID": 99999.0}
    return {**scores, "es_epoch": 0, "config": settings}
