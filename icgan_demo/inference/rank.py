"""Best of N: which candidates are drawn, and which of them stay."""

from collections.abc import Sequence

SEEDS = 2**31


def candidate_seeds(base: int, count: int, best_of: int = 1) -> list[int]:
    """Return the seeds of ``count * best_of`` candidates: (base + i) mod 2^31, so that more continue fewer."""
    return [(base + index) % SEEDS for index in range(count * best_of)]


def keep_nearest(cosines: Sequence[float], count: int) -> list[int]:
    """Return the positions of the ``count`` largest cosines, largest first; of equal ones, the earlier.

    Source: the ranking of the official IC-GAN demo; between unit features, cosine and Euclidean order agree.
    """
    return sorted(range(len(cosines)), key=lambda position: -cosines[position])[:count]
