"""Whether bfloat16 arithmetic pays on this machine, found by timing it once where there are instructions for it."""

import copy
import logging
import time

import torch
from torch import nn

logger = logging.getLogger(__name__)


def bf16_pays(network: nn.Module, side: int, device: str, batch_size: int = 16, channels: int = 3) -> bool:
    """Return whether a forward and backward pass of ``network`` is faster under bfloat16 autocast than without.

    Args:
        network: takes images (N, channels, side, side); a copy is timed, so nothing of it changes.
    """
    if device != "cpu":
        return torch.cuda.is_bf16_supported()
    if torch.backends.cpu.get_cpu_capability() == "AVX2":
        return False  # timing what such a processor can only imitate would take seconds of a training's start
    twin = copy.deepcopy(network)
    images = torch.randn(batch_size, channels, side, side).contiguous(memory_format=torch.channels_last)

    def seconds(enabled: bool) -> float:
        best = float("inf")
        for _ in range(3):  # the first pass also pays for set-up
            start = time.perf_counter()
            with torch.autocast("cpu", torch.bfloat16, enabled=enabled):
                result = twin(images)
            result.float().square().mean().backward()
            best = min(best, time.perf_counter() - start)
        return best

    plain, half = seconds(False), seconds(True)
    logger.info("one pass takes %.3f s in float32, %.3f s in bfloat16", plain, half)
    return half < plain
