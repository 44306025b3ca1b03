"""A Ray cluster of this machine for the tests of one file: two processors, little memory, no dashboard."""

import importlib.util
import os

import pytest

from icgan_demo.service.cluster.ray_cluster import connect, leave

WANTS_RAY = pytest.mark.skipif(
    importlib.util.find_spec("ray") is None, reason="Ray is not installed (icgan-demo[cluster])"
)


@pytest.fixture(scope="module")
def local_ray():
    """Start it, and end it after the last test of the file.

    A client of Ray outlives the cluster that ends here, and ends its process without a word if it has found nobody
    there for a minute: the process of other tests by then.
    """
    os.environ["RAY_gcs_rpc_server_reconnect_timeout_s"] = "100000"
    connect("local", cpus=2)
    yield
    leave()
