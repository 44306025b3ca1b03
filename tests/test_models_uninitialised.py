"""Networks that are filled from files."""

import subprocess
import sys

import torch
from torch import nn

from icgan_demo.models.basic_resnet import BasicResNet
from icgan_demo.models.uninitialised import uninitialised


def test_networks_have_names_and_shapes_but_no_numbers():
    with uninitialised():
        network = BasicResNet((8, 8, 8, 8), (1, 1, 1, 1), stem_pool=False)
    whole = BasicResNet((8, 8, 8, 8), (1, 1, 1, 1), stem_pool=False)
    assert all(tensor.is_meta for tensor in network.state_dict().values())
    shapes = [{name: tensor.shape for name, tensor in each.state_dict().items()} for each in (network, whole)]
    assert shapes[0] == shapes[1]
    network.load_state_dict(whole.state_dict(), assign=True)
    images = torch.randn(2, 3, 32, 32)
    assert torch.equal(network.eval()(images), whole.eval()(images))


def test_what_is_made_afterwards_is_initialised():
    with uninitialised():
        nn.Embedding(2, 2)
    assert nn.Linear(4, 4).weight.std() > 0


def test_making_them_does_not_import_the_compiler():
    """Two seconds before the first image of a fresh process."""
    code = (
        "import sys; from torch import nn; from icgan_demo.models.basic_resnet import BasicResNet\n"
        "from icgan_demo.models.uninitialised import uninitialised\n"
        "with uninitialised(): BasicResNet((8, 8, 8, 8), (1, 1, 1, 1), False); nn.Embedding(3, 4)\n"
        "print('torch._dynamo' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
