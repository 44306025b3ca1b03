"""Quick pictures: never after the pictures in full quality that overtook them, never too many at once."""

import threading

import numpy as np

from icgan_demo.service.drawing.drawing_requests import Blend, DrawRequest
from icgan_demo.ui.stage import previews as previews_module
from icgan_demo.ui.stage.previews import Previews

FEATURE = np.eye(1, 16, dtype=np.float32)[0]


def request(seed: int = 0) -> DrawRequest:
    return DrawRequest("tiny", Blend((FEATURE,)), (seed,), 0.8)


def test_a_quick_picture_is_shown():
    assert Previews().draw("a", request(), lambda: "picture") == "picture"


def test_a_quick_picture_that_full_quality_overtakes_while_it_is_drawn_is_not_shown():
    previews = Previews()

    def slowly() -> str:
        previews.overtake("a", request(1))
        return "late"

    assert previews.draw("a", request(0), slowly) is None
    assert previews.draw("a", request(0), lambda: "next") == "next"


def test_what_is_being_drawn_in_full_quality_is_not_drawn_quickly():
    previews = Previews()
    previews.overtake("a", request(1))
    drawn: list[str] = []
    assert previews.draw("a", request(1), lambda: drawn.append("again")) is None
    assert drawn == []


def test_visitors_do_not_overtake_each_other():
    previews = Previews()

    def meanwhile() -> str:
        previews.overtake("b", request(1))
        return "picture"

    assert previews.draw("a", request(0), meanwhile) == "picture"


def test_a_busy_machine_leaves_quick_pictures_out_and_draws_them_again_afterwards():
    previews = Previews()
    begun, go_on = threading.Barrier(previews_module.AT_ONCE + 1), threading.Event()

    def slowly() -> str:
        begun.wait(10)
        go_on.wait(10)
        return "picture"

    threads = [
        threading.Thread(target=previews.draw, args=(str(number), request(), slowly))
        for number in range(previews_module.AT_ONCE)
    ]
    for thread in threads:
        thread.start()
    begun.wait(10)
    assert previews.draw("one more", request(), lambda: "picture") is None
    go_on.set()
    for thread in threads:
        thread.join()
    assert previews.draw("one more", request(), lambda: "picture") == "picture"


def test_a_failed_quick_drawing_gives_its_place_back():
    previews = Previews()

    def fails() -> str:
        raise ValueError

    for _ in range(previews_module.AT_ONCE + 1):
        try:
            previews.draw("a", request(), fails)
        except ValueError:
            continue
        raise AssertionError("the drawing did not begin")


def test_only_the_latest_visitors_are_remembered(monkeypatch):
    monkeypatch.setattr(previews_module, "VISITORS", 2)
    previews = Previews()
    for visitor in "abca":
        previews.overtake(visitor, request())
    assert [previews.draw(visitor, request(), lambda: "new") for visitor in "abc"] == [None, "new", None]
