"""How rates and weights change over a run; each is a number for one step."""

import math

from icgan_demo.config import Decay, TrainConfig


def rate_factor(train: TrainConfig, step: int) -> float:
    """Return the factor of both learning rates at ``step`` (from 0): linear warm-up, then the decay."""
    if step < train.warmup:
        return (step + 1) / train.warmup
    done = min(1.0, (step - train.warmup) / max(1, train.steps - train.warmup))
    match train.decay:
        case Decay.LINEAR:
            return 1.0 - done
        case Decay.COSINE:
            return 0.5 * (1 + math.cos(math.pi * done))
        case _:
            return 1.0


def r1_weight(train: TrainConfig, step: int) -> float:
    """Return the weight of the gradient penalty at ``step``, linear from ``r1_gamma`` to ``r1_gamma_end``."""
    if train.r1_gamma_end is None:
        return train.r1_gamma
    return train.r1_gamma + (train.r1_gamma_end - train.r1_gamma) * min(1.0, step / train.steps)
