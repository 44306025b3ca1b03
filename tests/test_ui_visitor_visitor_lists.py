"""Two tabs of one browser keep one list."""

from types import SimpleNamespace

import pytest

from icgan_demo.ui.map.map_banks import BankPanel
from icgan_demo.ui.visitor import visitor_lists
from icgan_demo.ui.visitor.visitor_lists import VisitorLists, visitor_of


@pytest.mark.parametrize("stored", [None, [], "x", {}, {"visitor": 5}, {"visitor": "short"}, {"visitor": "G" * 32}])
def test_a_browser_without_a_name_gets_one(stored):
    first, second = visitor_of(stored), visitor_of(stored)
    assert first != second
    assert visitor_of({"visitor": first}) == first


def test_what_another_tab_has_added_comes_first():
    lists = VisitorLists(3)
    lists.add("a", "one")
    lists.add("b", "foreign")
    assert lists.all_of("a", ["old"]) == ["one", "old"]
    lists.add("a", "two")
    assert lists.all_of("a", ["one", "old"]) == ["two", "one", "old"]
    assert lists.all_of("a", ["x", "y", "z"]) == ["two", "one", "x"]
    lists.remove("a", "two")
    assert lists.all_of("a", ["one"]) == ["one"]
    assert lists.all_of("unknown", []) == []


def test_of_many_visitors_the_last_ones_are_remembered(monkeypatch):
    monkeypatch.setattr(visitor_lists, "MAX_VISITORS", 2)
    lists = VisitorLists(3)
    for visitor in "abc":
        lists.add(visitor, "1")
    assert [lists.all_of(visitor, []) for visitor in "abc"] == [[], ["1"], ["1"]]


def test_banks_of_two_tabs_are_both_kept(tmp_path):
    """Each tab knew the list as it was when the tab was opened, and the last one overwrote the other's."""
    gone = []
    panel = BankPanel.__new__(BankPanel)  # its list alone: no widgets
    panel._lists, panel._banks = VisitorLists(50), SimpleNamespace(delete=gone.append)
    opened = panel.name_browser(None)
    first, second = panel.with_bank(opened, "1" * 32), panel.with_bank(opened, "2" * 32)
    assert first["ids"] == ["1" * 32]
    assert second["ids"] == ["1" * 32, "2" * 32]
    assert panel.name_browser(first)["ids"] == second["ids"]  # whichever was written last
    left = panel.without_bank(first, "2" * 32)
    assert (left["ids"], gone) == (["1" * 32], ["2" * 32])
