"""What errors say, in the visitor's language.

Errors are raised far from the page, which knows the language, so they speak English and their English sentence is the
key of its translation, as in gettext. ``{}`` stands for a value, which is carried over; a value that is itself a
sentence known here is translated too, as where one error quotes another.
"""

from collections.abc import Sequence
from functools import cache

from icgan_demo.ui.texts import drawing_errors, model_errors, training_errors, upload_errors
from icgan_demo.ui.texts.language import preferred

PARTS = (upload_errors, model_errors, drawing_errors, training_errors)
KOREAN = {english: korean for part in PARTS for english, korean in part.KOREAN.items()}
TRANSLATED = {"ko": KOREAN}
VALUE = "{}"


def in_language(sentence: str, language: str) -> str:
    """Return an error's English sentence in a language; as it is in English, and where nobody has translated it."""
    for literals, translation in _templates(language):
        values = _values(sentence, literals)
        if values is not None:
            return translation.format(*(_nested(value, language) for value in values))
    return sentence


def in_accepted_language(sentence: str, accepted: str) -> str:
    """Return an error's English sentence in the language that a header ``Accept-Language`` asks for."""
    return in_language(sentence, preferred(accepted))


@cache
def _templates(language: str) -> list[tuple[tuple[str, ...], str]]:
    """Return the texts around the values of each sentence, and its translation; the most specific sentence first."""
    known = [(tuple(english.split(VALUE)), own) for english, own in TRANSLATED.get(language, {}).items()]
    return sorted(known, key=lambda entry: sum(map(len, entry[0])), reverse=True)


def _values(sentence: str, literals: Sequence[str]) -> list[str] | None:
    """Return what stands between the literals if a sentence consists of them, in time that grows with its length."""
    first, *others = literals
    if not others:
        return [] if sentence == first else None
    last = others.pop()
    if len(sentence) < len(first) + len(last) or not sentence.startswith(first) or not sentence.endswith(last):
        return None
    values, start, end = [], len(first), len(sentence) - len(last)
    for literal in others:
        place = sentence.find(literal, start, end)
        if place < 0:
            return None
        values.append(sentence[start:place])
        start = place + len(literal)
    return [*values, sentence[start:end]]


def _nested(value: str, language: str) -> str:
    words = value.strip()
    return value.replace(words, in_language(words, language)) if words else value
