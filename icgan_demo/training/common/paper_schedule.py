"""The rates at which the networks of Mirza and Osindero 2014 were trained by stochastic gradient descent."""

import math

FIRST_RATE, LAST_RATE = 0.1, 1e-6
DECAY = 1.00004
"""The rate is divided by it after every update. (The code of the unconditional GAN of 2014 decays ten times slower.)"""
FIRST_MOMENTUM, LAST_MOMENTUM = 0.5, 0.7
MOMENTUM_EPOCHS = (1, 250)
"""Epochs between which the momentum rises linearly; the paper gives the two values, its parent code the epochs."""
UPDATES_PER_EPOCH = 500
"""50,000 pictures in batches of 100."""


def paper_rate(update: int, first: float = FIRST_RATE, decay: float = DECAY, last: float = LAST_RATE) -> float:
    """Return the learning rate of an update: ``first`` divided by ``decay`` once per update, never below ``last``.

    Args:
        update: 0 for the first.
    Source: Mirza and Osindero 2014, section 4.1; the last rate is reached after about 287,800 updates.
    """
    assert update >= 0, update
    return max(last, first * math.exp(-update * math.log(decay)))  # decay ** update overflows for a mistyped decay


def paper_momentum(
    update: int,
    updates_per_epoch: int = UPDATES_PER_EPOCH,
    first: float = FIRST_MOMENTUM,
    last: float = LAST_MOMENTUM,
    epochs: tuple[int, int] = MOMENTUM_EPOCHS,
) -> float:
    """Return the momentum of an update: ``first`` until the first of ``epochs``, then rising in a line to ``last``.

    The epoch counts whole passes over the data, as the parent code changes the momentum between passes.

    Args:
        update: 0 for the first.
        updates_per_epoch: updates that see all pictures once.
    Source: Mirza and Osindero 2014, section 4.1; Goodfellow et al. 2014, the settings file for MNIST.
    """
    assert update >= 0, update
    assert updates_per_epoch >= 1, updates_per_epoch
    begin, end = epochs
    risen = (update // updates_per_epoch - begin) / (end - begin)
    return first + (last - first) * min(1.0, max(0.0, risen))
