"""Every text in both languages, with the same gaps to fill."""

import re
from string import Formatter
from types import SimpleNamespace

import pytest

from icgan_demo.ui.texts import language as language_module
from icgan_demo.ui.texts.language import ENGLISH, LANGUAGES, PARTS, language_of, say


def gaps(sentence):
    return sorted(name for _, name, _, _ in Formatter().parse(sentence) if name)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_text_with_the_same_gaps(language):
    assert LANGUAGES[language].keys() == ENGLISH.keys()
    for key, sentence in LANGUAGES[language].items():
        assert sentence.strip(), key
        assert gaps(sentence) == gaps(ENGLISH[key]), key


def test_no_text_stands_on_two_pages():
    assert len(PARTS) > 1
    assert sum(len(part.ENGLISH) for part in PARTS) == len(ENGLISH)
    assert sum(len(part.KOREAN) for part in PARTS) == len(LANGUAGES["ko"])


def test_korean_is_korean():
    untranslated = [key for key, sentence in LANGUAGES["ko"].items() if not re.search("[가-힣]", sentence)]
    untranslated.remove("language")  # the tag of the language itself
    assert untranslated == []


@pytest.mark.parametrize(
    ("header", "language"),
    [("ko-KR,ko;q=0.9,en;q=0.8", "ko"), ("ko", "ko"), ("en-US", "en"), ("fr-FR,ko", "en"), ("", "en"), (";;,", "en")],
)
def test_the_browser_s_first_language_counts(header, language):
    assert language_of(SimpleNamespace(headers={"accept-language": header})) == language


def test_without_a_request_english_is_spoken():
    assert language_of(None) == "en"


def test_numbers_are_filled_in():
    assert say("en", "caption", distance=0.456, seed=7) == "distance 0.46, seed 7"


def test_keys_do_not_collide_with_gradio_s_own():
    assert all(key.startswith("our_") for key in language_module.TRANSLATIONS.translations["en"])
