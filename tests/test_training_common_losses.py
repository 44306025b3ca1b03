"""Losses against values worked out by hand."""

import math

import pytest
import torch

from icgan_demo.training.common.losses import (
    discriminator_hinge,
    discriminator_logistic,
    evidence_bound,
    generator_hinge,
    generator_logistic,
    mismatched_hinge,
    mismatched_logistic,
    r1_penalty,
)


def test_hinge_of_the_discriminator_by_hand():
    assert discriminator_hinge(torch.tensor([0.5, 2.0]), torch.tensor([-2.0, 0.0])).item() == pytest.approx(0.25 + 0.5)


def test_hinge_of_the_generator_is_minus_the_mean_score():
    assert generator_hinge(torch.tensor([1.0, -3.0])).item() == pytest.approx(1.0)


def test_logistic_losses_at_zero_are_log_two():
    zero = torch.zeros(3)
    assert discriminator_logistic(zero, zero).item() == pytest.approx(2 * math.log(2))
    assert generator_logistic(zero).item() == pytest.approx(math.log(2))


def test_mismatched_pairs_cost_as_drawn_ones_do():
    scores = torch.tensor([-2.0, 0.0, 1.0])
    assert mismatched_hinge(scores).item() == pytest.approx((0 + 1 + 2) / 3)
    nothing = torch.full((3,), 100.0)
    assert mismatched_logistic(scores).item() == pytest.approx(discriminator_logistic(nothing, scores).item())


def test_r1_is_half_the_squared_gradient():
    images = torch.ones(2, 1, 2, 2, requires_grad=True)
    scores = images.sum(dim=(1, 2, 3)) * torch.tensor([1.0, 3.0])
    assert r1_penalty(scores, images).item() == pytest.approx(0.5 * (4 * 1 + 4 * 9) / 2)


def test_the_evidence_bound_agrees_with_a_hand_computation():
    real = torch.tensor([1.0, 0.0]).view(1, 1, 1, 2)
    drawn = torch.tensor([0.5, 0.25]).view(1, 1, 1, 2)
    mean, log_variance = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 1.0]])
    pixels = -math.log(0.5) - math.log(0.75)
    divergence = 0.5 * (1 + 1 - 1 - 0) + 0.5 * (0 + math.e - 1 - 1)
    bound = evidence_bound(real, drawn, mean, log_variance)
    assert bound.item() == pytest.approx(pixels + divergence, abs=1e-5)
