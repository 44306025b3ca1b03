"""How fast banks of any size are searched, how long their index takes to build, and what it finds.

``python -m benchmarks.index COUNT... [--kinds exact cells hnsw] [--folder FOLDER] [--write]`` draws so many unit
vectors of 256 from a mixture that resembles the features of photos, writes them as a bank's folder, builds each kind of
index in a process of its own, and looks for rows one at a time. ``--write`` puts the rows into docs/scale.md.
``--mixture`` says instead how the mixture compares with the features of a file (``embed`` writes such).
"""

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor

from benchmarks.document import describe_machine, process_memory_mb, write_section
from icgan_demo.config import IndexPlan
from icgan_demo.index.cells import MANIFEST, build_cells, open_cells, read_record, true_neighbours
from icgan_demo.index.lookup import ExactLookup, Lookup, faiss, search
from icgan_demo.index.rows import MemoryRows, Rows
from icgan_demo.weights.bank_folder import (
    BankManifest,
    ShardNotes,
    ShardRows,
    StoredRows,
    read_manifest,
    shard_path,
    write_manifest,
    write_shard,
)

DOCUMENT = Path(__file__).parents[1] / "docs" / "scale.md"
DIM, FOUND, QUERIES = 256, 10, 300
SHARD = 1 << 14
KINDS = ("exact", "cells", "hnsw")
LINKS, WIDTH, BUILD_WIDTH = 32, (16, 32, 64, 128, 256, 512), 80
"""Of HNSW: links of a row, breadth of a search (the least that finds 0.99), breadth while building."""


class Mixture:
    """Unit vectors like the features of photos: kinds that lie in groups, each with its own 32 directions.

    How far a row lies from the centre of its kind differs a lot, which is what makes real features hard to search:
    most rows have near ones, some lie between everything.
    """

    KINDS, GROUPS, DIRECTIONS = 60, 10, 32
    TOGETHER = 0.8
    """Cosine of a kind's centre with its group's."""
    REACH, SPREAD = 1.5, 0.65
    """Distance of rows to their centre: the median, and the deviation of its logarithm."""

    def __init__(self, seed: int = 0) -> None:
        source = torch.Generator().manual_seed(seed)
        strength = torch.exp(-torch.arange(DIM) / 180.0)
        groups = F.normalize(torch.randn(self.GROUPS, DIM, generator=source) * strength, dim=1)
        own = F.normalize(torch.randn(self.KINDS, DIM, generator=source) * strength, dim=1)
        of_group = groups[torch.randint(self.GROUPS, (self.KINDS,), generator=source)]
        self._centres = F.normalize(self.TOGETHER * of_group + math.sqrt(1 - self.TOGETHER**2) * own, dim=1)
        directions = torch.randn(self.KINDS, self.DIRECTIONS, DIM, generator=source) * strength
        self._directions = F.normalize(directions, dim=2)

    def rows(self, count: int, seed: int) -> Tensor:
        """Return unit rows (count, 256), float32."""
        source = torch.Generator().manual_seed(seed)
        kinds = torch.randint(self.KINDS, (count,), generator=source).sort().values
        reach = self.REACH * torch.exp(self.SPREAD * torch.randn(count, 1, generator=source))
        along = torch.randn(count, self.DIRECTIONS, generator=source) * reach / math.sqrt(self.DIRECTIONS)
        away = torch.cat([along[kinds == kind] @ self._directions[kind] for kind in range(self.KINDS)])
        rows = F.normalize(self._centres[kinds] + away, dim=1)
        return rows[torch.randperm(count, generator=source)]


def main() -> None:
    """Measure, print, and write where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("counts", type=int, nargs="*", help="rows of a bank")
    parser.add_argument("--kinds", nargs="*", choices=KINDS, default=["cells"])
    parser.add_argument("--folder", type=Path, help="keep the banks there; default: nowhere")
    parser.add_argument("--write", action="store_true", help="write the rows into docs/scale.md")
    parser.add_argument("--mixture", type=Path, help="a file of features to compare the mixture with")
    parser.add_argument("--one", choices=KINDS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.mixture:
        features = load_file(options.mixture)["features"]
        for name, rows in (("photos", features), ("mixture", Mixture().rows(len(features), 1))):
            print(name, json.dumps(likeness(rows)))
        return
    with tempfile.TemporaryDirectory() as scratch:
        root = options.folder or Path(scratch)
        if options.one:
            print(json.dumps(measure(options.one, root)))
            return
        measured = []
        for count in options.counts:
            folder = root / str(count)
            write_bank_folder(count, folder)
            for kind in options.kinds:  # a process of its own, whose highest memory is that of this kind
                command = [sys.executable, "-m", "benchmarks.index", "--one", kind, "--folder", str(folder)]
                said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
                measured.append(json.loads(said.splitlines()[-1]))
                print(measured[-1], flush=True)
    if options.write:
        write_section("index", table(measured), DOCUMENT)


def write_bank_folder(count: int, folder: Path) -> None:
    """Write rows of the mixture as a bank, unless it lies there."""
    if (folder / "manifest.json").exists():
        return
    mixture, shards = Mixture(), []
    for number, start in enumerate(range(0, count, SHARD)):
        rows = mixture.rows(min(SHARD, count - start), number + 1)
        content = ShardRows(rows.half(), torch.arange(len(rows)), [""] * len(rows), ["/"] * len(rows))
        path = shard_path(folder, number)
        record = write_shard(content, ShardNotes("mixture", len(rows), ""), path)
        shards.append({"file": path.name, "count": len(rows), "size": record.size, "sha256": record.sha256})
    manifest = BankManifest("Mixture", "mixture", DIM, count, count, 0, 0, (), False, tuple(shards), "")
    write_manifest(manifest, torch.full((count,), -1, dtype=torch.int32), folder)


def measure(kind: str, folder: Path) -> dict[str, Any]:
    """Return the figures of one kind of index of a folder's rows."""
    torch.set_num_threads(1)
    rows: Rows = StoredRows(folder, read_manifest(folder))
    idle = process_memory_mb(os.getpid())
    started = time.monotonic()
    size = 0.0
    if kind == "exact":
        memory_rows = MemoryRows(rows.take(torch.arange(len(rows))))
        rows = memory_rows
        lookup: Lookup = ExactLookup(memory_rows)
        built = time.monotonic() - started
    elif kind == "cells":
        if not (folder / MANIFEST).exists():
            build_cells(rows, folder, IndexPlan(), lambda what, done, of: print(what, done, of, file=sys.stderr))
        lookup = open_cells(folder, rows)
        record = read_record(folder)
        size, built = sum(one["size"] for one in record.files.values()) / 1e6, record.seconds
    else:
        graph = GraphLookup(rows)
        lookup, built = graph, graph.seconds
    own = torch.randperm(len(rows), generator=torch.Generator().manual_seed(7))[:QUERIES]
    truth = true_neighbours(rows, own, FOUND)
    figures = {"kind": kind, "rows": len(rows), "build_s": round(built), "disk_mb": round(size)}
    figures["memory_mb"] = round(process_memory_mb(os.getpid(), "VmHWM") - idle)
    for width in WIDTH:
        if isinstance(lookup, GraphLookup):
            lookup.width = width
        recall, figures["ms"] = looked_for(rows, lookup, own, truth)
        figures["recall"] = round(recall, 4)
        if not isinstance(lookup, GraphLookup) or recall >= IndexPlan.aim:
            break
    return figures


def looked_for(rows: Rows, lookup: Lookup, own: Tensor, truth: Tensor) -> tuple[float, float]:
    """Return the share of true neighbours found and the milliseconds a query took, the median, one at a time."""
    queries, found, took = rows.take(own), [], []
    for row, query in zip(own, queries, strict=True):
        started = time.perf_counter()
        found.append(search(rows, lookup, query[None], FOUND, own=row[None])[0])
        took.append(1e3 * (time.perf_counter() - started))
    recall = (torch.cat(found)[:, :, None] == truth[:, None, :]).any(2).float().mean()
    return float(recall), round(sorted(took)[len(took) // 2], 2)


class GraphLookup:
    """Implements ``Lookup`` by faiss's HNSW over a byte a number, for comparison; in memory."""

    def __init__(self, rows: Rows) -> None:
        self.width = WIDTH[0]
        started = time.monotonic()
        self._index = faiss.IndexHNSWSQ(rows.dim, faiss.ScalarQuantizer.QT_8bit, LINKS, faiss.METRIC_INNER_PRODUCT)
        self._index.hnsw.efConstruction = BUILD_WIDTH
        self._index.train(rows.take(torch.arange(min(50_000, len(rows)))).numpy())
        for start, block in rows.blocks(SHARD):
            self._index.add(block.numpy())
            print("hnsw", start + len(block), len(rows), file=sys.stderr)
        self.seconds = time.monotonic() - started

    def fetched(self, count: int) -> int:
        """See ``Lookup.fetched``."""
        return 3 * count + 20

    def candidates(self, queries: Tensor, count: int) -> Tensor:
        """See ``Lookup.candidates``."""
        settings = faiss.SearchParametersHNSW(efSearch=max(self.width, count))
        return torch.from_numpy(self._index.search(queries.numpy(), count, params=settings)[1])

    def all_above(self, query: Tensor, cosine: float) -> None:
        """See ``Lookup.all_above``."""


def likeness(rows: Tensor) -> dict[str, float]:
    """Return what makes rows easy or hard to search: cosines of neighbours, intrinsic dimension, cells looked into."""
    own = torch.randperm(len(rows), generator=torch.Generator().manual_seed(3))[:500]
    others = (rows[own] @ rows.T).topk(101, dim=1).values[:, 1:]
    distances = (2 - 2 * others).clamp(min=1e-9).sqrt()
    dimension = 1 / (distances[:, 19:20] / distances[:, :19]).log().mean(1)  # Levina and Bickel 2004
    figures = {f"cosine of neighbour {place}": others[:, place - 1].median().item() for place in (1, 10, 100)}
    figures["intrinsic dimension"] = dimension.median().item()
    with tempfile.TemporaryDirectory() as scratch:
        record = build_cells(MemoryRows(rows), Path(scratch), IndexPlan())
    figures |= {"cells": record.cells, "of them looked into": record.probes, "recall": record.recall}
    return {name: round(value, 3) for name, value in figures.items()}


def table(measured: list[dict[str, Any]]) -> str:
    """Return the figures as Markdown."""
    lines = [
        "| index | rows | built in | memory while building | on disk | a query | recall@10 |",
        "|---|" + "---:|" * 6,
    ]
    names = {"exact": "exact", "cells": "cells (used above 200,000)", "hnsw": "HNSW, for comparison"}
    for row in measured:
        lines.append(
            f"| {names[row['kind']]} | {row['rows']:,} | {row['build_s']:,} s | {row['memory_mb']:,} MB "
            f"| {row['disk_mb']:,} MB | {row['ms']:.1f} ms | {row['recall']:.3f} |"
        )
    return "\n".join([f"Measured on {describe_machine()}.", "", *lines])


if __name__ == "__main__":
    main()
