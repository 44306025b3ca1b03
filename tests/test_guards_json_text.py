from dataclasses import dataclass

import pytest
from pydantic import ConfigDict, TypeAdapter, with_config

from icgan_demo.errors import RequestError
from icgan_demo.guards.json_text import all_finite, read_json


@with_config(ConfigDict(extra="forbid", strict=True))
@dataclass(frozen=True)
class Note:
    schema: int
    text: str
    sides: tuple[int, ...] = ()

    def __post_init__(self):
        if not self.text:
            raise ValueError("there must be a text")


def read(content):
    return read_json(content, TypeAdapter(Note), "The note", RequestError, schema=3)


def test_good_text_becomes_a_value():
    assert read('{"schema": 3, "text": "ä", "sides": [1, 2]}') == Note(3, "ä", (1, 2))
    assert read(b'{"schema": 3, "text": "\xc3\xa4"}') == Note(3, "ä")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", r"^The note is damaged: it is not JSON\.$"),
        ("{} {}", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "schema is missing"),
        ('{"text": "a"}', "schema is missing"),
        ('{"schema": 4, "text": "a"}', "newer version of this program. Update the program"),
        ('{"schema": 3}', r"^The note cannot be used: text is missing\.$"),
        ('{"schema": 3, "text": 5}', "text has a value of the wrong kind"),
        ('{"schema": 3, "text": "a", "sides": [1, "2"]}', r"sides\.1 has a value of the wrong kind"),
        ('{"schema": 3, "text": "a", "sides": [true]}', r"sides\.0 has a value of the wrong kind"),
        ('{"schema": 3, "text": "a", "more": 1}', "more is not one of its fields"),
        ('{"schema": 3, "text": ""}', "there must be a text"),
    ],
)
def test_anything_else_is_one_sentence_in_our_own_words(content, message):
    with pytest.raises(RequestError, match=message):
        read(content)


def test_numbers_that_are_not_finite_are_refused_at_any_depth():
    assert all_finite({"a": [1, {"b": 2.5}]}) == {"a": [1, {"b": 2.5}]}
    for value in (float("nan"), [float("inf")], {"a": [{"b": -float("inf")}]}):
        with pytest.raises(ValueError, match="not JSON compliant"):
            all_finite(value)
