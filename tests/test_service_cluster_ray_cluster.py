"""The way to a cluster."""

import importlib.util

import pytest

from icgan_demo.errors import RequestError
from icgan_demo.service.cluster.ray_cluster import connect


def test_without_ray_one_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(RequestError, match=r"^Ray is not installed. Install icgan-demo\[cluster\].$"):
        connect()
