"""Figures of drawn pictures: the generator stays as it was, and a perfect or collapsed one shows."""

import pytest
import torch
from tiny_training import make, neighbourhoods

from icgan_demo.encoders.bundled import untrained_encoder
from icgan_demo.training.evaluate import Evaluator, Judge, embed


@pytest.fixture(scope="module")
def data():
    return neighbourhoods(features_dim=256)


@pytest.fixture(scope="module")
def evaluator(data):
    encoder = untrained_encoder()
    judge = Judge("untrained", encoder, embed(encoder, data.images))
    return Evaluator((judge, judge), data.features, data.classes, data.neighbours, samples=40)


def test_figures_repeat_and_leave_the_generator_as_it_was(data, evaluator):
    generator = make(data).averaged
    generator.train()
    before = {key: value.clone() for key, value in generator.state_dict().items()}
    ticks = []
    first = evaluator.evaluate(generator, tell=lambda: ticks.append(1))
    assert first == evaluator.evaluate(generator)
    assert generator.training
    assert all(torch.equal(before[key], value) for key, value in generator.state_dict().items())
    assert (first["samples"], first["real"], first["encoder"]) == (40, 30, "untrained")
    assert ticks


def test_a_generator_that_ignores_its_noise_has_no_spread(data, evaluator):
    generator = make(data).averaged.eval()
    assert evaluator.evaluate(generator)["spread"] > 0.01
    generator.output_layer[2].weight.data.zero_()
    assert evaluator.evaluate(generator)["spread"] == pytest.approx(0, abs=1e-6)
