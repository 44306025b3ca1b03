"""Neighbourhoods of all rows: kept, continued after an interruption, never taken from other rows."""

import pytest
import torch
import torch.nn.functional as F

from icgan_demo.index import all_neighbours
from icgan_demo.index.all_neighbours import find_neighbours


class InterruptionError(Exception):
    """Stands for whatever ends a process."""


def unit_rows(count, seed=0):
    return F.normalize(torch.randn(count, 16, generator=torch.Generator().manual_seed(seed)), dim=1)


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    monkeypatch.setattr(all_neighbours, "PART", 30)


def counted(monkeypatch):
    """Return a list that grows with every part that is searched."""
    calls = []
    real = all_neighbours.search

    def search(*words, **more):
        calls.append(1)
        return real(*words, **more)

    monkeypatch.setattr(all_neighbours, "search", search)
    return calls


def test_what_was_kept_is_not_searched_again(tmp_path, monkeypatch):
    features = unit_rows(100)
    found = find_neighbours(features, 5, tmp_path)
    assert torch.equal(found, find_neighbours(features, 5))
    calls = counted(monkeypatch)
    assert torch.equal(find_neighbours(features, 5, tmp_path), found)
    assert calls == []


def test_an_interrupted_search_continues_after_the_parts_that_are_done(tmp_path, monkeypatch):
    features = unit_rows(100)

    def interrupt(done, total):
        assert total == 100
        if done >= 60:
            raise InterruptionError

    with pytest.raises(InterruptionError):
        find_neighbours(features, 5, tmp_path, report=interrupt)
    calls, seen = counted(monkeypatch), []
    found = find_neighbours(features, 5, tmp_path, report=lambda done, total: seen.append(done))
    assert len(calls) == 2
    assert seen == [30, 60, 90, 100]
    assert torch.equal(found, find_neighbours(features, 5))
    assert [path.suffix for path in tmp_path.iterdir()] == [".safetensors"]


def test_a_torn_part_is_searched_again(tmp_path, monkeypatch):
    features = unit_rows(100)
    found = find_neighbours(features, 5, tmp_path)
    [path] = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:50])
    assert torch.equal(find_neighbours(features, 5, tmp_path), found)


def test_other_features_and_other_counts_have_their_own_neighbours(tmp_path):
    find_neighbours(unit_rows(100), 5, tmp_path)
    other = unit_rows(100, seed=1)
    assert torch.equal(find_neighbours(other, 5, tmp_path), find_neighbours(other, 5))
    assert find_neighbours(other, 4, tmp_path).shape == (100, 4)
