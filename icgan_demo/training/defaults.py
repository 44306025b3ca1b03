"""What is chosen by the number of pictures; nothing here needs torch."""

import math


def default_neighbours(count: int) -> int:
    """Return a sensible neighbourhood size for ``count`` pictures: a fifth of them, 3 to 20."""
    return min(20, max(3, count // 5), count - 1)


def default_clusters(count: int) -> int:
    """Return a sensible number of clusters of ``count`` pictures: their square root, so that a cluster has as many."""
    return min(max(2, math.isqrt(count)), count - 1)


def default_batch(count: int) -> int:
    """Return the pictures per update when a model learns ``count`` new ones: about half of them, 16 to 64, in eights.

    Few pictures change a model sooner by many small updates than by few large ones.
    """
    return 8 * min(8, max(2, count // 16))
