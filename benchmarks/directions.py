"""Whether a direction changes every image in the same way: found directions against random ones.

``python -m benchmarks.directions MODEL...`` rewrites a table in ``docs/directions.md``. Stored instances, spread
evenly, are generated as they are and moved by ``AMOUNT`` deviations. A change is the difference of the two images'
features, as the model's encoder sees them, or of their coarse colours. A direction's consistency is the mean cosine
between the changes of different instances: 1 if it does the same to all, 0 if they have nothing in common. Random
directions have the length of one deviation of the stored instances (of their features, their conditions, or the noise)
along them.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from benchmarks.document import write_section
from icgan_demo.inference.directions import unit_features_tangent
from icgan_demo.inference.instance_model import Bank, InstanceModel
from icgan_demo.service.drawing.direction_requests import Direction, DirectionsRequest, Kind, Move, Space
from icgan_demo.service.drawing.drawing_requests import Blend, DrawRequest, Swap
from icgan_demo.service.drawing.sampling_service import SamplingService
from icgan_demo.service.model_store import ModelStore
from icgan_demo.weights.folders import model_folders

DOCUMENT = Path(__file__).parents[1] / "docs" / "directions.md"
IMAGES, AMOUNT, COUNT, COLOURS = 16, 2.0, 4, 4
KINDS = (Kind.WEIGHTS, Kind.RESPONSES, Kind.CONDITION, Kind.INSTANCE, Kind.NOISE)


@dataclass(frozen=True)
class Figures:
    """Of some directions, the mean."""

    consistency: float
    """Mean cosine between the changes of different instances, -1..1, of features."""
    in_colours: float
    """The same of the colours at ``COLOURS`` px."""
    change: float
    """Length of a change of features, 0..2."""


def consistency(changes: Tensor) -> float:
    """Return the mean cosine between different rows of ``changes`` (N, D), N > 1."""
    unit = F.normalize(changes, dim=1)
    count = len(unit)
    return float((unit.sum(0).square().sum() - unit.square().sum()) / (count * (count - 1)))


def random_directions(model: InstanceModel, bank: Bank, space: Space) -> list[Direction]:
    """Return directions of a space that nothing was looked for in, each of one standard deviation."""
    source = torch.Generator().manual_seed(0)
    if space is Space.NOISE:
        rows = torch.eye(model.generator.config.noise_dim)
    else:
        conditions = model.generator.condition(bank.features, bank.labels)
        rows = conditions if space is Space.CONDITION else unit_features_tangent(bank.features)
    along = F.normalize(torch.randn(COUNT, rows.shape[1], generator=source), dim=1)
    deviations = torch.ones(COUNT) if space is Space.NOISE else (rows @ along.T).std(0)
    return [Direction(space, row.numpy()) for row in along * deviations[:, None]]


def measured(service: SamplingService, model: InstanceModel, bank: Bank, directions: Sequence[Direction]) -> Figures:
    """Return the figures of directions."""
    values, stored = [], len(bank.features)
    rows = [stored * place // IMAGES for place in range(IMAGES)]
    still = [_request(model, bank, seed, row) for seed, row in enumerate(rows)]
    before = _seen(service, model, still)
    for direction in directions:
        after = _seen(service, model, [each.moved(Move(direction, AMOUNT)) for each in still])
        features, colours = (late - early for late, early in zip(after, before, strict=True))
        values.append((consistency(features), consistency(colours), float(features.norm(dim=1).mean())))
    return Figures(*np.mean(values, axis=0).tolist())


@torch.inference_mode()
def table(service: SamplingService, store: ModelStore, name: str) -> list[str]:
    """Return a model's lines of the table."""
    model, lines = store.get(name), []
    assert model.bank is not None
    chance: dict[Space, Figures] = {}
    for kind in KINDS:
        found = service.drawing.directions(DirectionsRequest(name, kind, count=COUNT))
        space = found[0].space
        if space not in chance:
            chance[space] = measured(service, model, model.bank, random_directions(model, model.bank, space))
        figures, by_chance = measured(service, model, model.bank, found), chance[space]
        lines.append(
            f"| {name} | {kind.value} | {figures.consistency:.2f} ({by_chance.consistency:.2f}) | "
            f"{figures.in_colours:.2f} ({by_chance.in_colours:.2f}) | {figures.change:.2f} ({by_chance.change:.2f}) |"
        )
    return lines


def main(names: Sequence[str]) -> None:
    """Measure models and write the table."""
    store = ModelStore(model_folders())
    service = SamplingService(store)
    lines = [line for name in names for line in table(service, store, name)]
    head = "| model | directions | consistency of features | of colours | size of the change |\n|---|---|---|---|---|"
    write_section("consistency", "\n".join([head, *lines]), DOCUMENT)
    print("\n".join([head, *lines]))


def _request(model: InstanceModel, bank: Bank, seed: int, row: int) -> DrawRequest:
    label = int(bank.labels[row])
    swap = Swap.to(model.card.class_names[label]) if label >= 0 else Swap()
    return DrawRequest(model.card.name, Blend((bank.features[row].numpy(),), swap=swap), (seed,))


def _seen(service: SamplingService, model: InstanceModel, requests: Sequence[DrawRequest]) -> tuple[Tensor, Tensor]:
    """Return the features (N, D) of images, and their coarse colours (N, 3 * COLOURS**2), 0..1."""
    pictures = [next(iter(service.drawing.draw(request))).picture for request in requests]
    small = [picture.resize((COLOURS, COLOURS), Image.Resampling.BOX) for picture in pictures]
    colours = np.stack([np.asarray(picture, np.float32).ravel() / 255 for picture in small])
    return model.encode(pictures), torch.from_numpy(colours)


if __name__ == "__main__":
    main(sys.argv[1:])
