"""A stand-in for what another thread makes."""

import copy
import threading
import time
import traceback

import pytest

from icgan_demo.errors import BusyError, DemoError, WeightsError
from icgan_demo.lazy import is_awaited, lazy, start


class Thing:
    def __init__(self):
        self.colour = "green"

    def twice(self, number):
        return 2 * number


def fail(error):
    def make():
        raise error

    return make


def test_the_first_use_has_it_made_and_sees_methods_and_attributes():
    thing = lazy(Thing)
    assert is_awaited(thing)
    assert (thing.twice(2), thing.colour) == (4, "green")
    assert not is_awaited(thing)


def test_started_ahead_it_is_made_without_a_use():
    made = threading.Event()
    thing = lazy(made.set)
    start(thing)
    assert made.wait(10)


def test_it_is_made_once_however_many_use_it_at_once():
    makers, release = [], threading.Event()

    def make():
        makers.append(threading.current_thread())
        release.wait(10)
        return Thing()

    thing = lazy(make)
    users = [threading.Thread(target=lambda: thing.twice(1)) for _ in range(4)]  # naming the method waits already
    for user in users:
        user.start()
    release.set()
    for user in users:
        user.join(10)
    start(thing)
    assert thing.twice(1) == 2
    assert len(makers) == 1
    assert makers[0].daemon


def test_who_has_waited_for_too_long_is_told_and_may_come_back():
    release = threading.Event()

    def make():
        release.wait(10)
        return Thing()

    thing = lazy(make, patience_s=0.01)
    with pytest.raises(BusyError, match="still starting"):
        thing.twice(1)
    assert is_awaited(thing)
    release.set()
    deadline = time.monotonic() + 10
    while is_awaited(thing) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert thing.twice(1) == 2


def test_a_failure_stays_and_does_not_show_its_words():
    thing = lazy(fail(RuntimeError("libtorch.so: cannot open shared object file")))
    for _ in range(2):
        with pytest.raises(DemoError, match="could not start") as refusal:
            thing.twice(1)
        assert "libtorch" not in str(refusal.value)
    assert not is_awaited(thing)


def test_a_time_out_of_the_maker_is_its_failure_and_no_impatience():
    with pytest.raises(DemoError, match="could not start"):
        lazy(fail(TimeoutError())).twice(1)


def test_our_own_error_keeps_its_words():
    with pytest.raises(WeightsError, match=r"card\.json is damaged"):
        lazy(fail(WeightsError("card.json is damaged."))).twice(1)


@pytest.mark.parametrize("error", [WeightsError("card.json is damaged."), RuntimeError("libtorch.so")])
def test_a_failure_does_not_remember_everybody_who_met_it(error):
    thing, depths = lazy(fail(error)), []
    for _ in range(4):
        with pytest.raises(DemoError) as refusal:
            thing.twice(1)
        met = refusal.value.__cause__ or refusal.value
        depths.append(len(list(traceback.walk_tb(met.__traceback__))))
    assert len(set(depths[1:])) == 1


def test_one_stand_in_may_use_another():
    whole = lazy(Thing, patience_s=None)
    colour = lazy(lambda: whole.colour)
    assert colour.upper() == "GREEN"


def test_who_only_looks_has_nothing_made():
    thing = lazy(fail(AssertionError("made")))
    with pytest.raises(AttributeError):
        thing._wrapped  # noqa: B018
    assert not hasattr(thing, "__len__")
    assert copy.copy(thing) is not None
    assert is_awaited(thing)


def test_what_is_there_already_is_not_awaited():
    start(Thing())
    assert not is_awaited(Thing())
    assert not is_awaited(None)
