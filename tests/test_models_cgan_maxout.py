"""The maxout layer: against values computed by hand, against the plain definition, and its gradient."""

import torch

from icgan_demo.models.cgan.maxout import Maxout


def test_values_agree_with_a_hand_computation():
    layer = Maxout(2, units=2, pieces=3)
    with torch.no_grad():
        # unit 0: x, y, -x-y+1;  unit 1: 2x-y, 0.5, y-2
        layer.linear.weight.copy_(torch.tensor([[1.0, 0], [0, 1], [-1, -1], [2, -1], [0, 0], [0, 1]]))
        layer.linear.bias.copy_(torch.tensor([0.0, 0, 1, 0, 0.5, -2]))
    values = layer(torch.tensor([[1.0, 3.0], [-2.0, -1.0], [2.0, 1.0]]))
    assert values.tolist() == [[3.0, 1.0], [4.0, 0.5], [2.0, 3.0]]


def test_values_agree_with_the_definition_for_random_weights():
    layer = Maxout(20, units=7, pieces=5).double()
    rows = torch.randn(11, 20, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    expected = layer.linear(rows).view(11, 7, 5).amax(dim=2)
    torch.testing.assert_close(layer(rows), expected)


def test_only_the_largest_piece_learns():
    layer = Maxout(1, units=1, pieces=3)
    with torch.no_grad():
        layer.linear.weight.copy_(torch.tensor([[1.0], [2.0], [3.0]]))
        layer.linear.bias.zero_()
    layer(torch.tensor([[2.0]])).sum().backward()
    assert layer.linear.weight.grad.flatten().tolist() == [0.0, 0.0, 2.0]


def test_one_piece_is_a_linear_layer():
    layer = Maxout(4, units=3, pieces=1)
    rows = torch.randn(2, 4)
    torch.testing.assert_close(layer(rows), layer.linear(rows))
