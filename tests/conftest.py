"""A complete model folder, tiny and random, and pictures to put in."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from fakes import MOMENTS, learning_webp
from PIL import Image
from snapshot_files import style_network, tiny_style_config

from icgan_demo.config import DiscriminatorConfig, EncoderConfig, GeneratorConfig
from icgan_demo.encoders.bundled import build_network
from icgan_demo.models.biggan_discriminator import BigGanDiscriminator
from icgan_demo.models.biggan_generator import BigGanGenerator
from icgan_demo.weights.cards import Card, Licence
from icgan_demo.weights.learning import Learning, Moment
from icgan_demo.weights.model_folder import write_model

CLASS_NAMES = ("Lemon", "Lime", "Golden apple")
FEATURE_DIM = 16
BANK_SIZE = 6
LEARNING = Learning(tuple(Moment(*moment) for moment in MOMENTS))


def write_tiny_model(
    folder: Path,
    *,
    seed: int = 0,
    classes: bool = True,
    no_label: bool = True,
    bank: bool = True,
    style: bool = False,
    clusters: int = 0,
    learning: bool = False,
) -> Card:
    """Write a random model of 32 px as ``folder``, named after it, through the same writer as the real ones.

    With ``style`` its generator is a StyleGAN2, which knows no classes; with ``clusters``, all it knows of an instance
    is which of so many it falls into; with ``learning`` it shows how it learned.
    """
    classes = classes and not style
    torch.manual_seed(seed)
    num_classes = len(CLASS_NAMES) if classes else 0
    shared = {"feature_dim": FEATURE_DIM, "num_classes": num_classes, "no_label": no_label, "clusters": clusters}
    biggan = GeneratorConfig(32, (8, 8, 8, 8), 4, feature_embed_dim=8, class_embed_dim=8, spectral_norm=False, **shared)
    generator = style_network(tiny_style_config(feature_dim=FEATURE_DIM), seed) if style else BigGanGenerator(biggan)
    if clusters:
        source = torch.Generator().manual_seed(seed)
        generator.shared_feat.centroids.copy_(F.normalize(torch.randn(clusters, FEATURE_DIM, generator=source), dim=1))
    encoder_config = EncoderConfig(input_side=32, widths=(8, 8, 16, FEATURE_DIM))
    return write_model(
        folder,
        name=folder.name,
        title=f"Tiny {folder.name}",
        description="Random weights for tests.",
        data="No data.",
        licence=Licence("MIT", "https://opensource.org/license/mit", "Synthetic pictures of a test model."),
        generator=generator,
        discriminator=None if style else BigGanDiscriminator(DiscriminatorConfig(32, (8, 8, 8, 8), **shared)),
        encoder_network=build_network(encoder_config),
        encoder_config=encoder_config,
        features=F.normalize(torch.randn(BANK_SIZE, FEATURE_DIM), dim=1) if bank else None,
        labels=torch.arange(BANK_SIZE) % num_classes if classes else None,
        class_names=CLASS_NAMES if classes else (),
        settings={"steps": 0},
        figures={"frechet": None},
        learning=(LEARNING, learning_webp()) if learning else None,
    )


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    """Return Chromium, for the tests of one file."""
    from chromium import chromium  # here: without playwright, only what asks for it is skipped

    with chromium() as opened:
        yield opened


@pytest.fixture(scope="session")
def models_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the models ``tiny`` (label optional) and ``plain`` (no classes); do not write into it."""
    folder = tmp_path_factory.mktemp("models")
    write_tiny_model(folder / "tiny")
    write_tiny_model(folder / "plain", seed=1, classes=False)
    return folder


@pytest.fixture(scope="session")
def photo() -> Image.Image:
    """Return a picture of 100 x 80 px with some structure."""
    ramp = np.linspace(0, 255, 100, dtype=np.uint8)
    pixels = np.stack([np.tile(ramp, (80, 1)), np.tile(ramp[::-1], (80, 1)), np.full((80, 100), 90, np.uint8)], axis=2)
    return Image.fromarray(pixels)


@pytest.fixture(scope="session")
def photo_path(photo: Image.Image, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return that picture as a file; do not write to it."""
    path = tmp_path_factory.mktemp("photo") / "photo.png"
    photo.save(path)
    return path


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files that drive a browser first: the longest of all, none of them is to be begun last."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is None)


@pytest.fixture(autouse=True)
def _nothing_of_this_machine(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the models, encoders and caches of whoever runs the tests out of them."""
    monkeypatch.setenv("ICGAN_MODELS_DIR", str(tmp_path_factory.getbasetemp() / "no models"))
    monkeypatch.setenv("ICGAN_DATA_DIR", str(tmp_path_factory.getbasetemp() / "no data"))
