"""Many rows: found in cells, with a recall that was measured; small counts here, the thresholds are parameters."""

import json
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from icgan_demo.config import IndexPlan
from icgan_demo.errors import IndexFileError
from icgan_demo.index.all_neighbours import find_neighbours
from icgan_demo.index.cells import MANIFEST, build_cells, open_cells, read_record, true_neighbours
from icgan_demo.index.lookup import ExactLookup, search
from icgan_demo.index.rows import MemoryRows

pytest.importorskip("faiss")

PLAN = IndexPlan(exact_up_to=100, queries=100, segment_rows=450, iterations=4)


def unit_rows(count, seed=0):
    source = torch.Generator().manual_seed(seed)
    centres = torch.randn(12, 16, generator=source)
    kinds = torch.randint(12, (count,), generator=source)
    return F.normalize(centres[kinds] + 0.7 * torch.randn(count, 16, generator=source), dim=1)


@pytest.fixture(scope="module")
def rows():
    return MemoryRows(unit_rows(1000))


@pytest.fixture
def folder(rows, tmp_path):
    build_cells(rows, tmp_path / "index", PLAN)
    return tmp_path / "index"


def edited(folder, **changes):
    path = folder / MANIFEST
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_an_index_finds_what_a_comparison_with_every_row_finds_as_often_as_it_says(rows, folder):
    record = read_record(folder)
    own = torch.arange(0, 1000, 3)
    found, cosines = search(rows, open_cells(folder, rows), rows.take(own), 10, own=own)
    exact, _ = search(rows, ExactLookup(rows), rows.take(own), 10, own=own)
    recall = (found[:, :, None] == exact[:, None, :]).any(2).float().mean()
    assert record.recall >= PLAN.aim
    assert abs(float(recall) - record.recall) < 0.03
    assert (cosines.diff(dim=1) <= 0).all()
    assert not (found == own[:, None]).any()


def test_the_rows_of_all_files_are_found(rows, folder):
    assert list(read_record(folder).files) == ["cells-000.faiss", "cells-001.faiss", "cells-002.faiss"]
    own = torch.tensor([0, 449, 450, 899, 900, 999])
    found, _ = search(rows, open_cells(folder, rows), rows.take(own), 1)
    assert found[:, 0].tolist() == own.tolist()


def test_the_true_neighbours_are_those_of_the_exact_search(rows):
    own = torch.arange(50)
    exact, _ = search(rows, ExactLookup(rows), rows.take(own), 5, own=own)
    assert torch.equal(true_neighbours(rows, own, 5).sort(1).values, exact.sort(1).values)


def test_more_neighbours_than_the_planned_cells_hold_are_found_by_looking_further(rows, folder):
    edited(folder, probes=1)
    found, _ = search(rows, open_cells(folder, rows), rows.take(torch.tensor([5])), 800)
    assert found[0].unique().numel() == 800


def test_an_index_that_finds_too_little_is_refused_and_says_what_to_do(rows, tmp_path):
    with pytest.raises(IndexFileError, match=r"finds \d+% .* less than 100%. Build it again with --most-probes 2:"):
        build_cells(rows, tmp_path, replace(PLAN, most_probes=1, least=1.0))
    with pytest.raises(IndexFileError, match="missing or damaged"):
        open_cells(tmp_path, rows)


def test_an_index_whose_recall_is_below_what_is_asked_for_is_not_opened(rows, folder):
    edited(folder, recall=0.93)
    with pytest.raises(IndexFileError, match="finds 93% of the nearest images, less than 95%"):
        open_cells(folder, rows)


def test_an_index_of_other_rows_is_refused(folder):
    with pytest.raises(IndexFileError, match="of other images"):
        open_cells(folder, MemoryRows(unit_rows(1000, seed=1)))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": 2, "kind": "cells"}', "[" * 100_000])
def test_a_damaged_manifest_is_one_sentence(rows, folder, text):
    (folder / MANIFEST).write_text(text)
    with pytest.raises(IndexFileError, match="Build it again"):
        open_cells(folder, rows)


def test_a_manifest_names_no_files_elsewhere(rows, folder):
    edited(folder, files={"../../secret": {"size": 1, "sha256": ""}})
    with pytest.raises(IndexFileError, match="not one of this version"):
        open_cells(folder, rows)


def test_a_file_cut_short_is_one_sentence(rows, folder):
    path = folder / "cells-001.faiss"
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(IndexFileError, match=r"cells-001.faiss is missing or incomplete"):
        open_cells(folder, rows)


def test_neighbourhoods_of_many_rows_are_those_of_the_exact_search_but_for_a_few(rows):
    exact = find_neighbours(rows.features, 7)
    found = find_neighbours(rows.features, 7, plan=PLAN)
    assert found.shape == exact.shape
    assert not (found == torch.arange(1000)[:, None]).any()
    assert (found == exact).float().mean() > 0.9
