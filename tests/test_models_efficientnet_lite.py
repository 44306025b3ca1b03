"""EfficientNet-Lite0 against timm's own, with random weights: no trained ones are needed to compare arithmetic."""

import pytest
import timm
import torch

from icgan_demo.models.efficientnet_lite import MAP_WIDTHS, EfficientNetLite0, SameConv, folded


@pytest.fixture(scope="module")
def reference():
    """timm's network with statistics that matter: fresh ones would hide a wrong eps or a forgotten mean."""
    torch.manual_seed(0)
    network = timm.create_model("tf_efficientnet_lite0", pretrained=False).eval()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.normal_(module.running_mean, std=0.1)
            torch.nn.init.uniform_(module.running_var, 0.01, 1.0)
            torch.nn.init.normal_(module.weight, 1.0, 0.1)
            torch.nn.init.normal_(module.bias, std=0.1)
    return network.double()  # random weights amplify what float32 rounds


@pytest.mark.parametrize("side", [64, 96, 113])
@torch.no_grad()
def test_it_computes_what_timm_computes(reference, side):
    images = torch.rand(2, 3, side, side, dtype=torch.float64) * 2 - 1
    ours = folded(reference.state_dict())
    wanted = reference.forward_head(reference.forward_features(images), pre_logits=True)
    assert torch.allclose(ours(images), wanted, atol=1e-6)
    assert torch.allclose(ours.classifier(ours(images)), reference(images), atol=1e-6)


@torch.no_grad()
def test_symmetric_padding_would_be_noticed(reference, monkeypatch):
    images = torch.rand(2, 3, 64, 64, dtype=torch.float64) * 2 - 1
    ours = folded(reference.state_dict())
    right = ours(images)
    for module in ours.modules():
        if isinstance(module, SameConv):
            module.padding = (module.kernel_size[0] // 2,) * 2
    monkeypatch.setattr(SameConv, "forward", torch.nn.Conv2d.forward)
    assert (ours(images) - right).abs().max() > 1e-2 * right.abs().max()


@torch.no_grad()
def test_the_inner_maps_have_the_sides_and_widths_that_heads_expect(reference):
    maps = folded(reference.state_dict()).maps(torch.zeros(1, 3, 224, 224, dtype=torch.float64))
    assert [tuple(x.shape[1:]) for x in maps] == [(24, 56, 56), (40, 28, 28), (112, 14, 14), (320, 7, 7)]
    assert tuple(x.shape[1] for x in maps) == MAP_WIDTHS


def test_names_are_not_looked_at_but_number_and_shapes_are(reference):
    tensors = reference.state_dict()
    renamed = {f"t{index}": value for index, value in enumerate(tensors.values())}
    for one, other in zip(folded(renamed).parameters(), folded(tensors).parameters(), strict=True):
        assert torch.equal(one, other)
    with pytest.raises(ValueError, match="296 tensors are needed, got 295"):
        folded(dict(list(tensors.items())[:-1]))
    swapped = list(tensors.values())
    swapped[0], swapped[6] = swapped[6], swapped[0]
    with pytest.raises(ValueError, match="shape"):
        folded(dict(enumerate(swapped)))


def test_it_never_learns(reference):
    assert not any(parameter.requires_grad for parameter in folded(reference.state_dict()).parameters())
    assert len(EfficientNetLite0().state_dict()) == 2 * 49 + 2
