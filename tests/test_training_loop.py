"""The adversarial loop on tiny networks: it learns, resumes exactly, and keeps both sides' law."""

from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from icgan_demo.config import TrainConfig
from icgan_demo.errors import TrainingError
from icgan_demo.index import find_neighbours
from icgan_demo.training import loop
from icgan_demo.training.data import ImageSet
from icgan_demo.training.loop import Neighbourhoods, Trainer, train
from icgan_demo.training.networks import small_networks

COUNT = 30
CONFIG = TrainConfig(
    steps=6, batch_size=4, neighbours=3, r1_every=2, checkpoint_every=3, samples_every=3, snapshot_every=0
)


@pytest.fixture(autouse=True)
def tiny_networks(monkeypatch):
    monkeypatch.setattr(loop, "bf16_pays", lambda *_: False)
    monkeypatch.setitem(small_networks.__globals__["GENERATOR_WIDTHS"], 32, (8, 8, 8, 8))
    monkeypatch.setitem(small_networks.__globals__["DISCRIMINATOR_WIDTHS"], 32, (8, 8, 8, 8))


@pytest.fixture(scope="module")
def data() -> Neighbourhoods:
    source = np.random.default_rng(0)
    pixels = source.integers(0, 256, (COUNT, 32, 32, 3), dtype=np.uint8)
    names = tuple(f"{row}.png" for row in range(COUNT))
    images = ImageSet(pixels, np.arange(COUNT, dtype=np.int64) % 3, ("a", "b", "c"), names)
    features = F.normalize(torch.randn(COUNT, 6, generator=torch.Generator().manual_seed(0)), dim=1)
    return Neighbourhoods(images, features, find_neighbours(features, CONFIG.neighbours))


def make(data: Neighbourhoods, config: TrainConfig = CONFIG) -> Trainer:
    generator, discriminator = small_networks(32, 6, 3, spectral_norm=config.loss == "hinge")
    return Trainer(data, generator, discriminator, config)


def state_of(trainer: Trainer) -> dict[str, torch.Tensor]:
    return {
        f"{owner}/{key}": value for owner, net in trainer.modules.items() for key, value in net.state_dict().items()
    }


@pytest.mark.parametrize("loss", ["logistic", "hinge"])
def test_an_update_changes_both_networks_and_stays_finite(data, loss):
    trainer = make(data, replace(CONFIG, loss=loss))
    before = {key: value.clone() for key, value in state_of(trainer).items()}
    progress = trainer.update()
    after = state_of(trainer)
    for owner in ("generator", "discriminator"):
        changed = [not torch.equal(before[key], after[key]) for key in before if key.startswith(f"{owner}/")]
        assert sum(changed) > len(changed) / 2
    assert all(torch.isfinite(value).all() for value in after.values())
    assert progress.step == 1


def test_six_updates_equal_three_and_a_resume_bit_for_bit(data, tmp_path):
    whole = make(data)
    list(train(whole, tmp_path / "whole"))
    first = make(data)
    for progress in train(first, tmp_path / "parts"):
        if progress.step == 4:  # one update past the checkpoint: it is lost and done again
            break
    second = make(data)
    list(train(second, tmp_path / "parts"))
    mine, theirs = state_of(whole), state_of(second)
    assert all(torch.equal(mine[key], theirs[key]) for key in mine)


def test_a_resumed_log_has_every_step_once(data, tmp_path):
    for progress in train(make(data), tmp_path):
        if progress.step == 5:
            break
    list(train(make(data), tmp_path))
    steps = [line.split('"step": ')[1].split(",")[0] for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert steps == [str(step) for step in range(1, CONFIG.steps + 1)]


def test_stopping_saves_where_the_run_is(data, tmp_path):
    reports = list(train(make(data), tmp_path, stop=lambda: True))
    assert [report.step for report in reports] == [1]
    assert (tmp_path / "step_000001.json").exists()


def test_sheets_show_the_same_instances_and_noise(data, tmp_path):
    list(train(make(data), tmp_path))
    assert sorted(path.name for path in tmp_path.glob("sheet_*.png")) == ["sheet_000003.png", "sheet_000006.png"]


def test_real_pairs_are_neighbours_with_their_own_label(data):
    trainer = make(data, replace(CONFIG, label_dropout=0.0))
    for update in range(20):
        pairs = trainer._real_pairs(update)
        for feature, label, row in zip(pairs.features, pairs.labels, pairs.rows, strict=True):
            instance = int((data.features == feature).all(1).nonzero())
            assert row in data.neighbours[instance]
            assert label == data.images.labels[row]


def test_every_instance_is_seen_once_in_each_pass(data):
    trainer = make(data, replace(CONFIG, batch_size=5))
    seen = torch.cat([trainer._real_pairs(update).features for update in range(COUNT // 5)])
    assert torch.equal(seen.unique(dim=0), data.features.unique(dim=0))


def test_real_and_drawn_sides_withhold_labels_alike(data):
    trainer = make(data, replace(CONFIG, label_dropout=0.5, batch_size=30))
    real = torch.cat([trainer._real_pairs(update).labels for update in range(40)])
    fake = torch.cat([trainer._fake_conditions(step, "test").labels for step in range(40)])
    assert (real < 0).float().mean().item() == pytest.approx(0.5, abs=0.06)
    assert (fake < 0).float().mean().item() == pytest.approx(0.5, abs=0.06)
    for label in range(3):
        assert (real == label).float().mean().item() == pytest.approx((fake == label).float().mean().item(), abs=0.06)


def test_a_loss_that_is_not_finite_stops_before_the_weights_change(data):
    trainer = make(data)
    trainer.discriminator.linear.weight.data.fill_(float("inf"))
    before = {key: value.clone() for key, value in trainer.generator.state_dict().items() if "stored" not in key}
    with pytest.raises(TrainingError, match="is not finite at step 0"):
        trainer.update()
    assert all(torch.equal(before[key], trainer.generator.state_dict()[key]) for key in before)


def test_the_average_starts_as_a_copy_and_then_follows_slowly(data):
    trainer = make(data)
    trainer.update()
    live, average = trainer.generator.linear.weight, trainer.average.module.linear.weight
    assert torch.equal(live, average)
    trainer.update()
    assert not torch.equal(live, average)
