"""Maps: deterministic, distances in their order, own features on their own points."""

import sys
import types

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from icgan_demo.service.banks import projection
from icgan_demo.service.banks.projection import MARGIN, PcaProjection, fit, methods, spaced


def features(count, dim=16, seed=0):
    return F.normalize(torch.randn(count, dim, generator=torch.Generator().manual_seed(seed)), dim=1)


@pytest.mark.parametrize("count", [4, 40])
def test_the_map_is_the_same_each_time(count):
    rows = features(count)
    assert (PcaProjection(rows).places == PcaProjection(rows.clone()).places).all()


def test_distances_keep_their_order_where_features_lie_in_a_plane():
    angles = torch.tensor([0.0, 0.1, 0.3, 0.7, 1.5])
    plane = torch.zeros(5, 16)
    plane[:, 3], plane[:, 7] = angles.cos(), angles.sin()
    places = PcaProjection(plane).places
    on_map = np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1))
    real = torch.cdist(plane, plane).numpy()
    pairs = np.triu_indices(5, 1)
    assert (np.argsort(on_map[pairs]) == np.argsort(real[pairs])).all()
    ratios = on_map[pairs] / real[pairs]
    assert np.allclose(ratios, ratios[0], atol=1e-4)


def test_two_groups_lie_apart():
    rows = F.normalize(torch.cat([features(20) * 0.1 + torch.eye(16)[0], features(20) * 0.1 + torch.eye(16)[1]]), dim=1)
    x = PcaProjection(rows).places[:, 0]
    assert x[:20].max() < x[20:].min() or x[20:].max() < x[:20].min()


@pytest.mark.parametrize("count", [3, 40])
def test_a_feature_of_the_bank_lies_on_its_own_point(count):
    rows = features(count)
    fitted = PcaProjection(rows)
    for row in range(count):
        assert fitted.place(rows[row]) == pytest.approx(tuple(fitted.places[row].tolist()), abs=1e-5)


def test_the_map_fills_the_square_and_far_features_stay_inside():
    rows = F.normalize(features(40) * 0.05 + torch.eye(16)[0], dim=1)
    fitted = PcaProjection(rows)
    spans = fitted.places.max(0) - fitted.places.min(0)
    assert spans.max() == pytest.approx(1 - 2 * MARGIN, abs=1e-4)
    assert all(0 <= value <= 1 for value in fitted.place(-rows[0]))


@pytest.mark.parametrize("rows", [torch.eye(16)[:1], torch.eye(16)[:2], torch.eye(16)[:1].repeat(5, 1)])
def test_banks_too_small_for_a_plane_have_a_map(rows):
    fitted = fit(rows, "pca")
    assert np.isfinite(fitted.places).all()
    assert fitted.kept is None or 0 <= fitted.kept <= 1 + 1e-9


def test_umap_is_never_required(monkeypatch):
    monkeypatch.setattr(projection.importlib.util, "find_spec", lambda name: None)
    assert methods() == ("pca",)
    assert isinstance(fit(features(40), "umap"), PcaProjection)


def test_umap_is_used_where_it_is_installed(monkeypatch):
    """A stand-in with UMAP's method: the seed is fixed, a known feature lies on its row, another amid its nearest."""

    class Stand:
        def __init__(self, **settings):
            assert settings["random_state"] == 0

        def fit_transform(self, rows):
            return rows[:, :2]

    monkeypatch.setitem(sys.modules, "umap", types.SimpleNamespace(UMAP=Stand))
    monkeypatch.setattr(projection.importlib.util, "find_spec", lambda name: object())
    rows = features(40)
    fitted = fit(rows, "umap")
    assert methods() == ("pca", "umap")
    assert fitted.kept is None
    assert fitted.place(rows[7]) == pytest.approx(tuple(fitted.places[7].tolist()))
    assert all(0 <= value <= 1 for value in fitted.place(features(1, seed=5)[0]))


def test_pictures_on_the_map_keep_their_distance():
    places = np.random.default_rng(0).random((2000, 2)).astype(np.float32)
    sparse = spaced(places, 0.1)
    kept = spaced(places, 0.055, tuple(sparse))
    assert kept[: len(sparse)] == sparse
    chosen = places[kept]
    gaps = np.hypot(*(chosen[:, None] - chosen[None]).transpose(2, 0, 1)) + 9 * np.eye(len(kept))
    assert gaps.min() >= 0.055
    assert 100 < len(kept) < 330
