"""Self-supervised training of the encoder on tiny pictures."""

from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from icgan_demo.config import EncoderConfig, EncoderTrainConfig
from icgan_demo.training.common.image_set import ImageSet
from icgan_demo.training.common.randomness import generator_for
from icgan_demo.training.encoder import contrastive
from icgan_demo.training.encoder.contrastive import load_trained, nt_xent, train_encoder, whitening_layer
from icgan_demo.training.encoder.views import random_views

ENCODER = EncoderConfig(input_side=32, widths=(8, 8, 8, 8))
TRAIN = EncoderTrainConfig(epochs=4, batch_size=8, view_side=32, projection_dim=4, checkpoint_every=2)


@pytest.fixture(autouse=True)
def plain_precision(monkeypatch):
    monkeypatch.setattr(contrastive, "bf16_pays", lambda *_: False)


@pytest.fixture(scope="module")
def images() -> ImageSet:
    pixels = np.random.default_rng(0).integers(0, 256, (16, 40, 40, 3), dtype=np.uint8)
    return ImageSet(pixels, np.full(16, -1, dtype=np.int64), (), tuple(map(str, range(16))))


def test_the_loss_equals_the_formula_written_out():
    source = torch.Generator().manual_seed(0)
    first, second = torch.randn(3, 5, generator=source), torch.randn(3, 5, generator=source)
    z = F.normalize(torch.cat([first, second]), dim=1)
    total = 0.0
    for i in range(6):
        partner = (i + 3) % 6
        others = sum(torch.exp(z[i] @ z[j] / 0.5) for j in range(6) if j != i)
        total -= torch.log(torch.exp(z[i] @ z[partner] / 0.5) / others).item()
    assert nt_xent(first, second, 0.5).item() == pytest.approx(total / 6, rel=1e-5)


def test_views_depend_on_their_source_alone():
    images = torch.rand(3, 3, 40, 40) * 2 - 1
    views = [random_views(images, 32, generator_for(0, 1, "views")) for _ in range(2)]
    assert torch.equal(*views)
    assert views[0].shape == (3, 3, 32, 32)
    assert views[0].min() >= -1.001
    assert views[0].max() <= 1.001
    assert not torch.equal(views[0], random_views(images, 32, generator_for(0, 2, "views")))


def test_four_epochs_equal_two_and_a_resume_bit_for_bit(images, tmp_path):
    list(train_encoder(images, ENCODER, TRAIN, tmp_path / "whole"))
    # the schedule knows the whole length, so the first part is the same run cut short
    for report in train_encoder(images, ENCODER, TRAIN, tmp_path / "parts"):
        if report.epoch == 3:
            break
    list(train_encoder(images, ENCODER, TRAIN, tmp_path / "parts"))
    whole, _ = load_trained(tmp_path / "whole", images)
    parts, _ = load_trained(tmp_path / "parts", images)
    assert all(torch.equal(a, b) for a, b in zip(whole.state_dict().values(), parts.state_dict().values(), strict=True))


def test_training_lowers_the_loss(images, tmp_path):
    config = replace(TRAIN, epochs=12, checkpoint_every=12)
    losses = [report.loss for report in train_encoder(images, ENCODER, config, tmp_path)]
    assert losses[-1] < losses[0]


def test_full_whitening_evens_out_every_direction():
    source = torch.Generator().manual_seed(0)
    features = torch.randn(500, 6, generator=source) * torch.tensor([9.0, 5, 3, 2, 1, 0.5]) + 4
    whitened = whitening_layer(features, 1.0)(features)
    assert torch.allclose(whitened.mean(0), torch.zeros(6), atol=1e-4)
    assert torch.allclose(whitened.T.cov(), torch.eye(6), atol=0.02)


def test_no_whitening_keeps_distances():
    features = torch.randn(50, 6, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(torch.pdist(whitening_layer(features, 0.0)(features)), torch.pdist(features), atol=1e-4)


def test_fewer_pictures_than_numbers_in_a_feature_are_whitened_too():
    features = torch.randn(5, 12, generator=torch.Generator().manual_seed(0))
    whitened = whitening_layer(features, 0.75)(features)
    assert whitened.shape == (5, 12)
    assert torch.isfinite(whitened).all()
