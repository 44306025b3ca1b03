"""Long steps: told of while they run, left at once, and never two beside each other."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from icgan_demo.ui.common.long_step import Left, LongStep
from icgan_demo.ui.visitor.generate_state import StopSignal

PATIENCE_S = 60


@pytest.fixture
def threads():
    with ThreadPoolExecutor(1) as pool:
        yield pool


def test_a_step_is_told_of_until_it_has_a_result(threads):
    go = threading.Event()

    def work(tell):
        tell(0.5)
        assert go.wait(PATIENCE_S)
        return 7

    step = LongStep(threads, work)
    waiting = step.wait(StopSignal())
    assert next(waiting) > 0
    assert step.share == 0.5
    go.set()
    list(waiting)
    assert step.result() == 7


def test_what_a_step_raises_is_raised_to_whoever_asks_for_its_result(threads):
    step = LongStep(threads, lambda tell: 1 / 0)
    list(step.wait(StopSignal()))
    with pytest.raises(ZeroDivisionError):
        step.result()


@pytest.mark.parametrize("how", ["stopped", "closed"])
def test_work_that_was_left_ends_where_it_looks_next(threads, how):
    begun, go, ended, signal = threading.Event(), threading.Event(), threading.Event(), StopSignal()

    def work(tell):
        begun.set()
        assert go.wait(PATIENCE_S)
        try:
            tell(0.9)
        except Left:
            ended.set()
            raise

    waiting = LongStep(threads, work).wait(signal)
    assert begun.wait(PATIENCE_S)
    next(waiting)
    if how == "stopped":
        signal.is_set = True
        assert list(waiting) == []
    else:
        waiting.close()
    go.set()
    assert ended.wait(PATIENCE_S)


def test_a_step_that_was_left_before_it_began_never_does(threads):
    go, signal, done = threading.Event(), StopSignal(), []
    first = LongStep(threads, lambda tell: go.wait(PATIENCE_S))
    second = LongStep(threads, lambda tell: done.append("second"))
    signal.is_set = True
    assert list(second.wait(signal)) == []
    go.set()
    list(first.wait(StopSignal()))
    assert threads.submit(lambda: list(done)).result(PATIENCE_S) == []
