"""Sampled features: of unit length, new, as near to real ones as these are to each other, and as various."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from icgan_demo.inference.feature_sampling import sampled_feature


@pytest.fixture(scope="module")
def features():
    """Return 200 features in ten groups, as those of photos of ten kinds of things lie."""
    source = torch.Generator().manual_seed(0)
    centres = torch.randn(10, 1, 32, generator=source)
    return F.normalize((centres + 0.5 * torch.randn(10, 20, 32, generator=source)).flatten(0, 1), dim=1)


@pytest.fixture(scope="module")
def sampled(features):
    return torch.stack([sampled_feature(features, np.random.default_rng([1, place])) for place in range(300)])


def test_samples_are_new_and_of_unit_length(features, sampled):
    assert torch.allclose(sampled.norm(dim=1), torch.ones(len(sampled)), atol=1e-5)
    assert (sampled @ features.T).amax(dim=1).max() < 0.9999


def test_samples_lie_where_real_features_lie(features, sampled):
    to_others = (features @ features.T).fill_diagonal_(-1).amax(dim=1)
    assert (sampled @ features.T).amax(dim=1).min() > to_others.quantile(0.05)


def test_samples_are_as_various_as_real_features(features, sampled):
    groups = (sampled @ features.T).argmax(dim=1) // 20
    counts = torch.bincount(groups, minlength=10)
    assert counts.min() >= 10
    assert abs((sampled @ sampled.T).mean() - (features @ features.T).mean()) < 0.05


def test_a_bank_of_one_gives_that_one():
    only = F.normalize(torch.ones(1, 4), dim=1)
    assert torch.allclose(sampled_feature(only, np.random.default_rng(0)), only[0])
