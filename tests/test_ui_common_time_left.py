import pytest

from icgan_demo.ui.common.time_left import duration, step_progress, time_left_of, with_time_left


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "0 s"), (89, "89 s"), (91, "2 min"), (5000, "83 min"), (7300, "2 h 2 min")]
)
def test_lengths_of_time_are_said_in_units_that_fit(seconds, said):
    assert duration(seconds, "en") == said


def test_the_rest_is_expected_to_come_as_what_is_done_did():
    assert time_left_of(10.0, 25, 100) == 30.0
    assert time_left_of(10.0, 100, 100) == 0.0
    assert time_left_of(10.0, 0, 100) is None


@pytest.mark.parametrize(
    ("left_s", "said"),
    [(None, "5 of 9"), (2.0, "5 of 9"), (40.0, "5 of 9 · 40 s left"), (600.0, "5 of 9 · 10 min left")],
)
def test_time_left_is_said_where_it_is_known_and_worth_it(left_s, said):
    assert with_time_left("5 of 9", left_s, "en") == said


@pytest.mark.parametrize(
    ("left_s", "share", "said"),
    [
        (None, None, "Writing · 30 s so far<progress></progress>"),
        (90.0, None, "Writing · 30 s so far · 2 min left<progress value=0.250 max=1></progress>"),
        (0.0, None, "Writing · 30 s so far<progress value=1.000 max=1></progress>"),
        (90.0, 0.5, "Writing · 30 s so far · 2 min left<progress value=0.500 max=1></progress>"),
    ],
)
def test_a_step_says_how_long_it_runs_and_the_rest_only_where_that_is_known(left_s, share, said):
    assert step_progress("Writing", 30.0, left_s, "en", share) == said
