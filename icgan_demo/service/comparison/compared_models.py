"""The models of a comparison, drawn with side by side: the same photo and seeds, told more or less of it."""

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from icgan_demo.config import Conditioning, Limits, Precision
from icgan_demo.errors import RequestError
from icgan_demo.models.biggan_generator import BigGanGenerator
from icgan_demo.service.comparison.comparing import ComparedFigures, ComparedRequest, ComparedRow
from icgan_demo.service.drawing.drawing_requests import DrawRequest
from icgan_demo.service.drawing.sampling_service import SamplingService
from icgan_demo.service.model_store import ModelStore
from icgan_demo.training.comparison import COMPARISON, read_comparison, runs_of
from icgan_demo.training.comparison_plots import COLUMNS, figure_cell, plots_of
from icgan_demo.training.density_maps import density_maps
from icgan_demo.training.start.networks import clusters_of

logger = logging.getLogger(__name__)

MEMBERS = 8
"""Stored instances of a cluster that are shown."""


class ComparedModels:
    """The runs of a comparison's folder with the seed 0 that have a model."""

    def __init__(self, folder: Path, precision: Precision = Precision.AUTO, limits: Limits | None = None) -> None:
        """Look for the models in ``folder``, to draw with in ``precision``; raises RequestError if there are none."""
        runs = {word: folder / f"{word}-0" for word in Conditioning}
        self._folder = folder
        self._store = ModelStore([run for run in runs.values() if run.is_dir()], precision=precision, keeps_all=True)
        usable = {info.name for info in self._store.infos() if info.state != "unavailable"}
        self._names = {word: run.name for word, run in runs.items() if run.name in usable}
        if not self._names:
            raise RequestError(f"{folder.resolve().name} holds no models that were compared. Make some with `compare`.")
        self.sampling = SamplingService(self._store, limits)
        self._partition: BigGanGenerator | None = None

    @property
    def encoding(self) -> str:
        """See ``Comparing.encoding``."""
        return next(self._knowing_instances(), next(iter(self._names.values())))

    @property
    def shows_instances(self) -> bool:
        """See ``Comparing.shows_instances``."""
        return next(self._knowing_instances(), None) is not None

    def _knowing_instances(self) -> Iterator[str]:
        return (self._names[word] for word in Conditioning if word in self._names and not word.clusters(1))

    @property
    def conditionings(self) -> list[Conditioning]:
        """Return what there is a model for, in the order of the comparison."""
        return list(self._names)

    def load(self) -> None:
        """See ``Comparing.load``."""
        for name in self._names.values():
            self._store.get(name)
        partition = self._names.get(Conditioning.PARTITION)
        if partition and self._partition is None:
            network = self._store.network(partition)  # with its centroids, which the one for fast inference lacks
            assert isinstance(network, BigGanGenerator)
            self._partition = network

    def rows(self, feature: np.ndarray, asked: ComparedRequest) -> Iterator[ComparedRow]:
        """See ``Comparing.rows``; a model that knows classes is told that of the stored instances near the feature."""
        self.load()
        for word, name in self._names.items():
            label = self.sampling.drawing.own_class(name, feature) if word.uses_class else None
            request = DrawRequest.neighbours(name, feature, asked.count, asked.seed, asked.truncation, label)
            pictures = [drawn.picture for drawn in self.sampling.drawing.draw(request)]
            cluster, members = self._cluster(name, feature) if word is Conditioning.PARTITION else (None, ())
            yield ComparedRow(word, label, pictures, cluster, members)

    def figures(self) -> ComparedFigures | None:
        """See ``Comparing.figures``; a file that cannot be understood is as none."""
        content = read_comparison(self._folder)
        try:
            return None if content is None else _figures(content)
        except (KeyError, TypeError, ValueError, AttributeError, AssertionError) as error:
            logger.warning("%s of %s is damaged: %r", COMPARISON, self._folder.name, error)
            return None

    def _cluster(self, name: str, instance: np.ndarray) -> tuple[int, tuple[Image.Image, ...]]:
        """Return the instance's cluster, and what is stored of it, the nearest first."""
        assert self._partition is not None
        bank = self._store.get(name).bank
        feature = torch.from_numpy(instance)[None]
        clusters = clusters_of(self._partition, feature if bank is None else torch.cat([feature, bank.features]))
        assert clusters is not None
        own, *others = clusters.tolist()
        if bank is None or not self.shows_instances:
            return own, ()
        near = (bank.features @ feature[0]).argsort(descending=True).tolist()
        rows = [row for row in near if others[row] == own][:MEMBERS]
        return own, tuple(self._drawn(self.encoding, bank.features[row].numpy()) for row in rows)

    def _drawn(self, name: str, feature: np.ndarray) -> Image.Image:
        return next(self.sampling.drawing.draw(DrawRequest.neighbours(name, feature, 1))).picture


def _figures(content: Mapping[str, Any]) -> ComparedFigures:
    by_value = runs_of(content, "conditioning")
    rows = []
    for word in Conditioning:
        if runs := by_value.get(word):
            cells = [figure_cell(run["figures"].get(key) for run in runs) for key in COLUMNS]
            rows.append((word, (f"{max(int(run['images']) for run in runs):,}", *cells)))
    seeds = max((len(runs) for runs in by_value.values()), default=1)
    plots, maps = tuple(plots_of(content)), tuple(density_maps(content))
    return ComparedFigures(("images", *COLUMNS), tuple(rows), plots, maps, seeds)
