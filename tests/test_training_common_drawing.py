"""Networks as they draw while others learn."""

import pytest
from torch import nn

from icgan_demo.training.common.drawing import average_of, evaluated


@pytest.mark.parametrize("is_training", [True, False])
def test_a_network_is_evaluated_for_a_moment_and_then_as_it_was(is_training):
    network = nn.Dropout().train(is_training)
    with pytest.raises(ZeroDivisionError), evaluated(network):
        assert 1 / network.training
    assert network.training is is_training


def test_the_average_forgets_its_first_steps_quickly_and_then_keeps_to_its_decay():
    network = nn.Linear(1, 1, bias=False)
    average = average_of(network, decay=0.5)
    nn.init.ones_(network.weight)
    average.update_parameters(network)  # the first update is taken as it is
    nn.init.zeros_(network.weight)
    average.update_parameters(network)
    assert average.module.weight.item() == pytest.approx(2 / 11)
    for _ in range(10):
        average.update_parameters(network)
    before = average.module.weight.item()
    average.update_parameters(network)
    assert average.module.weight.item() == pytest.approx(0.5 * before)
