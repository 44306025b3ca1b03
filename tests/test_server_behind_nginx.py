"""The page behind a proxy with little patience, at a path of its own or not: long work arrives, and piece by piece.

Some of it behind a real nginx, where there is one.
"""

import threading

import httpx
import pytest
from fakes import PaintedDrawing, PaintedSampling
from live_page import open_page
from nginx_proxy import NEEDS_NGINX, nginx

from icgan_demo.server.serve import HEARTBEAT_S

PATIENCE_S, QUICK_HEARTBEAT_S = 5, 1
PROXY = """
server {{
    listen LISTEN; client_max_body_size 10m;
    location / {{
        proxy_pass {page}; proxy_http_version 1.1; proxy_read_timeout {patience}s; proxy_set_header Host $http_host;
    }}
}}
"""


class WaitingDrawing(PaintedDrawing):
    """Draws four pictures, and the others when it is told to."""

    def __init__(self, sampling):
        super().__init__(sampling)
        self.may_continue = threading.Event()

    def samples(self, request):
        """Yield like the painted one."""
        for samples in super().samples(request):
            yield samples
            self.may_continue.wait(120)


@pytest.fixture
def sampling():
    painted = PaintedSampling()
    painted.drawing = WaitingDrawing(painted)
    yield painted
    painted.drawing.may_continue.set()


@pytest.fixture(params=["", "/app"])
def root(request, monkeypatch):
    """Return the path of the page, which the proxy does not take away."""
    monkeypatch.setenv("GRADIO_ROOT_PATH", request.param)
    monkeypatch.setenv("GRADIO_HEARTBEAT_INTERVAL", str(QUICK_HEARTBEAT_S))
    return request.param


def events_of(url, sampling, enough):
    """Draw at ``url``, the second half not before ``enough`` signs of life have come; returns what came."""
    feature = [float(number) for number in sampling.pick("painted", 0).feature]
    values = [None, feature, "painted", "", 8, 0, 0.8, 1, False]
    asked = httpx.post(f"{url}/gradio_api/call/generate", json={"data": values}, timeout=60).json()
    events = []
    with httpx.stream("GET", f"{url}/gradio_api/call/generate/{asked['event_id']}", timeout=60) as answer:
        for line in answer.iter_lines():
            if line.startswith("event: "):
                events.append(line.removeprefix("event: "))
            if events.count("heartbeat") >= enough:
                sampling.drawing.may_continue.set()
    return events


@NEEDS_NGINX
def test_a_result_that_takes_longer_than_the_proxys_patience_arrives_and_its_pictures_before(sampling, root, tmp_path):
    """The page sends a sign of life between two messages; without one nginx ends the stream with status 504."""
    with open_page(sampling, tmp_path / "page") as page:
        proxy = PROXY.format(page=page.rstrip("/"), patience=PATIENCE_S)
        with nginx(tmp_path, proxy) as url:
            events = events_of(url + root, sampling, enough=(PATIENCE_S + 2) / QUICK_HEARTBEAT_S)
    assert "generating" in events[: events.index("heartbeat", 3)]
    assert events[-1] == "complete"


def test_the_page_answers_at_a_path_of_its_own_and_gives_signs_of_life_there(sampling, root, tmp_path):
    """As behind a proxy that keeps the path: the page itself, a photo of more than a megabyte, and long work."""
    with open_page(sampling, tmp_path) as page:
        url = page.rstrip("/") + root
        assert httpx.get(f"{url}/studio", timeout=60).status_code == 200
        photo = {"files": ("photo.png", bytes(1_500_000))}
        assert httpx.post(f"{url}/gradio_api/upload", files=photo, timeout=60).status_code == 200
        events = events_of(url, sampling, enough=3)
    assert events.count("heartbeat") >= 3
    assert events[-1] == "complete"


def test_the_page_gives_signs_of_life_well_within_ten_seconds():
    assert 0 < float(HEARTBEAT_S) < 10 / 2
