"""The plane of the largest variance, by whichever of the two matrices is smaller."""

import pytest
import torch

from icgan_demo.index import PrincipalPlane


def rows(count, dim=12):
    return torch.randn(count, dim, generator=torch.Generator().manual_seed(count)) * torch.arange(1.0, dim + 1)


@pytest.mark.parametrize("count", [5, 40])
def test_the_plane_is_that_of_the_singular_vectors(count):
    features = rows(count)
    centred = (features - features.mean(0)).double()
    _, sizes, axes = torch.linalg.svd(centred, full_matrices=False)
    plane = PrincipalPlane(features)
    expected = (centred @ axes[:2].T).abs()
    assert torch.allclose(plane.places(features).abs(), expected, atol=1e-6)
    assert plane.kept == pytest.approx(float(sizes[:2].square().sum() / sizes.square().sum()))


def test_distances_never_grow_and_the_mean_lies_at_zero():
    features, others = rows(40), rows(7)
    plane = PrincipalPlane(features)
    assert plane.places(features).mean(0).abs().max() < 1e-9
    between = torch.cdist(plane.places(others), plane.places(others))
    assert (between <= torch.cdist(others.double(), others.double()) + 1e-9).all()


def test_a_mirrored_axis_is_turned_back(monkeypatch):
    """Which way an eigenvector points differs between machines."""
    features, eigh = rows(40), torch.linalg.eigh
    expected = PrincipalPlane(features).places(features)
    monkeypatch.setattr(torch.linalg, "eigh", lambda matrix: (eigh(matrix)[0], -eigh(matrix)[1]))
    assert torch.allclose(PrincipalPlane(features).places(features), expected)


def test_a_single_row_has_one_place_and_nothing_varies():
    plane = PrincipalPlane(rows(1))
    assert plane.kept is None
    assert plane.places(rows(3)).abs().max() == 0
