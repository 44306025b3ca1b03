"""Shards of a bank's folder made by the workers of a Ray cluster, each with an encoder of its own."""

import itertools
from collections import deque
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from icgan_demo.config import EmbedPlan
from icgan_demo.inference.instance_model import InstanceModel
from icgan_demo.inference.loading import load_model
from icgan_demo.service.banks.bank_streaming import Shard, ShardsFrom, shards_of
from icgan_demo.service.cluster.ray_cluster import RETRIES, as_here, processors
from icgan_demo.service.picture_sources import pictures_of

WAITING = 2
"""Shards for each processor that are asked for at a time: nobody waits for work, and memory stays bounded."""


def shards_by_ray(sources: Sequence[Path], model: str, plan: EmbedPlan) -> ShardsFrom:
    """Return what makes shards on the cluster that ``ray_cluster.connect`` has found.

    Which worker makes a shard does not matter; Ray gives the shard of one that is lost to another. Each worker reads
    the pictures itself, passing over the names of those before its shard.

    Args:
        sources: as in ``embed_into``; every machine must see them under these paths, absolute ones.
        model: as ``load_model`` takes it, on every machine.
    """
    import ray

    work = ray.remote(num_cpus=1, max_retries=RETRIES)(_shard)

    def shards_from(first: int) -> Iterator[Shard]:
        starts = itertools.count(first, plan.shard_pictures)
        asked = deque(work.remote(sources, model, plan, next(starts)) for _ in range(WAITING * processors()))
        # What is still asked for at the end is let go, not cancelled: see docs/decisions.md.
        while (shard := as_here(lambda: ray.get(asked[0]))) is not None:
            asked.popleft()
            asked.append(work.remote(sources, model, plan, next(starts)))
            yield shard

    return shards_from


def _shard(sources: Sequence[Path], model: str, plan: EmbedPlan, first: int) -> Shard | None:
    """Return the shard that begins with a picture, None if there is no such picture; runs on a worker."""
    found = itertools.islice(pictures_of(sources, first), first, None)
    return next(shards_of(found, _model(model), plan), None)


@cache
def _model(name: str) -> InstanceModel:
    return load_model(name)
