"""Augmentation: same choices from the same source, gradients pass, nothing invented."""

import pytest
import torch

from icgan_demo.training.augment import OPERATIONS, augment


def source(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_operations_repeat_with_the_same_source_and_keep_the_shape(name):
    images = torch.rand(4, 3, 16, 16)
    first, second = augment(images, [name], source()), augment(images, [name], source())
    assert first.shape == images.shape
    assert torch.equal(first, second)
    assert not torch.equal(first, augment(images, [name], source(1)))


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_gradients_pass_through_every_operation(name):
    images = torch.rand(4, 3, 16, 16, requires_grad=True)
    augment(images, [name], source()).sum().backward()
    assert images.grad is not None
    assert images.grad.abs().sum() > 0


def test_no_policy_changes_nothing():
    images = torch.rand(2, 3, 8, 8)
    assert torch.equal(augment(images, [], source()), images)


def test_translation_only_shows_values_that_were_there():
    images = torch.arange(256.0).reshape(1, 1, 16, 16).expand(3, 3, -1, -1)
    assert set(augment(images, ["translation"], source()).flatten().tolist()) <= set(images.flatten().tolist())
