"""Candidates for the nearest rows, and the search that decides among them in float64."""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import torch
from torch import Tensor

from icgan_demo.index.rows import MemoryRows, Rows

faiss: Any  # its annotations know only some of what it has
try:
    faiss = importlib.import_module("faiss")
except ImportError:  # training machines may go without it; exact results are the same
    faiss = None

SPARE = 8
"""Candidates fetched beyond those asked for, so that a tie at the edge is seen."""
ROUNDING = 1e-5
"""More than the rounding error of a float32 cosine: candidates nearer together than this are compared in float64."""
BLOCK = 1024
"""Queries compared at a time; below this, faiss falls to a quarter of its speed."""
GATHERED = 1 << 21
"""Candidate values compared in float64 at a time, which bounds the memory."""


class Lookup(Protocol):
    """Finds rows that may be the nearest ones."""

    def fetched(self, count: int) -> int:
        """Return how many candidates ``count`` neighbours take."""

    def candidates(self, queries: Tensor, count: int) -> Tensor:
        """Return int64 rows (Q, count) near to queries (Q, D), in any order; -1 where there are no more."""

    def all_above(self, query: Tensor, cosine: float) -> Tensor | None:
        """Return every row nearer to a query (D,) than a cosine; None if that is not known."""


class ExactLookup:
    """Implements ``Lookup`` by comparing with every row."""

    def __init__(self, rows: MemoryRows) -> None:
        self._features = rows.features

    def fetched(self, count: int) -> int:
        """See ``Lookup.fetched``."""
        return count + SPARE

    def candidates(self, queries: Tensor, count: int) -> Tensor:
        """See ``Lookup.candidates``."""
        if faiss is None:
            return (queries @ self._features.T).topk(count).indices
        with one_thread():
            found = faiss.knn(queries.numpy(), self._features.numpy(), count, metric=faiss.METRIC_INNER_PRODUCT)
        return torch.from_numpy(found[1])

    def all_above(self, query: Tensor, cosine: float) -> Tensor | None:
        """See ``Lookup.all_above``."""
        return (self._features @ query > cosine).nonzero().flatten()


def search(rows: Rows, lookup: Lookup, queries: Tensor, count: int, own: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Return the nearest rows, int64 (Q, count), and their cosines, float64 (Q, count), nearest first.

    Equal cosines are ordered by row number, so the answer does not depend on faiss, threads or block size.

    Args:
        queries: unit-length rows (Q, D), float32.
        count: at most as many as there are rows, one less with ``own``.
        own: row numbers (Q,) to leave out, one for each query.
    """
    fetch = min(len(rows), lookup.fetched(count + (own is not None)))
    found, cosines = [], []
    for start in range(0, len(queries), BLOCK):
        block = queries[start : start + BLOCK].contiguous()
        left_out = own[start : start + BLOCK] if own is not None else torch.full((len(block),), -1)
        candidates = lookup.candidates(block, fetch)  # (B, fetch)
        exact = _exact_cosines(rows, block, candidates, left_out)
        best, kept = _nearest(exact, candidates, count)
        if fetch < len(rows):  # a row that was not fetched may equal the last kept one, or beat it by rounding
            edge = exact.masked_fill(exact == -torch.inf, torch.inf).amin(dim=1)
            for unsure in (edge > best[:, -1] - ROUNDING).nonzero().flatten().tolist():
                near = lookup.all_above(block[unsure], float(best[unsure, -1]) - ROUNDING)
                if near is None:
                    break
                exact_near = _exact_cosines(rows, block[unsure, None], near[None], left_out[unsure, None])
                best[unsure], kept[unsure] = (one[0] for one in _nearest(exact_near, near[None], count))
        found.append(kept)
        cosines.append(best)
    return torch.cat(found), torch.cat(cosines)


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep faiss to one thread inside: a pool beside torch's costs more than it brings, 16 ms for a query of 1 ms.

    Both may share one OpenMP, so the number is given back: torch would continue with one thread ever after.
    """
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(threads)


def _exact_cosines(rows: Rows, queries: Tensor, candidates: Tensor, own: Tensor) -> Tensor:
    """Return float64 cosines (Q, C) of each query with its candidates; -inf for its own row and for none.

    The ninth decimal is the last one kept: below it the order of summation decides, above it only the numbers do.
    """
    at_once = max(1, GATHERED // (candidates.shape[1] * rows.dim))
    cosines = []
    for wanted, block in zip(candidates.split(at_once), queries.split(at_once), strict=True):
        taken = rows.take(wanted.flatten().clamp(min=0)).reshape(*wanted.shape, rows.dim)
        cosines.append(torch.bmm(taken.double(), block.double()[:, :, None]).squeeze(2))
    is_out = (candidates == own[:, None]) | (candidates < 0)
    return torch.cat(cosines).round(decimals=9).masked_fill(is_out, -torch.inf)


def _nearest(cosines: Tensor, candidates: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Return the ``count`` largest cosines and their rows; equal cosines in row order."""
    by_row = candidates.argsort(dim=1)
    order = by_row.gather(1, cosines.gather(1, by_row).argsort(dim=1, descending=True, stable=True))[:, :count]
    return cosines.gather(1, order), candidates.gather(1, order)
