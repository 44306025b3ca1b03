"""What a visit takes along from page to page, and how long it is kept."""

from types import SimpleNamespace

import pytest

from icgan_demo.service.recipes.outputs import KEEP_S
from icgan_demo.ui.visitor import visits
from icgan_demo.ui.visitor.visits import MAX_VISITS, Visits

NAME = "0123456789abcdef" * 2


def page(session):
    return SimpleNamespace(session_hash=session)


def test_pages_of_one_browser_tab_share_a_visit_and_those_of_others_do_not():
    known = Visits()
    visit = known.enter(page("first"), NAME)
    assert known.enter(page("second"), NAME) is visit
    assert known.of(page("first")) is known.of(page("second")) is visit
    assert known.enter(page("third"), "f" * 32) is not visit
    assert known.of(page("never entered")) is not visit


def test_what_was_asked_before_the_name_was_known_is_a_visit_of_its_own():
    known = Visits()
    early = known.of(page("first"))
    assert known.of(page("first")) is early
    assert known.enter(page("first"), NAME) is not early


@pytest.mark.parametrize("name", [None, "", 5, "../etc", NAME.upper(), NAME + "0", {"a": 1}])
def test_a_name_that_no_page_of_ours_gives_is_nobodys_visit(name):
    known = Visits()
    assert known.enter(page("first"), name) is not known.enter(page("second"), name)


def test_what_is_handed_over_is_taken_once():
    visit = Visits().enter(page("first"), NAME)
    visit.handed = visit.sent = "instance"
    assert (visit.take_handed(), visit.take_handed()) == ("instance", None)
    assert (visit.take_sent(), visit.take_sent()) == ("instance", None)


def test_a_visit_is_forgotten_with_its_pictures_an_hour_after_the_last_sign_of_life(monkeypatch, tmp_path):
    now = [0.0]
    monkeypatch.setattr(visits.time, "monotonic", lambda: now[0])
    known = Visits()
    visit = known.enter(page("first"), NAME)
    visit.history.folder = tmp_path / "kept"
    visit.history.folder.mkdir()
    now[0] = KEEP_S
    assert known.of(page("first")) is visit
    now[0] = 2 * KEEP_S + 1
    known.enter(page("other"), "f" * 32)
    assert not (tmp_path / "kept").exists()
    assert known.of(page("first")) is not visit


def test_of_many_visits_the_last_are_kept():
    known = Visits()
    first = known.enter(page("0"), f"{0:032x}")
    for number in range(1, MAX_VISITS):
        known.enter(page(str(number)), f"{number:032x}")
    assert known.of(page("0")) is first
    known.enter(page("new"), f"{MAX_VISITS:032x}")
    assert known.of(page("0")) is first
    assert known.of(page("1")) is not None
    assert len(known._visits) == MAX_VISITS
