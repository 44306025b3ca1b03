"""What each address has uploaded of late."""

from icgan_demo.server.recent_bytes import KEPT_S, RecentBytes


def test_what_was_sent_is_forgotten_when_it_is_deleted():
    now = [0.0]
    recent = RecentBytes(lambda: now[0])
    recent.add("a", 5)
    now[0] = KEPT_S / 2
    recent.add("a", 7)
    recent.add("b", 1)
    assert (recent.of("a"), recent.of("b"), recent.of("c")) == (12, 1, 0)
    now[0] = KEPT_S + 1
    assert (recent.of("a"), recent.of("b")) == (7, 1)
    now[0] = 2 * KEPT_S
    assert recent.of("a") == 0
    assert not recent._totals
