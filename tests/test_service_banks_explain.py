"""Explaining samples: figures computed by hand, and copies that are found."""

import math

import pytest
import torch
import torch.nn.functional as F

from icgan_demo.index import NeighbourIndex
from icgan_demo.service.banks.explain import mean_pairwise_distance, nearest_real, real_neighbourhood


def rows(count, dim=32, seed=0):
    return F.normalize(torch.randn(count, dim, generator=torch.Generator().manual_seed(seed)), dim=1)


def test_diversity_is_the_mean_distance_of_two_rows():
    assert mean_pairwise_distance(torch.eye(3)) == pytest.approx(math.sqrt(2))
    assert mean_pairwise_distance(torch.eye(3)[:1].repeat(4, 1)) == 0
    assert mean_pairwise_distance(torch.eye(3)[:1]) == 0


def test_a_slightly_changed_training_picture_is_found_and_a_new_one_is_not():
    real = rows(60)
    copy = F.normalize(real[7] + 0.03 * rows(1, seed=1)[0], dim=0)
    found = nearest_real(NeighbourIndex(real, "e"), torch.stack([copy, rows(1, seed=2)[0]]))
    assert found[0][0] == 7
    assert found[0][1] == pytest.approx(float((copy - real[7]).norm()), abs=1e-4)
    assert [is_copy for *_, is_copy in found] == [True, False]


def test_too_few_real_pictures_tell_nothing_about_copies():
    real = rows(5)
    assert nearest_real(NeighbourIndex(real, "e"), real[:1])[0][2] is False


def test_the_real_neighbourhood_leaves_the_instance_out():
    angles = torch.tensor([0.0, 0.1, 0.2, 1.0])
    real = torch.stack([angles.cos(), angles.sin()], 1)
    found = real_neighbourhood(NeighbourIndex(real, "e"), real[0], 2)
    assert found is not None
    assert found[0] == pytest.approx((math.cos(0.1) + math.cos(0.2)) / 2, abs=1e-5)
    assert found[1] == pytest.approx(2 * math.sin(0.05), abs=1e-4)
    assert real_neighbourhood(NeighbourIndex(real[:2], "e"), real[0], 4) is None
