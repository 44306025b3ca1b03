"""Seeds that a page asks for."""

import secrets

from icgan_demo.inference.rank import candidate_seeds
from icgan_demo.service.requests import MAX_SEED

SEEDS = 4
"""Pictures that a page of the studio draws at once."""


def random_seed() -> int:
    """Return a seed that nobody can guess."""
    return secrets.randbelow(MAX_SEED + 1)


def seeds_from(first: int | None, count: int = SEEDS) -> tuple[int, ...]:
    """Return seeds that follow each other, after the largest comes 0; None begins at random."""
    return tuple(candidate_seeds(random_seed() if first is None else first, count))
