"""The Ray cluster that this process works with: one that runs already, or one of this machine alone."""

import importlib.util
import logging
import os
import socket
from collections.abc import Callable
from typing import Any, TypeVar

from icgan_demo.errors import ClusterError, RequestError

LOCAL = "local"
RETRIES = 10
"""How often Ray does again what a lost worker or machine was doing; an error of the work itself is not repeated."""
PATIENCE_S = 10.0
"""For a cluster to answer."""
OBJECT_STORE_BYTES = 200_000_000
"""For what travels between the processes of a cluster of this machine alone."""

Value = TypeVar("Value")


def connect(address: str | None = None, cpus: int | None = None) -> None:
    """Connect to a cluster, or start one on this machine that ends with this process; does nothing the second time.

    A new one ends with the thread that calls this, too (``PR_SET_PDEATHSIG``).

    Args:
        address: ``HOST:PORT``; ``auto`` for the one that this machine belongs to; ``local`` for a new one; None for
            what ``RAY_ADDRESS`` says, and without that for a new one.
        cpus: processors of a new one; None for all.
    Raises:
        RequestError: if Ray is not installed, or there is no such cluster.
        ClusterError: if a new one does not start.
    """
    if importlib.util.find_spec("ray") is None:
        raise RequestError("Ray is not installed. Install icgan-demo[cluster].")
    import ray

    if ray.is_initialized():
        return
    address = address or os.environ.get("RAY_ADDRESS") or LOCAL
    settings: dict[str, Any] = {"address": address, "log_to_driver": False, "logging_level": logging.ERROR}
    if address == LOCAL:
        os.environ.setdefault("RAY_raylet_start_wait_time_s", "180")  # 30 are not enough on a busy machine
        settings |= {"num_cpus": cpus, "object_store_memory": OBJECT_STORE_BYTES, "include_dashboard": False}
        settings["_system_config"] = {"worker_niceness": 0}  # Ray's 15 would let everything else come first
    try:
        _check_answers(address)
        ray.init(**settings)
    except (OSError, ValueError) as error:
        raise RequestError(
            f"There is no Ray cluster at {address!r:.100}. Start one with `ray start --head`, or leave the address out."
        ) from error
    except Exception as error:
        if "timed out during startup" not in str(error):  # it is a bare Exception
            raise
        raise ClusterError("Ray did not start within 30 seconds. This machine is too busy; try again later.") from error


def _check_answers(address: str) -> None:
    """Raise OSError if nothing listens at HOST:PORT, for which Ray would wait for minutes."""
    host, _, port = address.rpartition(":")
    if host and port.isdecimal():
        socket.create_connection((host, int(port)), timeout=PATIENCE_S).close()


def leave() -> None:
    """Leave the cluster; one that was started here ends."""
    import ray

    ray.shutdown()


def processors() -> int:
    """Return how many processors the cluster has now."""
    import ray

    return max(1, int(ray.cluster_resources().get("CPU", 1)))


def as_here(asked: Callable[[], Value]) -> Value:
    """Return what ``asked`` gets from the cluster; what went wrong in the work there is raised as it was raised there.

    Raises:
        ClusterError: if Ray has given up.
    """
    from ray import exceptions

    try:
        return asked()
    except exceptions.RayTaskError as error:
        raise error.cause from None
    except exceptions.RayError as error:
        raise ClusterError(
            "The cluster lost this work again and again. Look whether its machines have enough memory."
        ) from error
