"""Exact cosine neighbours over unit features; faiss finds the candidates, torch does where faiss is missing."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from icgan_demo.errors import IndexFileError, RequestError, WeightsError
from icgan_demo.guards.weights_file import load_tensors
from icgan_demo.weights.files import save_json, save_tensors

try:
    import faiss
except ImportError:  # training machines may go without it; the results are the same
    faiss = None  # type: ignore[assignment]

SCHEMA = 1
MAX_LIST_BYTES = 64 << 20
SPARE = 8
"""Candidates fetched beyond those asked for, so that a tie at the edge is seen."""
ROUNDING = 1e-5
"""More than the rounding error of a float32 cosine: candidates nearer together than this are compared in float64."""
BLOCK = 1024
"""Queries compared at a time; below this, faiss falls to a quarter of its speed."""
GATHERED = 1 << 21
"""Candidate values compared in float64 at a time, which bounds the memory."""


def find_neighbours(features: Tensor, count: int) -> Tensor:
    """Return the row numbers of each feature's nearest others, nearest first.

    Equal cosines are ordered by row number, so the answer does not depend on faiss, threads or block size.

    Args:
        features: unit-length rows, shape (N, D), float32.
        count: neighbours per row, 1 <= count < N; a row is never its own neighbour, but its exact copies are.
    Returns:
        int64 tensor of shape (N, count).
    Raises:
        RequestError: if count does not fit N.
    Source: IC-GAN section 3, conditioning on the neighbourhood without the instance itself.
    """
    total = len(features)
    if not 1 <= count < total:
        raise RequestError(
            f"Neighbours per picture must be between 1 and {total - 1} for {total} pictures, got {count}."
        )
    rows, _ = _search(features, features, count, own=torch.arange(total))
    return rows


class NeighbourIndex:
    """The features of some pictures, with the identity of the encoder that made them, ready to be searched."""

    def __init__(self, features: Tensor, encoder: str, names: Sequence[str] = ()) -> None:
        """Keep ``features`` (N, D), unit-length float32; ``names``, if given, says what each row is."""
        assert features.ndim == 2, features.shape
        assert features.dtype == torch.float32, features.dtype
        assert not names or len(names) == len(features), (len(names), len(features))
        self.features = features.contiguous()
        self.encoder = encoder
        self.names = tuple(names)

    def __len__(self) -> int:
        return len(self.features)

    def search(self, queries: Tensor, count: int) -> tuple[Tensor, Tensor]:
        """Return the nearest rows, int64 (Q, count), and their cosines, float32 (Q, count), nearest first.

        Args:
            queries: unit-length rows of the same encoder, shape (Q, D), float32.
            count: 1 <= count <= N.
        Raises:
            RequestError: if count does not fit N.
        """
        if not 1 <= count <= len(self):
            raise RequestError(f"Neighbours must be between 1 and {len(self)}, got {count}.")
        rows, cosines = _search(self.features, queries, count)
        return rows, cosines.float()

    def save(self, path: Path) -> None:
        """Write the features to ``path`` (.safetensors) and what they are beside it (.json); the latter comes last.

        Raises:
            WeightsError: if they cannot be written.
        """
        record = save_tensors({"features": self.features}, path)
        listing = {"schema": SCHEMA, "kind": "index", "encoder": self.encoder, "sha256": record.sha256}
        save_json(listing | {"names": self.names}, path.with_suffix(".json"))

    @classmethod
    def load(cls, path: Path, encoder: str) -> "NeighbourIndex":
        """Return the index saved at ``path`` (.safetensors), which must come from ``encoder``.

        Raises:
            IndexFileError: if a file is missing or damaged, or if another encoder made the features.
        """
        listing = _read_listing(path.with_suffix(".json"))
        if listing["encoder"] != encoder:
            raise IndexFileError(
                f"{path.name} was made by another encoder ({listing['encoder']:.100}), not {encoder}. Build it again."
            )
        try:
            features = load_tensors(path, None, listing["sha256"])["features"]
        except (WeightsError, KeyError) as error:
            raise IndexFileError(f"{path.name} is missing or damaged. Build the index again.") from error
        names = listing["names"]
        if features.ndim != 2 or features.dtype != torch.float32 or len(names) not in (0, len(features)):
            raise IndexFileError(f"{path.name} does not hold what its list says. Build the index again.")
        return cls(features, encoder, names)


def _read_listing(path: Path) -> dict[str, Any]:
    """Return the checked content of an index's JSON file."""
    try:
        with path.open("rb") as stream:
            listing = json.loads(stream.read(MAX_LIST_BYTES))
        is_known = listing["schema"] == SCHEMA and listing["kind"] == "index" and isinstance(listing["names"], list)
        texts = [listing["encoder"], listing["sha256"], *listing["names"]]
    except (OSError, ValueError, RecursionError, LookupError, TypeError) as error:
        raise IndexFileError(f"{path.name} is missing or damaged. Build the index again.") from error
    if not is_known or not all(isinstance(text, str) for text in texts):
        raise IndexFileError(f"{path.name} does not describe an index of this version. Build the index again.")
    return listing


def _search(features: Tensor, queries: Tensor, count: int, own: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Return rows (Q, count) and float64 cosines (Q, count), nearest first; ``own`` (Q,) names rows to leave out."""
    fetch = min(len(features), count + (own is not None) + SPARE)
    rows, cosines = [], []
    lookup = _candidate_lookup(features)
    for start in range(0, len(queries), BLOCK):
        block = queries[start : start + BLOCK]
        left_out = own[start : start + BLOCK] if own is not None else torch.full((len(block),), -1)
        candidates = lookup(block, fetch)  # (B, fetch)
        exact = _exact_cosines(features, block, candidates, left_out)
        best, kept = _nearest(exact, candidates, count)
        if fetch < len(features):  # a row that was not fetched may equal the last kept one, or beat it by rounding
            edge = exact.masked_fill(exact == -torch.inf, torch.inf).amin(dim=1)
            for unsure in (edge > best[:, -1] - ROUNDING).nonzero().flatten().tolist():
                near = (features @ block[unsure] > best[unsure, -1] - ROUNDING).nonzero().flatten()[None]
                exact_near = _exact_cosines(features, block[unsure, None], near, left_out[unsure, None])
                best[unsure], kept[unsure] = (found[0] for found in _nearest(exact_near, near, count))
        rows.append(kept)
        cosines.append(best)
    return torch.cat(rows), torch.cat(cosines)


def _candidate_lookup(features: Tensor) -> Any:
    """Return a function (queries, count) -> int64 rows (Q, count) of the largest float32 products, in any order."""
    if faiss is None:
        return lambda queries, count: (queries @ features.T).topk(count).indices
    index = faiss.IndexFlatIP(features.shape[1])
    index.add(features.numpy())

    def lookup(queries: Tensor, count: int) -> Tensor:
        with _one_thread():
            return torch.from_numpy(index.search(queries.contiguous().numpy(), count)[1])

    return lookup


@contextmanager
def _one_thread() -> Iterator[None]:
    """Keep faiss to one thread inside: a pool beside torch's costs more than it brings, 16 ms for a query of 1 ms.

    Both may share one OpenMP, so the number is given back: torch would continue with one thread ever after.
    """
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(threads)


def _exact_cosines(features: Tensor, queries: Tensor, candidates: Tensor, own: Tensor) -> Tensor:
    """Return float64 cosines (Q, C) of each query with its candidates; -inf for its own row.

    The ninth decimal is the last one kept: below it the order of summation decides, above it only the numbers do.
    """
    at_once = max(1, GATHERED // (candidates.shape[1] * features.shape[1]))
    cosines = torch.cat(
        [
            torch.bmm(features[rows].double(), block.double()[:, :, None]).squeeze(2)
            for rows, block in zip(candidates.split(at_once), queries.split(at_once), strict=True)
        ]
    )
    return cosines.round(decimals=9).masked_fill(candidates == own[:, None], -torch.inf)


def _nearest(cosines: Tensor, candidates: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Return the ``count`` largest cosines and their rows; equal cosines in row order."""
    by_row = candidates.argsort(dim=1)
    order = by_row.gather(1, cosines.gather(1, by_row).argsort(dim=1, descending=True, stable=True))[:, :count]
    return cosines.gather(1, order), candidates.gather(1, order)
