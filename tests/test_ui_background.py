"""The service that is built behind the open page."""

import threading

import pytest
from fakes import PaintedSampling

from icgan_demo.errors import BusyError, WeightsError
from icgan_demo.ui.background import BackgroundSampling


def test_it_starts_only_when_told_and_then_serves():
    sampling = BackgroundSampling(PaintedSampling)
    assert sampling.is_starting()
    sampling.start()
    assert sampling.models()[0].name == "painted"
    assert not sampling.is_starting()


def test_a_visitor_who_comes_too_early_waits_and_is_then_told():
    sampling = BackgroundSampling(PaintedSampling, patience_s=0.01)
    with pytest.raises(BusyError, match="still starting"):
        sampling.bank("painted")


def test_health_never_waits_and_tells_the_stages():
    release = threading.Event()

    def build():
        release.wait(10)
        return PaintedSampling()

    sampling = BackgroundSampling(build)
    sampling.start()
    assert sampling.health() == {"status": "ok", "model_loaded": False, "model": None, "detail": "starting"}
    release.set()
    sampling.models()
    assert sampling.health() == {"status": "ok", "model_loaded": True, "model": "painted", "detail": "ready"}


def test_a_service_that_cannot_start_leaves_a_page_that_says_so():
    def build():
        raise RuntimeError("libtorch.so: cannot open shared object file")

    sampling = BackgroundSampling(build)
    sampling.start()
    with pytest.raises(WeightsError, match="could not start") as refusal:
        sampling.models()
    assert "libtorch" not in str(refusal.value)
    assert sampling.health()["model_loaded"] is False


def test_our_own_error_while_building_keeps_its_words():
    def build():
        raise WeightsError("card.json is damaged.")

    sampling = BackgroundSampling(build)
    sampling.start()
    with pytest.raises(WeightsError, match=r"card\.json is damaged"):
        sampling.models()
    assert sampling.health()["detail"] == "card.json is damaged."


def test_without_a_model_health_says_so():
    empty = PaintedSampling()
    empty.models = lambda: []
    sampling = BackgroundSampling(lambda: empty)
    sampling.start()
    sampling.encode  # noqa: B018 (methods exist before the service does)
    assert sampling._service() is empty
    assert sampling.health()["detail"] == "no model"
