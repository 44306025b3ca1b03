"""The building of a bank as its panel tells of it."""

from types import SimpleNamespace

import gradio as gr
import pytest

from icgan_demo.service.banks.bank_requests import BuildProgress
from icgan_demo.ui.lean_blocks import LeanBlocks
from icgan_demo.ui.map import map_banks
from icgan_demo.ui.map.map_banks import BankPanel
from icgan_demo.ui.visitor.generate_state import ask_to_stop


class SlowBanks:
    """Looks at four files, at ten seconds each."""

    def __init__(self, clock):
        self._clock = clock
        self.closed = False

    def shared(self):
        return ()

    def build(self, model, files, name, encoding=""):
        try:
            for done in range(4):
                yield BuildProgress(done, 4)
                self._clock.now += 10
        finally:
            self.closed = True


@pytest.fixture
def clock(monkeypatch):
    told = SimpleNamespace(now=0.0)
    monkeypatch.setattr(map_banks.time, "perf_counter", lambda: told.now)
    return told


def test_a_bank_that_is_built_says_how_far_it_is_and_how_long_it_still_takes_and_stops(clock, tmp_path):
    banks = SlowBanks(clock)
    with LeanBlocks():
        panel = BankPanel(banks, tmp_path, "secret")
    signal, said = None, []
    for updates, built in panel.build_bank("tiny", ["photo.png"], "mine", "", "en"):
        assert built is None
        signal = updates.get(panel.signal) or signal
        said.append(updates[panel.status])
        if len(said) == 4:
            ask_to_stop(signal)
    assert [sentence.partition("<")[0] for sentence in said[1:4]] == [
        "0 of 4 files",
        "1 of 4 files · 30 s left",
        "2 of 4 files · 20 s left",
    ]
    assert "<progress value=2 max=4>" in said[3]
    assert updates[panel.stop] == gr.update(visible=False)
    assert "2 of 4" not in said[4]
    assert banks.closed
