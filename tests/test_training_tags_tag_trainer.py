"""The tag networks learn on a toy, resume exactly, and refuse what cannot be learned from."""

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from icgan_demo.errors import TrainingError
from icgan_demo.models.cgan.tag_gan import TagGanConfig
from icgan_demo.models.cgan.word_vectors import WordVectors, rank_words
from icgan_demo.training.tags.tag_settings import TagTrainConfig
from icgan_demo.training.tags.tag_trainer import TagData, TagTrainer, energy_score, train_tags

NETWORKS = TagGanConfig(4, 6, 5, 8, 16, 8, 16, 8, 2)
CONFIG = TagTrainConfig(steps=6, batch_size=8, r1_every=2, checkpoint_every=3)


@pytest.fixture(scope="module")
def data():
    """Two kinds of pictures; the first six words belong to one, the other six to the other."""
    source = torch.Generator().manual_seed(0)
    kinds = torch.arange(20) % 2
    centres = torch.tensor([[1.0, 0, 0, 0], [0, 1, 0, 0]])
    features = F.normalize(centres[kinds] + 0.1 * torch.randn(20, 4, generator=source), dim=1)
    tags = torch.zeros(20, 12, dtype=torch.bool)
    tags[kinds == 0, :6] = True
    tags[kinds == 1, 6:] = True
    around = torch.eye(6)[:2].repeat_interleave(6, dim=0)
    vectors = F.normalize(around + 0.15 * torch.randn(12, 6, generator=source), dim=1)
    return TagData(features, tags, vectors)


def state_of(trainer):
    return {
        f"{owner}/{key}": value for owner, net in trainer.modules.items() for key, value in net.state_dict().items()
    }


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_an_update_changes_both_networks_and_stays_finite(data, optimizer):
    trainer = TagTrainer(data, NETWORKS, replace(CONFIG, optimizer=optimizer))
    before = {key: value.clone() for key, value in state_of(trainer).items()}
    progress = trainer.update()
    after = state_of(trainer)
    for owner in ("generator", "discriminator"):
        assert any(not torch.equal(before[key], after[key]) for key in before if key.startswith(f"{owner}/"))
    assert all(torch.isfinite(value).all() for value in after.values())
    assert progress.step == 1


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_a_resumed_run_equals_an_uninterrupted_one(data, tmp_path, optimizer):
    config = replace(CONFIG, optimizer=optimizer)
    whole, first, second = (TagTrainer(data, NETWORKS, config) for _ in range(3))
    assert len(list(train_tags(whole, tmp_path / "whole"))) == 6
    list(train_tags(first, tmp_path / "parts", stop=lambda: first.step == 4))
    assert first.step == 4
    with (tmp_path / "parts" / "log.jsonl").open("a") as log:
        log.write('{"ste')  # a crash cuts a line short
    list(train_tags(second, tmp_path / "parts"))
    assert second.step == 6
    assert all(torch.equal(value, state_of(second)[key]) for key, value in state_of(whole).items())
    assert len((tmp_path / "parts" / "log.jsonl").read_text().splitlines()) == 6


@pytest.mark.parametrize("change", [{"optimizer": "sgd"}, {"seed": 5}, {"batch_size": 7}])
def test_a_run_is_not_continued_with_other_settings(data, tmp_path, change):
    """It continued from the old checkpoint without a word, with Adam's moments in another optimiser."""
    first = TagTrainer(data, NETWORKS, CONFIG)
    list(train_tags(first, tmp_path, stop=lambda: first.step == 4))
    with pytest.raises(TrainingError, match=f"has {next(iter(change))} .*Choose another folder"):
        list(train_tags(TagTrainer(data, NETWORKS, replace(CONFIG, **change)), tmp_path))


def test_a_run_is_not_continued_with_other_words(data, tmp_path):
    first = TagTrainer(data, NETWORKS, CONFIG)
    list(train_tags(first, tmp_path, stop=lambda: first.step == 4))
    other = replace(data, vectors=data.vectors.flip(0))
    with pytest.raises(TrainingError, match="learned_from"):
        list(train_tags(TagTrainer(other, NETWORKS, CONFIG), tmp_path))


def test_it_learns_which_words_belong_to_which_picture(data):
    trainer = TagTrainer(data, NETWORKS, replace(CONFIG, steps=400, batch_size=32, feature_noise=0.1))
    for _ in range(400):
        trainer.update()
    words = WordVectors(tuple("abcdefghijkl"), data.vectors)
    noise = torch.randn(50, 5, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        samples = torch.stack([trainer.averaged.eval()(noise, feature.expand(50, -1)) for feature in data.features[:2]])
    order, _ = rank_words(samples, words, nearest=4)
    assert set(order[0, :4].tolist()) <= set(range(6))
    assert set(order[1, :4].tolist()) <= set(range(6, 12))


def test_the_energy_score_is_that_of_a_hand_computation():
    word, first, second = torch.zeros(1, 4), torch.tensor([[3.0, 4, 0, 0]]), torch.tensor([[0.0, 4, 0, 0]])
    # (5 + 4 - 3) / 2, in units of the square root of 4
    assert energy_score(word, first, second).item() == pytest.approx(1.5)


def test_the_energy_score_prefers_samples_as_far_apart_as_the_words_are():
    source = torch.Generator().manual_seed(0)
    words, first, second = torch.randn(3, 4000, 2, generator=source)
    scores = [energy_score(words, scale * first, scale * second).item() for scale in (0.0, 0.5, 1.0, 1.5, 2.0)]
    assert min(scores) == scores[2]


def test_samples_for_one_picture_differ(data):
    trainer = TagTrainer(data, NETWORKS, replace(CONFIG, steps=200, batch_size=32))
    for _ in range(200):
        progress = trainer.update()
    assert progress.spread > 0.1


def test_a_loss_that_is_not_finite_ends_the_run(data):
    trainer = TagTrainer(data, NETWORKS, CONFIG)
    with torch.no_grad():
        trainer.discriminator.score.bias.fill_(torch.nan)
    with pytest.raises(TrainingError, match="not finite at step 0"):
        trainer.update()


def test_pictures_without_words_are_refused(data):
    with pytest.raises(TrainingError, match="No image has a word"):
        TagData(data.features, torch.zeros_like(data.tags), data.vectors)
    with pytest.raises(ValueError, match="do not fit"):
        TagData(data.features[1:], data.tags, data.vectors)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"steps": 0}, "steps must be at least 1"),
        ({"optimizer": "lion"}, 'must be "adam" or "sgd"'),
        ({"lr_generator": 0.0}, "learning rates"),
        ({"feature_noise": -1.0}, "must not be negative"),
        ({"ema_decay": 1.0}, "ema_decay"),
    ],
)
def test_settings_refuse_nonsense(change, sentence):
    with pytest.raises(ValueError, match=sentence):
        TagTrainConfig(**change)
