"""An approximate index for many rows: they lie in cells, and a search looks into those nearest to its query.

Rows in a cell are kept in a byte a number, in files of bounded size that are mapped into memory; what they name is
compared exactly afterwards. How many cells a search must look into is measured when the index is built.

Source: Sivic and Zisserman 2003 (inverted file), Jégou et al. 2011; faiss's IndexIVFScalarQuantizer.
"""

import json
import logging
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from icgan_demo.atomic_files import atomic_write
from icgan_demo.config import INDEX_PLAN, IndexPlan
from icgan_demo.errors import IndexFileError, RequestError, WeightsError
from icgan_demo.guards.weights_file import sha256_of
from icgan_demo.index.lookup import faiss, one_thread, search
from icgan_demo.index.rows import Rows
from icgan_demo.weights.tensor_files import save_json

logger = logging.getLogger(__name__)

SCHEMA, KIND = 1, "cells"
MANIFEST = "index.json"
MAX_MANIFEST_BYTES = 1 << 20
FETCHED, FETCHED_MORE = 3, 20
"""Candidates compared exactly for one neighbour, and further ones: a byte a number puts near ones out of order."""

Report = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and how much there is."""


@dataclass(frozen=True)
class CellsRecord:
    """What the manifest of an index says."""

    rows: int
    dim: int
    key: str
    """Of the rows that are in it."""
    cells: int
    probes: int
    """Cells that a search looks into."""
    recall: float
    """Share of the true neighbours found, measured after building."""
    judged: int
    queries: int
    seconds: float
    """That building took."""
    files: dict[str, dict[str, Any]]
    """Size and SHA-256 of each file, in the order of their rows."""


class CellLookup:
    """Implements ``Lookup`` for an index on disk."""

    def __init__(self, segments: list[Any], probes: int, rows: int) -> None:
        self._segments = segments
        self._probes = probes
        self._rows = rows

    def fetched(self, count: int) -> int:
        """See ``Lookup.fetched``."""
        return FETCHED * count + FETCHED_MORE

    def candidates(self, queries: Tensor, count: int) -> Tensor:
        """See ``Lookup.candidates``; looks into more cells where those planned hold too few rows."""
        cells, probes = self._segments[0].nlist, self._probes
        while True:
            found = self._found(queries, count, min(probes, cells))
            if probes >= cells or bool((found >= 0).all()):
                return found
            probes *= 2

    def all_above(self, query: Tensor, cosine: float) -> None:
        """See ``Lookup.all_above``."""

    def _found(self, queries: Tensor, count: int, probes: int) -> Tensor:
        with one_thread():
            parameters = faiss.SearchParametersIVF(nprobe=probes)
            results = [segment.search(queries.numpy(), count, params=parameters) for segment in self._segments]
        cosines, rows = (torch.cat([torch.from_numpy(one[part]) for one in results], dim=1) for part in (0, 1))
        if len(results) > 1:
            rows = rows.gather(1, cosines.topk(count, dim=1).indices)
        return rows.masked_fill(rows >= self._rows, -1)  # what stands in a mapped file is not believed


def build_cells(
    rows: Rows, folder: Path, plan: IndexPlan = INDEX_PLAN, report: Report = lambda *_: None
) -> CellsRecord:
    """Write an index of ``rows`` into ``folder`` and return its record, which is written last.

    The memory it takes is bounded: a segment of rows, a byte a number, and the rows that the cells are learned from.

    Raises:
        IndexFileError: if the index would find less than ``plan.least`` of the true neighbours.
        RequestError: if faiss is missing.
        WeightsError: if the files cannot be written.
    """
    if faiss is None:
        raise RequestError(f"An index of {len(rows):,} rows needs faiss. Install faiss-cpu.")
    started = time.monotonic()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST).unlink(missing_ok=True)  # from here until the end there is no index
    files = [_segment_name(number) for number in range(math.ceil(len(rows) / plan.segment_rows))]
    empty = _learned(rows, plan, report)
    segment, place = faiss.clone_index(empty), 0
    for start, block in rows.blocks(1 << 14):
        for part in _cut(start, block, plan.segment_rows):
            segment.add_with_ids(part.numpy(), torch.arange(start, start + len(part)).numpy())
            start += len(part)
            if start % plan.segment_rows == 0 or start == len(rows):
                _write_segment(segment, folder / files[place])
                segment, place = faiss.clone_index(empty), place + 1
        report("Filling cells", start, len(rows))
    del segment
    opened = [_mapped(folder / file) for file in files]
    probes, recall = _measured(rows, opened, plan, report)
    if recall < plan.least:
        raise _too_little(recall, plan.least, probes)
    said = {file: {"size": (folder / file).stat().st_size, "sha256": sha256_of(folder / file)} for file in files}
    seconds = round(time.monotonic() - started, 1)
    judged, queries = min(plan.judged, len(rows) - 1), min(plan.queries, len(rows))
    record = CellsRecord(
        len(rows), rows.dim, rows.key, empty.nlist, probes, round(recall, 4), judged, queries, seconds, said
    )
    save_json({"schema": SCHEMA, "kind": KIND, **asdict(record)}, folder / MANIFEST)
    logger.info("index: %d rows, recall %.3f with %d of %d cells", len(rows), recall, probes, empty.nlist)
    return record


def open_cells(folder: Path, rows: Rows, least: float = IndexPlan.least) -> CellLookup:
    """Return the index in ``folder``, which must be one of ``rows``.

    Raises:
        IndexFileError: if it is missing, damaged, of other rows, or finds less than ``least`` of the true neighbours.
        RequestError: if faiss is missing.
    """
    if faiss is None:
        raise RequestError(f"An index of {len(rows):,} rows needs faiss. Install faiss-cpu.")
    record = read_record(folder)
    if (record.rows, record.dim, record.key) != (len(rows), rows.dim, rows.key):
        raise IndexFileError("The index is one of other images. Build it again.")
    if not record.recall >= least:
        raise _too_little(record.recall, least, record.probes)
    for file, said in record.files.items():
        path = folder / file
        if not path.is_file() or path.stat().st_size != said["size"]:
            raise IndexFileError(f"{file} is missing or incomplete. Build the index again.")
    return CellLookup([_mapped(folder / file) for file in record.files], record.probes, len(rows))


def read_record(folder: Path) -> CellsRecord:
    """Return what the manifest of an index says; raises IndexFileError if there is none that can be read."""
    try:
        with (folder / MANIFEST).open("rb") as stream:
            said = json.loads(stream.read(MAX_MANIFEST_BYTES))
        is_known = said.pop("schema") == SCHEMA and said.pop("kind") == KIND
        record = CellsRecord(**said)
        sizes = [file["size"] for file in record.files.values()]
        numbers = [record.rows, record.dim, record.cells, record.probes, *sizes]
        is_sound = is_known and all(type(number) is int and number > 0 for number in numbers)
        is_sound &= list(record.files) == [_segment_name(number) for number in range(len(record.files))]
        is_sound &= bool(record.files) and isinstance(record.recall, float | int)
    except (OSError, ValueError, RecursionError, LookupError, TypeError, AttributeError) as error:
        raise IndexFileError("The index is missing or damaged. Build it again.") from error
    if not is_sound:
        raise IndexFileError("The index is not one of this version. Build it again.")
    return record


def true_neighbours(rows: Rows, own: Tensor, count: int, report: Callable[[int], None] = lambda done: None) -> Tensor:
    """Return the rows nearest to some of the rows (Q,), int64 (Q, count), themselves left out, in bounded memory."""
    queries = rows.take(own)
    best = torch.full((len(own), count), -torch.inf)
    kept = torch.full((len(own), count), -1)
    for start, block in rows.blocks(1 << 14):
        cosines = queries @ block.T
        inside = (own >= start) & (own < start + len(block))
        cosines[inside, own[inside] - start] = -torch.inf
        near = cosines.topk(min(count, len(block)), dim=1)
        best, order = torch.cat([best, near.values], dim=1).topk(count, dim=1)
        kept = torch.cat([kept, near.indices + start], dim=1).gather(1, order)
        report(start + len(block))
    return kept


def _learned(rows: Rows, plan: IndexPlan, report: Report) -> Any:
    """Return an empty index whose cells' centres were learned from some of the rows."""
    cells = plan.cells(len(rows))
    report("Learning cells", 0, 1)
    source = torch.Generator().manual_seed(0)
    chosen = torch.randperm(len(rows), generator=source)[: cells * plan.learned_from].sort().values
    centres = faiss.IndexFlatIP(rows.dim)
    empty = faiss.IndexIVFScalarQuantizer(
        centres, rows.dim, cells, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT
    )
    empty.cp.niter, empty.cp.min_points_per_centroid = plan.iterations, 1
    empty.train(rows.take(chosen).numpy())
    report("Learning cells", 1, 1)
    return empty


def _cut(start: int, block: Tensor, size: int) -> Iterator[Tensor]:
    """Yield a block that begins at a row in parts that end where a segment does."""
    while len(block):
        length = size - start % size
        yield block[:length]
        start, block = start + length, block[length:]


def _write_segment(segment: Any, path: Path) -> None:
    try:
        with atomic_write(path, durable=True) as scratch:
            faiss.write_index(segment, str(scratch))
    except (OSError, RuntimeError) as error:  # faiss raises the latter for a disk that is full
        raise WeightsError(f"{path.name} could not be written. Is the disk full or read-only?") from error


def _mapped(path: Path) -> Any:
    """Return a segment whose lists stay on disk until they are looked into."""
    try:
        segment = faiss.read_index(str(path), faiss.IO_FLAG_MMAP)
    except RuntimeError as error:
        raise IndexFileError(f"{path.name} is damaged. Build the index again.") from error
    faiss.downcast_InvertedLists(segment.invlists).prefetch_nthread = 0  # its threads cost more than they bring
    return segment


def _measured(rows: Rows, segments: list[Any], plan: IndexPlan, report: Report) -> tuple[int, float]:
    """Return the fewest cells to look into that find enough of the true neighbours, and what share they find."""
    source = torch.Generator().manual_seed(1)
    own = torch.randperm(len(rows), generator=source)[: plan.queries].sort().values
    count = min(plan.judged, len(rows) - 1)
    truth = true_neighbours(rows, own, count, lambda done: report("Measuring recall", done, len(rows)))
    queries, cells = rows.take(own), segments[0].nlist
    most = min(cells, plan.most_probes)
    steps = [step for power in range(most.bit_length()) for step in (2**power, 3 * 2**power // 2) if step < most]
    for probes in [*sorted(set(steps)), most]:
        found, _ = search(rows, CellLookup(segments, probes, len(rows)), queries, count, own=own)
        recall = float((found[:, :, None] == truth[:, None, :]).any(2).float().mean())
        if recall >= plan.aim:
            break
    return probes, recall


def _too_little(recall: float, least: float, probes: int) -> IndexFileError:
    return IndexFileError(
        f"The index finds {recall:.0%} of the nearest images, less than {least:.0%}. "
        f"Build it again with --most-probes {2 * probes}: a search then takes longer and finds more."
    )


def _segment_name(number: int) -> str:
    return f"cells-{number:03d}.faiss"
