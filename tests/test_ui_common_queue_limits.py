"""What one visitor may ask for at once: counted in a made-up queue, and on a real page."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import SimpleNamespace

import httpx
import pytest
from fakes import PaintedDrawing, PaintedSampling
from live_page import open_page

from icgan_demo.config import PUBLIC_LIMITS, VISITOR, Limits
from icgan_demo.ui.common.events import WORKS
from icgan_demo.ui.common.queue_limits import QueueLimits
from icgan_demo.ui.layout import QUEUE_LENGTH

LIMITS = Limits(asked_at_once=3, asked_from_one_address=5)


def event(session, address):
    return SimpleNamespace(session_hash=session, request=SimpleNamespace(scope={VISITOR: address}))


@dataclass
class MadeUpQueue:
    event_queue_per_concurrency_id: dict
    active_jobs: list
    max_size: int = 6

    def __len__(self):
        return sum(len(line.queue) for line in self.event_queue_per_concurrency_id.values())


def shares(waiting=(), at_work=()):
    lines = {"model": SimpleNamespace(queue=list(waiting))}
    return QueueLimits(SimpleNamespace(_queue=MadeUpQueue(lines, [None, *([one] for one in at_work)])), LIMITS)


def test_a_visitor_who_has_enough_is_told_so_in_the_language_of_the_browser():
    full = shares([event("a", "1.1.1.1")] * 2, [event("a", "1.1.1.1")])
    assert full.refusal("a", "1.1.1.1", "en-US,en").startswith("3 of your requests are already running or waiting.")
    assert full.refusal("a", "1.1.1.1", "ko").startswith("이미 요청 3개가")
    assert full.refusal("b", "1.1.1.1", "ko") == ""


def test_programs_with_a_new_session_for_each_request_are_counted_by_their_address():
    full = shares([event(str(number), "1.1.1.1") for number in range(5)])
    assert "from your network" in full.refusal("another", "1.1.1.1", "")
    assert full.refusal("another", "2.2.2.2", "") == ""
    assert full.refusal(None, None, "") == ""


def test_a_page_with_all_places_taken_says_so():
    waiting = [event(str(number), f"1.1.1.{number}") for number in range(6)]
    assert shares(waiting).refusal("new", "2.2.2.2", "en").startswith("6 requests are waiting here already.")
    assert shares(waiting).refusal("new", "2.2.2.2", "ko").startswith("이미 요청 6개가 대기")
    assert shares(waiting[1:]).refusal("new", "2.2.2.2", "ko") == ""


def test_what_is_on_its_way_into_the_queue_counts():
    empty = shares()
    with empty.joining("a", "1.1.1.1"), empty.joining("a", "1.1.1.1"), empty.joining("a", None):
        assert empty.refusal("a", "2.2.2.2", "")
        assert not empty.refusal("b", "1.1.1.1", "")
    assert not empty.refusal("a", "2.2.2.2", "")


def test_one_address_never_takes_all_places_of_a_public_page():
    assert PUBLIC_LIMITS.asked_at_once < PUBLIC_LIMITS.asked_from_one_address < min(WORKS, WORKS + QUEUE_LENGTH)


class WaitingDrawing(PaintedDrawing):
    """Draws nothing until it is told to."""

    def __init__(self, sampling):
        super().__init__(sampling)
        self.may_begin = threading.Event()

    def samples(self, request):
        """Yield like the painted one."""
        assert self.may_begin.wait(60)
        yield from super().samples(request)


@pytest.fixture
def sampling():
    painted = PaintedSampling()
    painted.drawing = WaitingDrawing(painted)
    yield painted
    painted.drawing.may_begin.set()


def test_no_endpoint_that_draws_can_be_called_past_the_queue(sampling, tmp_path):
    """/run/NAME had its own way to every handler: no place to wait for, no bound for a visitor."""
    with open_page(sampling, tmp_path) as url:
        for route in ("run", "api"):
            answer = httpx.post(f"{url}gradio_api/{route}/generate", json={"data": [None] * 9}, timeout=60)
            assert answer.status_code == 404
            assert "queue" in answer.json()["detail"]
        models = httpx.post(f"{url}gradio_api/run/models", json={"data": []}, timeout=60)
        assert models.status_code == 200


def test_one_visitor_cannot_fill_the_page(sampling, tmp_path):
    """A hundred requests at the same moment filled all places, and everybody else was sent away."""
    feature = [float(number) for number in sampling.pick("painted", 0).feature]

    def ask(session):
        body = {"data": [None, feature, "painted", "", 1, 0, 0.8, 1, False], "session_hash": session}
        return httpx.post(f"{url}gradio_api/call/generate", json=body, timeout=60)

    with open_page(sampling, tmp_path, limits=LIMITS) as url:
        with ThreadPoolExecutor(30) as crowd:
            greedy = list(crowd.map(ask, ["greedy"] * 30))
        assert sorted(answer.status_code for answer in greedy) == [200] * 3 + [429] * 27
        assert any("of your requests" in answer.json().get("detail", "") for answer in greedy)
        modest = ask("modest")
        assert modest.status_code == 200
        sampling.drawing.may_begin.set()
        with httpx.stream("GET", f"{url}gradio_api/call/generate/{modest.json()['event_id']}", timeout=60) as answer:
            assert "event: complete" in list(answer.iter_lines())
