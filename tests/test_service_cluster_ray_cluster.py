"""The way to a cluster."""

import importlib.util

import pytest
from local_ray import WANTS_RAY

from icgan_demo.errors import ClusterError, RequestError
from icgan_demo.service.cluster.ray_cluster import connect


def test_without_ray_one_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(RequestError, match=r"^Ray is not installed. Install icgan-demo\[cluster\].$"):
        connect()


@WANTS_RAY
def test_an_address_at_which_nothing_answers_is_said_at_once(monkeypatch):
    """Ray would wait for minutes."""
    import ray

    monkeypatch.setattr(ray, "init", None)
    with pytest.raises(RequestError, match=r"^There is no Ray cluster at '127.0.0.1:1'"):
        connect("127.0.0.1:1")


@WANTS_RAY
def test_a_machine_that_is_too_busy_to_start_one_says_so(monkeypatch):
    import ray

    def slow(**settings):
        raise Exception("The current node timed out during startup. This could happen because ...")

    monkeypatch.setattr(ray, "init", slow)
    with pytest.raises(ClusterError, match=r"^Ray did not start within 30 seconds. This machine is too busy"):
        connect("local")
