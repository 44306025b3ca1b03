"""The models of a comparison, drawn with side by side: the same photo and seeds, told more or less of it."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from icgan_demo.config import TRUNCATION, Conditioning
from icgan_demo.errors import RequestError
from icgan_demo.models.biggan_generator import BigGanGenerator
from icgan_demo.service.comparison.comparing import COUNT, ComparedFigures, ComparedRow
from icgan_demo.service.drawing.drawing_requests import DrawRequest
from icgan_demo.service.drawing.sampling_service import SamplingService
from icgan_demo.service.model_store import ModelStore
from icgan_demo.training.comparison import read_comparison, runs_of
from icgan_demo.training.comparison_plots import COLUMNS, figure_cell, plots_of
from icgan_demo.training.density_maps import density_maps
from icgan_demo.training.start.networks import clusters_of

MEMBERS = 8
"""Stored instances of a cluster that are shown."""


class ComparedModels:
    """The runs of a comparison's folder with the seed 0 that have a model."""

    def __init__(self, folder: Path) -> None:
        """Look for the models; raises RequestError if there are none."""
        runs = {word: folder / f"{word}-0" for word in Conditioning}
        self._folder = folder
        self._store = ModelStore([run for run in runs.values() if run.is_dir()])
        usable = {info.name for info in self._store.infos() if info.state != "unavailable"}
        self._names = {word: run.name for word, run in runs.items() if run.name in usable}
        if not self._names:
            raise RequestError(f"{folder.name} holds no models that were compared. Make some with `compare`.")
        self.sampling = SamplingService(self._store)

    @property
    def encoding(self) -> str:
        """See ``Comparing.encoding``."""
        return self._names.get(Conditioning.INSTANCE) or next(iter(self._names.values()))

    @property
    def conditionings(self) -> list[Conditioning]:
        """Return what there is a model for, in the order of the comparison."""
        return list(self._names)

    def rows(
        self, feature: np.ndarray, count: int = COUNT, seed: int = 0, truncation: float = TRUNCATION
    ) -> Iterator[ComparedRow]:
        """See ``Comparing.rows``; a model that knows classes is told that of the stored instances near the feature."""
        for word, name in self._names.items():
            label = self.sampling.drawing.own_class(name, feature) if word.uses_class else None
            request = DrawRequest.neighbours(name, feature, count, seed, truncation, label)
            pictures = [drawn.picture for drawn in self.sampling.drawing.draw(request)]
            cluster, members = self._cluster(name, feature) if word is Conditioning.PARTITION else (None, ())
            yield ComparedRow(word, label, pictures, cluster, members)

    def figures(self) -> ComparedFigures | None:
        """See ``Comparing.figures``."""
        content = read_comparison(self._folder)
        if content is None:
            return None
        by_value = runs_of(content, "conditioning")
        rows = tuple(
            (word, tuple(figure_cell(run["figures"].get(key) for run in by_value[word]) for key in COLUMNS))
            for word in Conditioning
            if word in by_value
        )
        images = max((run["images"] for run in content["runs"]), default=0)
        return ComparedFigures(tuple(COLUMNS), rows, tuple(plots_of(content)), tuple(density_maps(content)), images)

    def _cluster(self, name: str, instance: np.ndarray) -> tuple[int, tuple[Image.Image, ...]]:
        """Return the instance's cluster, and what is stored of it, the nearest first."""
        network = self._store.network(name)
        assert isinstance(network, BigGanGenerator)
        bank = self._store.get(name).bank
        feature = torch.from_numpy(instance)[None]
        clusters = clusters_of(network, feature if bank is None else torch.cat([feature, bank.features]))
        assert clusters is not None
        own, *others = clusters.tolist()
        if bank is None:
            return own, ()
        near = (bank.features @ feature[0]).argsort(descending=True).tolist()
        rows = [row for row in near if others[row] == own][:MEMBERS]
        return own, tuple(self._drawn(self.encoding, bank.features[row].numpy()) for row in rows)

    def _drawn(self, name: str, feature: np.ndarray) -> Image.Image:
        return next(self.sampling.drawing.draw(DrawRequest.neighbours(name, feature, 1))).picture
