"""Training of digit generators: both kinds learn, stop, resume bit for bit, keep the best, and write a model."""

import json
from dataclasses import replace

import pytest
import torch
from digit_fakes import write_tiny_digits
from torch import nn

from icgan_demo.errors import TrainingError
from icgan_demo.inference.digit_model import DigitModel
from icgan_demo.training.common.paper_schedule import paper_momentum, paper_rate
from icgan_demo.training.digits import digit_trainer as digits_module
from icgan_demo.training.digits.digit_data import load_digits
from icgan_demo.training.digits.digit_run import best_of_run, run_digits
from icgan_demo.training.digits.digit_settings import PRESETS, DigitTrainConfig
from icgan_demo.training.digits.digit_trainer import DigitTrainer, train_digits

TINY = {
    "modern": DigitTrainConfig("modern", 8, 16, validate_every=4, checkpoint_every=3, width=2, r1_every=2),
    "paper": DigitTrainConfig("paper", 8, 16, validate_every=4, checkpoint_every=3),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("idx")
    write_tiny_digits(made)
    return made


@pytest.fixture(scope="module")
def data(folder):
    return load_digits(folder)


@pytest.fixture(autouse=True)
def _few_samples(monkeypatch):
    monkeypatch.setattr(digits_module, "VALIDATION_SAMPLES", 50)


def tensors(trainer):
    return {
        f"{owner}/{key}": value.clone()
        for owner, module in trainer.modules.items()
        for key, value in module.state_dict().items()
    }


@pytest.mark.parametrize("network", TINY)
def test_an_update_changes_every_weight_of_both_networks(data, network):
    trainer = DigitTrainer(data.train, 10, TINY[network])
    before = tensors(trainer)
    progress = [trainer.update() for _ in range(2)][-1]
    after = tensors(trainer)
    still = [key for key in before if "best" not in key and torch.equal(before[key], after[key])]
    # A convolution that feeds a batch norm has no bias to learn; nothing else may stand still.
    assert still == []
    assert all(torch.isfinite(value).all() for value in after.values())
    assert progress.update == 2


@pytest.mark.parametrize("network", TINY)
def test_a_resumed_run_gives_the_networks_and_the_log_of_an_uninterrupted_one(data, network, tmp_path):
    whole = DigitTrainer(data.train, 10, TINY[network])
    list(train_digits(whole, data.validation, tmp_path / "whole"))
    stopped = DigitTrainer(data.train, 10, TINY[network])
    list(train_digits(stopped, data.validation, tmp_path / "parts", stop=lambda: stopped.updates_done == 5))
    assert stopped.updates_done == 5
    resumed = DigitTrainer(data.train, 10, TINY[network])
    list(train_digits(resumed, data.validation, tmp_path / "parts"))
    expected = tensors(whole)
    assert all(torch.equal(value, expected[key]) for key, value in tensors(resumed).items())
    assert (tmp_path / "parts" / "log.jsonl").read_text() == (tmp_path / "whole" / "log.jsonl").read_text()
    assert resumed.best_validation == whole.best_validation


def test_a_log_that_a_crash_cut_short_does_not_keep_a_run_from_going_on(data, tmp_path):
    config = TINY["modern"]
    stopped = DigitTrainer(data.train, 10, config)
    list(train_digits(stopped, data.validation, tmp_path, stop=lambda: stopped.updates_done == 5))
    with (tmp_path / "log.jsonl").open("a") as log:
        log.write('{"upda')
    list(train_digits(DigitTrainer(data.train, 10, config), data.validation, tmp_path))
    lines = [json.loads(line)["update"] for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert lines == [*range(1, 9)]


def test_the_paper_s_run_follows_the_paper_s_schedule(data):
    trainer = DigitTrainer(data.train, 10, TINY["paper"])
    trainer.updates_done = 40_000
    assert trainer.update().rate == paper_rate(40_000)
    for optimizer in trainer.optimizers.values():
        assert optimizer.param_groups[0]["lr"] == paper_rate(40_000)
        assert optimizer.param_groups[0]["momentum"] == paper_momentum(40_000, 200 // 16)


def test_the_published_schedule_is_the_paper_preset():
    assert (PRESETS["paper"].updates, PRESETS["paper"].batch_size) == (287_800, 100)


def test_the_best_generator_is_kept_and_waiting_ends_the_run(data, tmp_path, monkeypatch):
    estimates = iter([(-5.0, 0.2), (3.0, 0.2), (1.0, 0.2), (2.0, 0.2), (9.0, 0.2)])
    monkeypatch.setattr(digits_module, "choose_sigma", lambda *_: next(estimates)[::-1])
    config = replace(TINY["modern"], updates=100, validate_every=1, patience=2)
    trainer = DigitTrainer(data.train, 10, config)
    list(train_digits(trainer, data.validation, tmp_path))
    assert (trainer.updates_done, trainer.best_update, trainer.best_validation) == (4, 2, 3.0)
    assert not torch.equal(trainer.best.dense.weight, trainer.drawing.dense.weight)
    log = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [line["validation"] for line in log] == [-5.0, 3.0, 1.0, 2.0]


def test_a_network_that_has_not_settled_is_not_kept_and_waiting_begins_after(data, tmp_path, monkeypatch):
    """Blurred digits of the first updates have a high likelihood and can hardly be read."""
    estimates = iter([(9.0, 0.2), (8.0, 0.2), (7.0, 0.2), (3.0, 0.2), (4.0, 0.2), (2.0, 0.2), (1.0, 0.2)])
    monkeypatch.setattr(digits_module, "choose_sigma", lambda *_: next(estimates)[::-1])
    config = replace(TINY["modern"], updates=8, validate_every=1, patience=2, settle=0.5)
    trainer = DigitTrainer(data.train, 10, config)
    list(train_digits(trainer, data.validation, tmp_path))
    assert (trainer.updates_done, trainer.best_update, trainer.best_validation) == (7, 5, 4.0)


def test_a_loss_that_is_not_finite_stops_the_run_in_a_sentence(data):
    trainer = DigitTrainer(data.train, 10, TINY["modern"])
    nn.init.constant_(trainer.discriminator.score.bias, float("nan"))
    with pytest.raises(TrainingError, match="not finite at update 0"):
        trainer.update()


@pytest.mark.parametrize("network", TINY)
def test_a_whole_run_writes_a_model_that_draws_what_its_best_generator_draws(folder, network, tmp_path):
    reports = list(run_digits(folder, TINY[network], tmp_path / "run", "mine"))
    assert [report.update for report in reports] == list(range(1, 9))
    model = DigitModel(tmp_path / "run" / "model")
    assert model.card.name == "mine"
    generator, stored = best_of_run(tmp_path / "run")
    assert stored["updates_trained"] == 8
    condition = model.condition([3, 7])
    drawn = model.draw(network, condition, [0, 1])
    with torch.no_grad():
        expected = generator.eval()(generator.seeded_noise([0, 1]), condition)
    torch.testing.assert_close(drawn, expected, rtol=0, atol=2e-2)  # stored as float16


def test_a_run_of_other_settings_or_other_pictures_is_not_continued(folder, tmp_path):
    list(run_digits(folder, TINY["modern"], tmp_path / "run"))
    with pytest.raises(TrainingError, match="has network modern, not paper"):
        list(run_digits(folder, TINY["paper"], tmp_path / "run"))
    with pytest.raises(TrainingError, match="has width 2, not 3"):
        list(run_digits(folder, replace(TINY["modern"], width=3), tmp_path / "run"))
    write_tiny_digits(tmp_path / "other", train=120)
    with pytest.raises(TrainingError, match="other images"):
        list(run_digits(tmp_path / "other", TINY["modern"], tmp_path / "run"))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"network": "dcgan"}, "network must be"),
        ({"updates": 0}, "updates must be at least 1"),
        ({"batch_size": 1}, "batch_size must be at least 2"),
        ({"width": 0}, "width must be between"),
        ({"ema_decay": 1.0}, "ema_decay"),
        ({"patience": -1}, "must not be negative"),
    ],
)
def test_settings_refuse_nonsense(change, sentence):
    with pytest.raises(ValueError, match=sentence):
        replace(TINY["modern"], **change)
