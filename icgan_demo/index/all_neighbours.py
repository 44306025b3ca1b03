"""All rows with all others: the neighbourhoods that training draws from."""

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import torch
from torch import Tensor

from icgan_demo.config import INDEX_PLAN, IndexPlan
from icgan_demo.errors import IndexFileError, RequestError, WeightsError
from icgan_demo.guards.weights_file import load_tensors
from icgan_demo.index.cells import build_cells, open_cells
from icgan_demo.index.lookup import ExactLookup, Lookup, faiss, search
from icgan_demo.index.rows import MemoryRows, Rows
from icgan_demo.weights.tensor_files import save_tensors

PART = 1 << 14
"""Rows whose neighbours are written at a time."""


def find_neighbours(
    features: Tensor,
    count: int,
    keep: Path | None = None,
    plan: IndexPlan = INDEX_PLAN,
    report: Callable[[int, int], None] = lambda done, total: None,
) -> Tensor:
    """Return the row numbers of each feature's nearest others, nearest first.

    Equal cosines are ordered by row number, so the answer does not depend on faiss, threads or block size. Above
    ``plan.exact_up_to`` rows it is found in cells, and a few neighbours may be missed: see ``IndexPlan.aim``.

    Args:
        features: unit-length rows, shape (N, D), float32.
        count: neighbours per row, 1 <= count < N; a row is never its own neighbour, but its exact copies are.
        keep: a folder for what was found: another call with the same features continues there; None keeps nothing.
        report: told how many rows of how many are done.
    Returns:
        int64 tensor of shape (N, count).
    Raises:
        RequestError: if count does not fit N.
    Source: IC-GAN section 3, conditioning on the neighbourhood without the instance itself.
    """
    total = len(features)
    if not 1 <= count < total:
        raise RequestError(f"Neighbours per image must be between 1 and {total - 1} for {total} images, got {count}.")
    rows = MemoryRows(features)
    if keep is None:
        with _lookup(rows, None, plan) as lookup:
            return _linked(rows, lookup, count, None, report)
    name = hashlib.sha256(f"{rows.key}, {count}, {plan}".encode()).hexdigest()[:24]
    path, parts = keep / f"{name}.safetensors", keep / f"{name}.parts"
    known = _read(path, total, count)
    if known is None:
        with _lookup(rows, parts, plan) as lookup:
            known = _linked(rows, lookup, count, parts, report)
        save_tensors({"neighbours": known.int()}, path)
    shutil.rmtree(parts, ignore_errors=True)
    return known


def _linked(rows: Rows, lookup: Lookup, count: int, parts: Path | None, report: Callable[[int, int], None]) -> Tensor:
    """Return the neighbours of all rows; parts that lie in ``parts`` are taken from there, others written there."""
    found = []
    for start, block in rows.blocks(PART):
        path = None if parts is None else parts / f"{start:010d}.safetensors"
        part = None if path is None else _read(path, len(block), count)
        if part is None:
            part, _ = search(rows, lookup, block, count, own=torch.arange(start, start + len(block)))
            if path is not None:
                save_tensors({"neighbours": part.int()}, path)
        found.append(part)
        report(start + len(block), len(rows))
    return torch.cat(found)


def _read(path: Path, rows: int, count: int) -> Tensor | None:
    """Return neighbours that were written before, int64 (rows, count); None if they are not there, or torn."""
    try:
        return load_tensors(path, {"neighbours": ((rows, count), "I32")})["neighbours"].long()
    except WeightsError:
        return None


@contextmanager
def _lookup(rows: MemoryRows, folder: Path | None, plan: IndexPlan) -> Iterator[Lookup]:
    """Yield what finds candidates among rows; an index that takes files puts them below ``folder``."""
    if len(rows) <= plan.exact_up_to or faiss is None:
        yield ExactLookup(rows)
        return
    with tempfile.TemporaryDirectory() if folder is None else nullcontext(folder) as place:
        cells = Path(place) / "cells"
        try:
            lookup = open_cells(cells, rows, plan.least)
        except IndexFileError:  # not there yet
            build_cells(rows, cells, plan)
            lookup = open_cells(cells, rows, plan.least)
        yield lookup
