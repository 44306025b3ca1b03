import pytest
import torch
import torch.nn.functional as F

from icgan_demo.errors import IndexFileError, RequestError
from icgan_demo.index import NeighbourIndex, find_neighbours, lookup


@pytest.fixture(params=["faiss", "torch"])
def backend(request, monkeypatch):
    """Run a test with faiss and with the product that replaces it."""
    if request.param == "torch":
        monkeypatch.setattr(lookup, "faiss", None)
    else:
        pytest.importorskip("faiss")
    return request.param


def unit_rows(count, dim=16, seed=0):
    return F.normalize(torch.randn(count, dim, generator=torch.Generator().manual_seed(seed)), dim=1)


def by_hand(features, count):
    """The definition, in plain Python: sort all others by cosine, then by row."""
    exact = features.double()
    found = []
    for row, feature in enumerate(exact):
        cosines = (exact @ feature).tolist()
        others = [other for other in range(len(features)) if other != row]
        found.append(sorted(others, key=lambda other: (-round(cosines[other], 9), other))[:count])
    return torch.tensor(found)


def test_neighbours_are_those_of_the_definition(backend):
    features = unit_rows(200)
    assert torch.equal(find_neighbours(features, 7), by_hand(features, 7))


def test_a_search_leaves_torch_its_threads(backend):
    """Searching once set the number of threads of the OpenMP that torch shares; drawing was five times slower after."""
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        find_neighbours(unit_rows(20), 3)
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)


def test_blocks_do_not_change_the_answer(backend, monkeypatch):
    features = unit_rows(100)
    whole = find_neighbours(features, 5)
    monkeypatch.setattr(lookup, "BLOCK", 7)
    assert torch.equal(find_neighbours(features, 5), whole)


def test_a_row_is_not_its_own_neighbour_even_among_exact_copies(backend):
    """A search that drops "the first hit" instead of its own row keeps itself where copies come first."""
    features = torch.cat([unit_rows(1)] * 30 + [unit_rows(10, seed=1)])
    rows = find_neighbours(features, 4)
    assert not (rows == torch.arange(40)[:, None]).any()
    assert rows.shape == (40, 4)


def test_equal_cosines_come_in_row_order_whatever_number_there_are(backend):
    features = torch.cat([unit_rows(1)] * 60)
    rows = find_neighbours(features, 3)
    assert rows[0].tolist() == [1, 2, 3]
    assert rows[1].tolist() == [0, 2, 3]
    assert rows[59].tolist() == [0, 1, 2]


def test_count_may_be_all_the_others_but_not_more(backend):
    features = unit_rows(6)
    assert torch.equal(find_neighbours(features, 5).sort(dim=1).values[0], torch.arange(1, 6))
    with pytest.raises(RequestError, match="between 1 and 5 for 6 images, got 6"):
        find_neighbours(features, 6)
    with pytest.raises(RequestError):
        find_neighbours(features, 0)


def test_a_search_returns_rows_and_cosines_nearest_first(backend):
    features = unit_rows(50)
    rows, cosines = NeighbourIndex(features, "encoder").search(features[[3, 8]], 4)
    assert rows[:, 0].tolist() == [3, 8]
    torch.testing.assert_close(cosines[:, 0], torch.ones(2))
    torch.testing.assert_close(cosines, (features[rows] * features[[3, 8]][:, None]).sum(-1))
    assert (cosines.diff(dim=1) <= 0).all()


def test_a_search_for_more_than_there_are_is_refused():
    with pytest.raises(RequestError, match="between 1 and 5"):
        NeighbourIndex(unit_rows(5), "encoder").search(unit_rows(1), 6)


def test_a_saved_index_comes_back_the_same(tmp_path):
    index = NeighbourIndex(unit_rows(30), "bundled:1@64", [f"Äpfel/{row}.jpg" for row in range(30)])
    index.save(tmp_path / "market.safetensors")
    copy = NeighbourIndex.load(tmp_path / "market.safetensors", "bundled:1@64")
    assert torch.equal(copy.take(range(30)), index.take(range(30)))
    assert copy.names == index.names
    assert copy.encoder == index.encoder


def test_an_index_of_another_encoder_is_refused_by_name(tmp_path):
    NeighbourIndex(unit_rows(30), "bundled:1@64").save(tmp_path / "market.safetensors")
    with pytest.raises(IndexFileError, match=r"market.safetensors was made by another encoder \(bundled:1@64\)"):
        NeighbourIndex.load(tmp_path / "market.safetensors", "bundled:2@64")


@pytest.mark.parametrize("text", ["", "[1]", '{"schema": 2}', "[" * 100_000, '{"schema": 1, "kind": "index"}'])
def test_a_damaged_list_is_one_sentence(tmp_path, text):
    path = tmp_path / "market.safetensors"
    NeighbourIndex(unit_rows(3), "encoder").save(path)
    path.with_suffix(".json").write_text(text)
    with pytest.raises(IndexFileError, match="Build the index again"):
        NeighbourIndex.load(path, "encoder")


def test_altered_features_are_refused(tmp_path):
    path = tmp_path / "market.safetensors"
    NeighbourIndex(unit_rows(3), "encoder").save(path)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(IndexFileError, match="missing or damaged"):
        NeighbourIndex.load(path, "encoder")


def test_a_missing_index_is_one_sentence(tmp_path):
    with pytest.raises(IndexFileError, match="missing or damaged"):
        NeighbourIndex.load(tmp_path / "nothing.safetensors", "encoder")
