"""The health check: answered by itself, with the headers that every answer has, and what it says."""

import asyncio

import pytest
from fakes import PaintedSampling

from icgan_demo.errors import WeightsError
from icgan_demo.lazy import is_awaited, lazy
from icgan_demo.server.health import HealthCheck, health_of
from icgan_demo.server.request_guard import answer_headers


@pytest.mark.parametrize(("path", "root"), [("/healthz", ""), ("/app/healthz", "/app")])
def test_it_answers_with_the_protective_headers(path, root):
    answer = []

    async def send(message):
        answer.append(message)

    check = HealthCheck(None, report=lambda: {"status": "ok"}, headers=answer_headers())
    asyncio.run(check({"type": "http", "path": path, "root_path": root}, None, send))
    headers = dict(answer[0]["headers"])
    assert answer[0]["status"] == 200
    assert headers[b"x-content-type-options"] == b"nosniff"
    assert headers[b"content-security-policy"] == b"frame-ancestors 'self'"
    assert headers[b"cache-control"] == b"no-store"


def fail(error):
    def make():
        raise error

    return make


def test_it_never_waits_for_a_service_that_starts_and_has_nothing_made():
    sampling = lazy(PaintedSampling)
    assert health_of(sampling) == {"status": "ok", "model_loaded": False, "model": None, "detail": "starting"}
    assert is_awaited(sampling)
    sampling.models()
    assert health_of(sampling) == {"status": "ok", "model_loaded": True, "model": "painted", "detail": "ready"}


def test_a_service_that_cannot_start_is_said_in_words_for_everybody():
    sampling = lazy(fail(RuntimeError("libtorch.so: cannot open shared object file")))
    try:
        sampling.models()
    except Exception:
        said = health_of(sampling)
    assert said["model_loaded"] is False
    assert "could not start" in said["detail"]
    assert "libtorch" not in said["detail"]


def test_our_own_error_keeps_its_words():
    sampling = lazy(fail(WeightsError("card.json is damaged.")))
    try:
        sampling.models()
    except WeightsError:
        said = health_of(sampling)
    assert said["detail"] == "card.json is damaged."


def test_without_a_model_it_says_so():
    empty = PaintedSampling()
    empty.models = lambda: []
    assert health_of(empty)["detail"] == "no model"
