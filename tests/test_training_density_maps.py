"""Where images fall among photos: the plane, its cells, and what is drawn of them."""

import torch

from icgan_demo.training.density_maps import SIDE, DensityGrid, density_maps


def crosses() -> torch.Tensor:
    """Return points in five dimensions that vary along the first axis most and along the second less."""
    points = torch.zeros(40, 5)
    points[:20, 0] = torch.linspace(-4, 4, 20)
    points[20:, 1] = torch.linspace(-2, 2, 20)
    return points


def test_photos_fill_their_own_frame_and_the_first_axis_is_that_of_most_variance():
    counts = DensityGrid(crosses()).counts(crosses())
    assert len(counts) == len(counts[0]) == SIDE
    assert sum(map(sum, counts)) == 40
    middle = counts[SIDE // 2 - 1]
    assert middle[0] == middle[-1] == 1  # left and right are the ends of the longer line
    assert sum(counts[0]) == sum(counts[-1]) == 1


def test_what_lies_outside_is_counted_at_the_edge_and_a_collapsed_model_in_one_cell():
    far = torch.zeros(7, 5)
    far[:, 0] = 100.0
    counts = DensityGrid(crosses()).counts(far)
    assert max(map(max, counts)) == 7
    assert sum(line[-1] for line in counts) == 7


def test_maps_share_one_scale_and_nothing_counted_is_no_map():
    even = [[1, 1], [1, 1]]
    maps = dict(density_maps({"densities": {"photos": even, "none": [[8, 0], [0, 0]]}}))
    assert list(maps) == ["photos", "none"]
    assert maps["none"].count("fill-opacity") == 1
    assert 'fill-opacity="1.00"' in maps["none"]
    assert maps["photos"].count('fill-opacity="0.50"') == 4
    assert density_maps({}) == density_maps({"densities": {"photos": [[0]]}}) == []
