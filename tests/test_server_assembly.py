"""What the page's services are made of, by its settings."""

import threading

from icgan_demo.config import Engine
from icgan_demo.server.app_config import AppConfig
from icgan_demo.server.assembly import close_services, open_services
from icgan_demo.service.cluster import ray_cluster
from icgan_demo.ui.common.events import WORKS


def test_a_cluster_is_joined_on_the_thread_that_stays_and_left_at_the_end(tmp_path, monkeypatch):
    """Joined on the thread that makes services in the background, it ended together with that thread."""
    told = []
    monkeypatch.setattr(ray_cluster, "connect", lambda: told.append(threading.current_thread()))
    monkeypatch.setattr(ray_cluster, "leave", lambda: told.append("left"))
    config = AppConfig(engine=Engine.RAY, data_dir=tmp_path / "data", upload_dir=tmp_path / "uploads")
    assert open_services(config, tmp_path).places == WORKS
    close_services(config)
    assert told == [threading.current_thread(), "left"]


def test_without_a_cluster_one_request_draws_at_a_time(tmp_path, monkeypatch):
    monkeypatch.setattr(ray_cluster, "connect", None)
    config = AppConfig(data_dir=tmp_path / "data", upload_dir=tmp_path / "uploads")
    assert open_services(config, tmp_path).places == 1
    close_services(config)
