"""What the page finds among its services."""

from dataclasses import replace
from pathlib import Path

import pytest
from fakes import PaintedSampling

from icgan_demo.errors import RequestError
from icgan_demo.ui.common.services import Services


def test_a_model_that_cannot_be_trained_is_refused_as_a_base_when_it_is_named():
    """The run was queued, and failed when its turn came."""
    sampling = PaintedSampling()
    [painted, plain, *_] = sampling.models()
    sampling.models = lambda: [painted, replace(plain, is_trainable=False)]
    services = Services(sampling, Path("thumbnails"), Path("drawn"))
    assert services.base("painted") == painted
    with pytest.raises(RequestError, match="Squares without classes cannot be trained on"):
        services.base("plain")
