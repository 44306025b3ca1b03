"""The figure of consistency, by hand-computed values."""

import pytest
import torch

from benchmarks.directions import consistency


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([[1.0, 0.0], [3.0, 0.0], [0.5, 0.0]], 1.0),
        ([[1.0, 0.0], [0.0, 2.0]], 0.0),
        ([[1.0, 1.0], [-2.0, -2.0]], -1.0),
        ([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]], 1 / 3),
    ],
)
def test_it_is_the_mean_cosine_between_different_changes(changes, expected):
    assert consistency(torch.tensor(changes)) == pytest.approx(expected, abs=1e-6)
