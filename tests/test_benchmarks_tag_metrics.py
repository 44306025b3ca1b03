"""Figures of taggers against hand computations."""

import math

import pytest
import torch

from benchmarks.tag_metrics import (
    best_possible,
    frequency_order,
    neighbour_order,
    neighbour_scores,
    tag_figures,
)

RELEVANT = torch.tensor([[1, 0, 1, 0], [0, 1, 0, 0]], dtype=torch.bool)


def test_figures_are_those_of_a_hand_computation():
    order = torch.tensor([[0, 1, 2, 3], [0, 2, 1, 3]])
    found = tag_figures(order, RELEVANT, count=2)
    # First picture: hits at places 1 and 3; second: at place 3.
    assert found["precision_at_2"] == pytest.approx((1 / 2 + 0) / 2)
    assert found["recall_at_2"] == pytest.approx((1 / 2 + 0) / 2)
    assert found["mean_average_precision"] == pytest.approx(((1 + 2 / 3) / 2 + 1 / 3) / 2)


def test_the_best_possible_is_bounded_by_pictures_with_few_words():
    found = best_possible(RELEVANT, count=2)
    assert found == {"precision_at_2": 0.75, "recall_at_2": 1.0, "mean_average_precision": 1.0}


def test_frequent_words_come_first_for_everybody():
    tags = torch.tensor([[1, 0, 1], [0, 0, 1], [1, 1, 1]], dtype=torch.bool)
    assert frequency_order(tags, 2).tolist() == [[2, 0, 1], [2, 0, 1]]


def test_words_of_nearer_pictures_come_first():
    angles = torch.tensor([0.0, 0.3, 2.0])
    train = torch.stack([angles.cos(), angles.sin()], dim=1)
    tags = torch.tensor([[0, 0, 1, 0], [0, 1, 1, 0], [1, 0, 0, 1]], dtype=torch.bool)
    query = torch.tensor([[math.cos(0.25), math.sin(0.25)]])
    assert neighbour_order(query, train, tags, 2)[0, :2].tolist() == [2, 1]
    assert neighbour_order(query, train, tags, 1)[0, :2].tolist() == [2, 1]
    assert neighbour_order(-query, train, tags, 1)[0, :2].tolist() == [0, 3]
    assert neighbour_scores(query, train, tags, 1)[0].tolist() == [0, 1, 1, 0]
    shares = neighbour_scores(query, train, tags, 2)[0]
    assert shares.max() <= 1
    assert shares[2] > shares[1] > 0
