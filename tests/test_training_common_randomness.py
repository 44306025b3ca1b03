"""Every random choice of a run derives from (seed, step, purpose)."""

import torch

from icgan_demo.training.common.randomness import ShuffledPasses


def test_each_pass_has_every_row_once_in_an_order_of_its_own():
    first, second = ShuffledPasses(10, seed=3).rows(0, 20).split(10)
    assert first.sort().values.equal(torch.arange(10))
    assert second.sort().values.equal(torch.arange(10))
    assert not first.equal(second)


def test_rows_are_the_same_however_they_are_asked_for():
    whole = ShuffledPasses(7, seed=1).rows(0, 30)
    passes = ShuffledPasses(7, seed=1)
    assert torch.cat([passes.rows(20, 10), passes.rows(0, 20)]).roll(20).equal(whole)
    assert torch.cat([passes.rows(first, 5) for first in range(0, 30, 5)]).equal(whole)
