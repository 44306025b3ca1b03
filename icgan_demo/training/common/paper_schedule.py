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


def paper_rate(update: int) -> float:
    """Return the learning rate of an update, 0 for the first: divided by ``DECAY`` after each, never below the last.

    Source: Mirza and Osindero 2014, section 4.1; the last rate is reached after about 287,800 updates.
    """
    assert update >= 0, update
    return max(LAST_RATE, FIRST_RATE * math.exp(-update * math.log(DECAY)))  # DECAY ** update may overflow


def paper_momentum(update: int, updates_per_epoch: int = UPDATES_PER_EPOCH) -> float:
    """Return the momentum of an update: it rises in a line within ``MOMENTUM_EPOCHS``.

    The epoch counts whole passes over the data, as the parent code changes the momentum between passes.

    Args:
        update: 0 for the first.
        updates_per_epoch: updates that see all pictures once.
    Source: Mirza and Osindero 2014, section 4.1; Goodfellow et al. 2014, the settings file for MNIST.
    """
    assert update >= 0, update
    assert updates_per_epoch >= 1, updates_per_epoch
    begin, end = MOMENTUM_EPOCHS
    risen = (update // updates_per_epoch - begin) / (end - begin)
    return FIRST_MOMENTUM + (LAST_MOMENTUM - FIRST_MOMENTUM) * min(1.0, max(0.0, risen))
