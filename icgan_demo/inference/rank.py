"""Best of N: which candidates are drawn, and which of them stay."""

from collections.abc import Sequence


def keep_nearest(cosines: Sequence[float], count: int) -> list[int]:
    """Return the positions of the ``count`` largest cosines, largest first; of equal ones, the earlier.

    Source: the ranking of the official IC-GAN demo; between unit features, cosine and Euclidean order agree.
    """
    return sorted(range(len(cosines)), key=lambda position: -cosines[position])[:count]
