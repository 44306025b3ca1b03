"""A setting is said once: its check, its option and its refusal follow from its field."""

import inspect
from dataclasses import dataclass
from enum import StrEnum

import pytest
import typer
from typer.testing import CliRunner

from icgan_demo.cli.options import takes_settings
from icgan_demo.errors import RequestError
from icgan_demo.setting import check_settings, checked, setting, with_parameters


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True)
class Paint:
    coats: int = setting(2, "How often.", least=1, most=9)
    share: float = setting(0.5, "How much.", within="[0, 1)")
    colour: Colour = setting(Colour.RED, "Which.")
    tools: tuple[str, ...] = setting(("brush",), "With what.")
    is_dry: bool = setting(False, "Whether it is dry.")
    limit: float | None = setting(None, "At most.", above=0)
    hidden: int = setting(1, least=0)

    def __post_init__(self):
        check_settings(self)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"coats": 0}, "coats must be at least 1, got 0"),
        ({"coats": 10}, "coats must be at most 9, got 10"),
        ({"share": 1.0}, r"share must be in \[0, 1\), got 1.0"),
        ({"share": float("nan")}, "share must be in"),
        ({"limit": 0}, "limit must be positive, got 0"),
        ({"hidden": -1}, "hidden must not be negative, got -1"),
        ({"colour": "green"}, 'colour must be "red" or "blue", got \'green\''),
    ],
)
def test_what_is_out_of_range_is_named_with_its_value(values, sentence):
    with pytest.raises(ValueError, match=sentence):
        Paint(**values)
    with pytest.raises(RequestError, match=sentence):
        checked(Paint(), **values)


def test_a_word_becomes_a_member_of_its_enumeration():
    assert Paint(colour="blue").colour is Colour.BLUE


def given_to_a_command(words, **how):
    """Return what a command with an option for each field of Paint is given."""
    app, seen = typer.Typer(), []

    @app.command()
    @takes_settings(Paint, **how)
    def paint(wall: str, *, given: dict, twice: bool = False) -> None:
        seen.append(given)

    assert CliRunner().invoke(app, ["wall", *words]).exit_code == 0
    return seen[0]


def test_an_option_has_the_default_of_its_field():
    assert checked(Paint(), **given_to_a_command([])) == Paint()


def test_what_is_left_open_is_not_given():
    assert given_to_a_command([], leaves_open=True) == {}
    assert given_to_a_command(["--coats", "0", "--is-dry"], leaves_open=True) == {"coats": 0, "is_dry": True}


def test_a_list_is_one_word():
    assert given_to_a_command(["--tools", "brush,roll"], leaves_open=True) == {"tools": ("brush", "roll")}
    assert given_to_a_command(["--tools", "none"], leaves_open=True) == {"tools": ()}


def test_a_field_without_a_help_is_no_option():
    app = typer.Typer()
    app.command()(takes_settings(Paint)(lambda given: None))
    assert CliRunner().invoke(app, ["--hidden", "3"]).exit_code == 2


def test_named_parameters_stand_where_the_dictionary_stood():
    parameters = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=0) for name in "ab"]
    shown = with_parameters(lambda first, values, last=3: (first, values, last), "values", parameters)
    assert list(inspect.signature(shown).parameters) == ["first", "a", "b", "last"]
    assert shown(7, 1, last=4) == (7, {"a": 1, "b": 0}, 4)
