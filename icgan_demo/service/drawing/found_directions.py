"""Directions of loaded models: found, measured, and steps along them taken."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from icgan_demo.config import TRUNCATION
from icgan_demo.errors import RequestError
from icgan_demo.inference.conditions import turned
from icgan_demo.inference.directions import (
    amplified,
    amplified_noise,
    answered,
    block_responses,
    difference,
    input_grams,
    principal,
    unit_features_tangent,
)
from icgan_demo.inference.instance_model import Bank, InstanceModel
from icgan_demo.models.generators import AnyGenerator
from icgan_demo.models.noise import noise_deviation
from icgan_demo.service.drawing.direction_requests import Direction, DirectionsRequest, Kind, Move, Space

SAMPLED = 400
"""Responses that are compared: of stored instances in turn, each time with other noise."""
RESPONSES_AT = 16
"""Output side of the block whose responses count where none is named, px: what is where is decided there."""


def found_directions(
    model: InstanceModel, network: Callable[[], AnyGenerator], asked: DirectionsRequest, features: Sequence[Tensor]
) -> list[Direction]:
    """Return directions of a model, the strongest first.

    Args:
        model: that draws.
        network: gives its plain generator, for what is read off its weights and maps.
        asked: which directions.
        features: of a difference: these (N, D) and those (M, D).
    Raises:
        RequestError: if it has no such block, or no stored instances, which tell what one deviation is.
    """
    block, bank = _block(model, asked.side), model.bank
    if asked.kind is Kind.DIFFERENCE:
        these, those = features
        vectors = difference(these, those, None if bank is None else bank.features)[None]
        if not bool(vectors.any()):
            raise RequestError("Both sides of the difference have the same mean. Choose other instances.")
    elif asked.kind is Kind.NOISE:
        _, gram = input_grams(network(), _mean_condition(model))
        vectors = amplified_noise(gram, asked.count)
    elif bank is None or len(bank.features) < 2:
        raise RequestError(f"{model.card.title} has no stored instances to compare. Take directions of the noise.")
    elif asked.kind is Kind.INSTANCE:
        vectors = principal(unit_features_tangent(bank.features), asked.count)
    else:
        vectors = _of_condition(model, network, asked, bank, block)
    space = {Kind.NOISE: Space.NOISE, Kind.INSTANCE: Space.INSTANCE, Kind.DIFFERENCE: Space.INSTANCE}
    where = "" if asked.side is None else f" {asked.side} px"
    return [
        Direction(
            space.get(asked.kind, Space.CONDITION), vector.numpy(), asked.side, f"{asked.kind.value}{where} {place}"
        )
        for place, vector in enumerate(vectors, 1)
    ]


def moved_feature(model: InstanceModel, feature: Tensor, moves: Sequence[Move]) -> Tensor:
    """Return the instance (D,) after all steps along directions of instances: one turn on the sphere."""
    step = _step(model, moves, Space.INSTANCE, len(feature))
    return feature if step is None else turned(feature, step)


def moved_noise(model: InstanceModel, noise: Tensor, truncation: float, moves: Sequence[Move]) -> Tensor:
    """Return noise (N, noise_dim) after all steps along directions of noise."""
    step = _step(model, moves, Space.NOISE, noise.shape[1])
    redraws = model.generator.config.truncates_noise
    return noise if step is None else noise + noise_deviation(truncation, redraw=redraws) * step


def moved_conditions(model: InstanceModel, conditions: Sequence[Tensor], moves: Sequence[Move]) -> list[Tensor]:
    """Return the conditions (condition_dim,) of all blocks after all steps along directions of conditions."""
    for move in moves:
        _block(model, move.direction.side)
    moved = []
    for block, condition in enumerate(conditions):
        taken = [move for move in moves if move.direction.side in (None, 8 << block)]
        step = _step(model, taken, Space.CONDITION, len(condition))
        moved.append(condition if step is None else condition + step)
    return moved


def _of_condition(
    model: InstanceModel,
    network: Callable[[], AnyGenerator],
    asked: DirectionsRequest,
    bank: Bank,
    block: int | None,
) -> Tensor:
    conditions = model.generator.condition(bank.features, bank.labels)
    if asked.kind is Kind.CONDITION:
        return principal(conditions, asked.count)
    if asked.kind is Kind.WEIGHTS:
        grams, _ = input_grams(network(), conditions.mean(0))
        gram = torch.stack(grams).mean(0) if block is None else grams[block]
        return amplified(gram, conditions, asked.count)
    turns = torch.randperm(len(conditions), generator=torch.Generator().manual_seed(0))
    sampled = conditions[turns[torch.arange(SAMPLED) % len(turns)]]
    side = min(RESPONSES_AT, model.resolution) if block is None else 8 << block
    noise = model.noise(range(len(sampled)), TRUNCATION)
    responses = block_responses(network(), noise, sampled, side.bit_length() - 4)
    return answered(responses, sampled, asked.count)


def _mean_condition(model: InstanceModel) -> Tensor:
    dim = model.generator.config.feature_dim
    features = torch.zeros(1, dim) if model.bank is None else model.bank.features
    labels = None if model.bank is None else model.bank.labels
    if labels is None and model.generator.config.num_classes:
        labels = torch.zeros(len(features), dtype=torch.int64)
    return model.generator.condition(features, labels).mean(0)


def _block(model: InstanceModel, side: int | None) -> int | None:
    """Return the block of that output side; raises RequestError if there is none."""
    sides = [8 << block for block in range(model.generator.config.blocks)]
    if side is None:
        return None
    if side not in sides:
        raise RequestError(f"{model.card.title} has blocks of {', '.join(map(str, sides))} px, not of {side}.")
    return sides.index(side)


def _step(model: InstanceModel, moves: Sequence[Move], space: Space, length: int) -> Tensor | None:
    """Return the sum (D,) of all steps in a space; None for none. Raises RequestError for another model's."""
    steps = [move for move in moves if move.direction.space is space and move.amount != 0]
    if any(len(move.direction.vector) != length for move in steps):
        raise RequestError(f"The direction does not belong to {model.card.title}. Look for it again with this model.")
    if not steps:
        return None
    summed = sum((np.float32(move.amount) * move.direction.vector for move in steps), np.zeros(length, np.float32))
    return torch.from_numpy(np.asarray(summed, dtype=np.float32))
