"""Features with their encoder's identity, ready to be searched, and kept as a file."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from icgan_demo.config import INDEX_PLAN, IndexPlan
from icgan_demo.errors import IndexFileError, RequestError, WeightsError
from icgan_demo.guards.weights_file import load_tensors
from icgan_demo.index.cells import open_cells
from icgan_demo.index.lookup import ExactLookup, Lookup, search
from icgan_demo.index.rows import MemoryRows, Rows
from icgan_demo.weights.bank_folder import BankManifest, StoredRows
from icgan_demo.weights.tensor_files import save_json, save_tensors

SCHEMA = 1
MAX_LIST_BYTES = 64 << 20


class NeighbourIndex:
    """The features of some pictures, with the identity of the encoder that made them, ready to be searched.

    Whether every row is compared or those of some cells makes no difference to who searches.
    """

    def __init__(self, features: Tensor, encoder: str, names: Sequence[str] = ()) -> None:
        """Keep ``features`` (N, D), unit-length float32; ``names``, if given, says what each row is."""
        assert not names or len(names) == len(features), (len(names), len(features))
        rows = MemoryRows(features)
        self._rows: Rows = rows
        self._lookup: Lookup = ExactLookup(rows)
        self.encoder = encoder
        self.names = tuple(names)

    @classmethod
    def of_folder(cls, folder: Path, manifest: BankManifest, plan: IndexPlan = INDEX_PLAN) -> "NeighbourIndex":
        """Return the rows of a bank's folder: few of them in memory, many mapped and found by the index beside them.

        Raises:
            IndexFileError: if a file is missing or damaged, or many rows have no index that is good enough.
        """
        stored = StoredRows(folder, manifest)
        if len(stored) <= plan.exact_up_to:
            return cls(stored.take(torch.arange(len(stored))), manifest.encoder)
        index = cls(torch.empty(0, manifest.dim), manifest.encoder)
        index._rows, index._lookup = stored, open_cells(folder, stored, plan.least)
        return index

    def __len__(self) -> int:
        return len(self._rows)

    def take(self, rows: Tensor | Sequence[int]) -> Tensor:
        """Return the features of some rows (N,), float32 (N, D)."""
        return self._rows.take(torch.as_tensor(rows))

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
        rows, cosines = search(self._rows, self._lookup, queries, count)
        return rows, cosines.float()

    def save(self, path: Path) -> None:
        """Write the features to ``path`` (.safetensors) and what they are beside it (.json); the latter comes last.

        Raises:
            WeightsError: if they cannot be written.
        """
        record = save_tensors({"features": self.take(torch.arange(len(self)))}, path)
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
