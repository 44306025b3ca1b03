"""Features in the plane: by principal components, or by UMAP where its library is installed."""

import importlib.util
import logging
from typing import Protocol

import numpy as np
from torch import Tensor

from icgan_demo.index import PrincipalPlane
from icgan_demo.service.banks.bank_requests import PCA, UMAP

logger = logging.getLogger(__name__)

MARGIN = 0.05
"""Free space on each side of the map, of its width."""
SAME = 0.9999
"""Cosine from which a feature counts as a row of the bank itself."""
AMID = 5
"""Rows among which UMAP's map shows a feature that is not of the bank."""
MIN_UMAP = 15
"""Rows below which UMAP has nothing to say."""


class Projection(Protocol):
    """A fitted map."""

    places: np.ndarray
    """Of the rows it was fitted to, float32 (N, 2), 0..1 from left and top."""
    kept: float | None
    """Share of the variance that it shows."""

    def place(self, feature: Tensor) -> tuple[float, float]:
        """Return where a feature (D,) lies, kept inside the map."""


def methods() -> tuple[str, ...]:
    """Return the projections that can be had here."""
    return (PCA, UMAP) if importlib.util.find_spec("umap") else (PCA,)


def fit(features: Tensor, method: str) -> Projection:
    """Return the map of unit-length rows (N, D); UMAP of very few rows, or where it is missing, is PCA."""
    if method == UMAP and UMAP in methods() and len(features) >= MIN_UMAP:
        return _UmapProjection(features)
    return PcaProjection(features)


class PcaProjection:
    """The plane of the largest variance."""

    def __init__(self, features: Tensor) -> None:
        self._plane = PrincipalPlane(features)
        self.kept = self._plane.kept
        flat = self._plane.places(features).numpy()
        self._frame = _Frame(flat)
        self.places = self._frame.to_map(flat)

    def place(self, feature: Tensor) -> tuple[float, float]:
        """See ``Projection.place``."""
        return self._frame.one(self._plane.places(feature))


class _UmapProjection:
    """Neighbourhoods kept at the cost of distances.

    Source: McInnes, Healy and Melville 2018; their library, seeded, so the map is the same each time.
    """

    kept: float | None = None

    def __init__(self, features: Tensor) -> None:
        import umap  # heavy and optional

        self._rows = features
        neighbours = min(15, len(features) - 1)
        fitted = umap.UMAP(n_neighbors=neighbours, metric="cosine", random_state=0, n_jobs=1)
        flat = np.asarray(fitted.fit_transform(features.numpy()), dtype=np.float64)
        self.places = _Frame(flat).to_map(flat)

    def place(self, feature: Tensor) -> tuple[float, float]:
        """See ``Projection.place``; a feature of the bank lies where its row lies, others amid their nearest rows.

        That is where UMAP begins to place a new point; its own refinement takes seconds and changes little.
        """
        cosines, rows = (self._rows @ feature).topk(min(AMID, len(self._rows)))
        if float(cosines[0]) >= SAME:
            rows, cosines = rows[:1], cosines[:1]
        weights = cosines.clamp(min=1e-6).double().numpy()
        x, y = (self.places[rows.numpy()] * weights[:, None]).sum(0) / weights.sum()
        return float(x), float(y)


class _Frame:
    """Scales a plane into the unit square, both axes alike, so that distances keep their proportions."""

    def __init__(self, flat: np.ndarray) -> None:
        low, high = flat.min(0), flat.max(0)
        self._centre = (low + high) / 2
        self._scale = (1 - 2 * MARGIN) / max(float((high - low).max()), 1e-9)

    def to_map(self, flat: np.ndarray) -> np.ndarray:
        """Return places from left and top; the second axis points up."""
        places = (flat - self._centre) * self._scale * np.array([1.0, -1.0]) + 0.5
        return places.clip(0, 1).astype(np.float32)

    def one(self, flat: Tensor) -> tuple[float, float]:
        """Return one place."""
        x, y = self.to_map(flat.numpy()[None])[0].tolist()
        return x, y


def spaced(places: np.ndarray, distance: float, first: tuple[int, ...] = ()) -> list[int]:
    """Return rows of which no two are nearer than ``distance``, ``first`` among them; later rows give way."""
    cells: dict[tuple[int, int], list[int]] = {}
    kept: list[int] = []
    for row in (*first, *range(len(places))):
        x, y = places[row]
        column, line = int(x / distance), int(y / distance)
        around = (
            other
            for across in (-1, 0, 1)
            for along in (-1, 0, 1)
            for other in cells.get((column + across, line + along), ())
        )
        if all(np.hypot(*(places[other] - places[row])) >= distance for other in around):
            cells.setdefault((column, line), []).append(row)
            kept.append(row)
    return kept
