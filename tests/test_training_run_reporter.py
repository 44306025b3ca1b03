"""What a run tells the outside: one file, always whole."""

import os
import signal

import psutil
import pytest

from icgan_demo.errors import BusyError
from icgan_demo.training.common.run_folder import read_status
from icgan_demo.training.run_reporter import Interrupted, Reporter, locked


def test_a_change_of_state_is_written_at_once_and_other_news_about_once_a_second(tmp_path):
    reporter = Reporter(tmp_path, steps=10)
    reporter.say(state="preparing")
    reporter.say(state="running")
    reporter.say(step=1)
    assert (read_status(tmp_path).state, read_status(tmp_path).step) == ("running", 0)
    reporter.say(state="stopped")
    assert read_status(tmp_path).step == 1


def test_the_process_is_known_by_number_and_start(tmp_path):
    reporter = Reporter(tmp_path, steps=1)
    reporter.say(state="running")
    status = read_status(tmp_path)
    assert status.pid == os.getpid()
    assert status.pid_started == psutil.Process().create_time()


def test_work_that_can_be_left_is_left_when_asked(tmp_path):
    reporter = Reporter(tmp_path, steps=1)
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)}
    try:
        reporter.listen()
        reporter.beat()
        os.kill(os.getpid(), signal.SIGUSR1)
        assert reporter.is_finishing
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(Interrupted):
            reporter.beat()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def test_a_second_trainer_is_kept_out(tmp_path):
    with locked(tmp_path), pytest.raises(BusyError, match="Another training"), locked(tmp_path):
        pass
    with locked(tmp_path):
        pass


def test_a_status_that_cannot_be_written_stops_nothing(tmp_path):
    Reporter(tmp_path / "gone", steps=1).say(state="running")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"unknown": 1}'])
def test_a_status_that_cannot_be_read_is_none(tmp_path, content):
    (tmp_path / "status.json").write_text(content)
    assert read_status(tmp_path) is None
