"""The bundled encoder's network against timm's own."""

import subprocess
import sys

import pytest
import torch
from timm.models.resnet import BasicBlock, ResNet

from icgan_demo.models.basic_resnet import BasicResNet

WIDTHS, LAYERS = (8, 16, 24, 32), (1, 2, 1, 1)


def timms(stem_pool):
    network = ResNet(BasicBlock, LAYERS, num_classes=0, channels=WIDTHS, stem_type="deep", stem_width=WIDTHS[0] // 2)
    if not stem_pool:
        network.maxpool = torch.nn.Identity()
    return network


def pair(stem_pool):
    networks = []
    for build in (lambda: BasicResNet(WIDTHS, LAYERS, stem_pool), lambda: timms(stem_pool)):
        torch.manual_seed(3)
        networks.append(build())
    return networks


@pytest.mark.parametrize("stem_pool", [True, False])
def test_it_begins_with_timms_names_and_weights(stem_pool):
    """Saved encoders have these names, and the figures of untrained ones these weights."""
    ours, reference = (network.state_dict() for network in pair(stem_pool))
    assert list(ours) == list(reference)
    assert all(torch.equal(ours[name], reference[name]) for name in ours)


@pytest.mark.parametrize("stem_pool", [True, False])
@pytest.mark.parametrize("is_training", [True, False])
def test_it_computes_what_timm_computes(stem_pool, is_training):
    ours, reference = pair(stem_pool)
    with torch.no_grad():
        for name, values in reference.state_dict().items():
            if "bn" in name or name.startswith("conv1.") or "downsample.1" in name:  # fresh ones would hide much
                values.copy_(torch.rand_like(values) + 0.5 if values.is_floating_point() else values)
    ours.load_state_dict(reference.state_dict())
    images = torch.randn(4, 3, 48, 48)
    features = [network.train(is_training)(images) for network in (ours, reference)]
    assert torch.allclose(*features, atol=1e-5)
    assert features[0].std() > 0.01


def test_importing_the_bundled_encoder_imports_neither_torchvision_nor_the_compiler():
    """Each model of the list is looked at before the first one is loaded, and that imports its encoder."""
    imported = "{'timm', 'torchvision', 'torch._dynamo'} & set(sys.modules)"
    code = f"import sys, icgan_demo.encoders.bundled; print({imported})"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
