"""Turns at the model, with handlers that write down the order of their work: by themselves and in a real page."""

import asyncio
import threading
from contextlib import aclosing
from types import SimpleNamespace

import pytest
from fakes import PaintedDrawing, PaintedSampling
from gradio.context import LocalContext
from gradio_client import Client
from live_page import open_page

from icgan_demo.ui.common.events import ASIDE, GIVE_WAY
from icgan_demo.ui.common.model_turns import ModelTurns


class Diary:
    """Writes down every step of handlers, and how many ran at a time at most."""

    def __init__(self):
        self.steps = []
        self.most = self.running = 0
        self.closed = []

    def handler(self, name, steps):
        def work():
            try:
                for _ in range(steps):
                    self._step(name)
                    yield name
            finally:
                self.closed.append(name)

        return work

    def _step(self, name):
        self.running += 1
        self.most = max(self.most, self.running)
        self.steps.append(name)
        self.running -= 1


async def done_by(visitor, work):
    """Read what a handler yields to the end, as the page does for one visitor."""
    LocalContext.request.set(SimpleNamespace(session_hash=visitor))
    async with aclosing(work()) as updates:
        return [update async for update in updates]


async def soon(condition):
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0)


def test_short_work_of_another_visitor_waits_for_one_portion_at_a_time():
    diary, turns = Diary(), ModelTurns()

    async def both():
        long = asyncio.create_task(done_by("a", turns.take_turns(diary.handler("long", 100))))
        await soon(lambda: diary.steps)
        await done_by("b", turns.take_turns(diary.handler("short", 4)))
        before = list(diary.steps)
        await long
        return before

    before = asyncio.run(both())
    first = before.index("short")
    assert before[first:] == ["short", "long"] * 3 + ["short", "long"][: len(before) - first - 6]
    assert diary.steps.count("long") == 100
    assert diary.most == 1


def test_three_visitors_come_round_in_the_order_of_asking():
    diary, turns = Diary(), ModelTurns()

    async def all_of_them():
        works = [done_by(name, turns.take_turns(diary.handler(name, 3))) for name in "abc"]
        await asyncio.gather(*works)

    asyncio.run(all_of_them())
    assert "".join(diary.steps) == "abcabcabc"


def test_events_of_one_visitor_come_one_after_the_other():
    """Two drawings of one page write into the same gallery."""
    diary, turns = Diary(), ModelTurns()

    async def all_of_them():
        works = [done_by("one", turns.take_turns(diary.handler(name, 3))) for name in "abc"]
        await asyncio.gather(*works)

    asyncio.run(all_of_them())
    assert "".join(diary.steps) == "aaabbbccc"


def test_with_more_places_so_many_work_at_a_time_and_no_more():
    turns, together, both_are_there = ModelTurns(places=2), [], threading.Barrier(2)

    def waiting(name):
        def work():
            together.append(name)
            both_are_there.wait(60)  # broken if they came one after the other
            yield name

        return work

    def third():
        together.append("c")
        yield "c"

    async def all_of_them():
        works = [done_by(name, turns.take_turns(waiting(name))) for name in "ab"]
        return await asyncio.gather(*works, done_by("c", turns.take_turns(third)))

    assert asyncio.run(all_of_them()) == [["a"], ["b"], ["c"]]
    assert together[2] == "c"


def test_a_handler_that_answers_once_takes_one_turn():
    async def answered():
        LocalContext.request.set(None)
        return await ModelTurns().take_turns(lambda a, b: a + b)(2, 3)

    assert asyncio.run(answered()) == 5


def test_an_error_leaves_the_place_to_the_next():
    turns = ModelTurns()

    def broken():
        yield 1
        raise ValueError("broken")

    async def both():
        with pytest.raises(ValueError, match="broken"):
            await done_by("a", turns.take_turns(broken))
        return await done_by("a", turns.take_turns(Diary().handler("next", 2)))

    assert asyncio.run(both()) == ["next", "next"]


def test_a_visitor_who_leaves_ends_the_work_and_gives_up_the_place():
    diary, turns = Diary(), ModelTurns()

    async def left():
        LocalContext.request.set(SimpleNamespace(session_hash="a"))
        work = turns.take_turns(diary.handler("left", 100))()
        await anext(work)
        await work.aclose()
        await done_by("a", turns.take_turns(diary.handler("next", 2)))

    asyncio.run(left())
    assert diary.steps == ["left", "next", "next"]
    assert diary.closed == ["left", "next"]


def test_work_that_is_cancelled_keeps_the_place_until_its_step_has_ended():
    """A step runs on a thread, which nothing can end: with the place free, two would draw at once."""
    diary, turns = Diary(), ModelTurns()
    begun, go = threading.Event(), threading.Event()

    def slow():
        begun.set()
        go.wait(60)
        diary.steps.append("slow")
        yield "slow"

    async def both():
        cancelled = asyncio.create_task(done_by("a", turns.take_turns(slow)))
        await soon(begun.is_set)
        cancelled.cancel()
        other = asyncio.create_task(done_by("b", turns.take_turns(diary.handler("other", 1))))
        for _ in range(20):
            await asyncio.sleep(0)
        assert diary.steps == []
        go.set()
        await other
        with pytest.raises(asyncio.CancelledError):
            await cancelled

    asyncio.run(both())
    assert diary.steps == ["slow", "other"]


def test_work_that_has_nothing_to_show_still_gives_way():
    """A search showed its best so far twice a second, and looked at four pictures and more in between."""
    diary, turns = Diary(), ModelTurns()

    def quiet():
        for _ in diary.handler("search", 6)():
            yield GIVE_WAY
        yield "found"

    async def both():
        works = (
            done_by("a", turns.take_turns(quiet, "search")),
            done_by("b", turns.take_turns(diary.handler("short", 3))),
        )
        return await asyncio.gather(*works)

    shown, _ = asyncio.run(both())
    assert shown == ["found"]
    assert diary.steps[:6] == ["search", "short"] * 3
    assert diary.most == 1


def test_a_long_step_without_a_model_leaves_the_place_to_others():
    """A film of 240 frames was written for up to a minute by /interpolate, and nobody drew meanwhile."""
    diary, turns = Diary(), ModelTurns()
    drawn = threading.Event()

    def film():
        yield ASIDE
        assert drawn.wait(60)
        yield "film"

    async def both():
        long = asyncio.create_task(done_by("a", turns.take_turns(film)))
        for _ in range(20):
            await asyncio.sleep(0)
        await done_by("b", turns.take_turns(diary.handler("short", 3)))
        drawn.set()
        return await long

    assert asyncio.run(both()) == ["film"]
    assert diary.steps == ["short"] * 3


def test_a_visitor_may_draw_while_an_own_search_runs():
    diary, turns = Diary(), ModelTurns()

    async def both():
        lines = (("search", "search"), ("model", "drawing"))
        await asyncio.gather(*(done_by("a", turns.take_turns(diary.handler(name, 3), line)) for line, name in lines))

    asyncio.run(both())
    assert diary.steps == ["search", "drawing"] * 3


class SlowDrawing(PaintedDrawing):
    """Every portion of the long work gives a second visitor's request time to come, until it has been drawn."""

    def __init__(self, sampling):
        super().__init__(sampling)
        self.portions = []
        self.has_begun, self.short_is_done = threading.Event(), threading.Event()

    def samples(self, request):
        """Yield as the painted one does, slowly."""
        for samples in super().samples(request):
            self.portions.append(request.count)
            if request.count == 64:
                self.has_begun.set()
                self.short_is_done.wait(0.5)
            yield samples


def test_on_the_page_the_longest_request_does_not_hold_up_a_short_one(tmp_path):
    """64 pictures, best of 10, held the one place for 107 seconds, and a photo of another visitor waited for all."""
    sampling = PaintedSampling()
    sampling.drawing = drawing = SlowDrawing(sampling)
    feature = [float(number) for number in sampling.pick("painted", 0).feature]
    with open_page(sampling, tmp_path) as url:
        patient, quick = (
            Client(url, verbose=False, download_files=False, httpx_kwargs={"timeout": 60}) for _ in range(2)
        )
        long = patient.submit(feature=feature, model="painted", count=64, best_of=10, api_name="/generate")
        assert drawing.has_begun.wait(60)
        files, _ = quick.predict(feature=feature, model="painted", count=16, api_name="/generate")
        drawing.short_is_done.set()
        kept, _ = long.result(timeout=120)
    assert (len(files), len(kept)) == (16, 64)
    assert drawing.portions.count(64) == 160 + 1  # and those that stay
    assert drawing.portions[-1] == 64
