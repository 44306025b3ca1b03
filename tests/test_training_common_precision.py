"""Whether bfloat16 pays is found by timing, where a processor can do it at all."""

from typing import ClassVar

import pytest
import torch
from torch import nn

from icgan_demo.training.common.precision import bf16_pays


class Counting(nn.Module):
    """Counts how often it is asked, by the arithmetic it is asked in."""

    asked: ClassVar[list[bool]] = []

    def __init__(self):
        super().__init__()
        self.layer = nn.Conv2d(3, 2, 1)

    def forward(self, images):
        """Return a convolution of the images."""
        self.asked.append(torch.is_autocast_enabled("cpu"))
        return self.layer(images)


@pytest.mark.parametrize(("capability", "passes"), [("AVX2", []), ("AVX512", [False] * 3 + [True] * 3)])
def test_a_processor_without_instructions_for_it_is_not_timed(monkeypatch, capability, passes):
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: capability)
    monkeypatch.setattr(Counting, "asked", [])
    pays = bf16_pays(Counting(), 8, "cpu", batch_size=2)
    assert Counting.asked == passes
    assert not (pays and not passes)
