"""A Ray cluster of this machine for the tests of one file: two processors, little memory, no dashboard."""

import importlib.util

import pytest

from icgan_demo.service.cluster.ray_cluster import connect, leave

WANTS_RAY = pytest.mark.skipif(
    importlib.util.find_spec("ray") is None, reason="Ray is not installed (icgan-demo[cluster])"
)


@pytest.fixture(scope="module")
def local_ray():
    """Start it, and end it after the last test of the file."""
    connect("local", cpus=2)
    yield
    leave()
