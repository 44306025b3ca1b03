"""Errors in the visitor's language: none that a visitor can meet stays English, and what they quote is carried over."""

import ast
import re
from string import Formatter

import pytest
from raised_sentences import MODULES, errors, forms, raised

from icgan_demo.guards.picture.limits import BROKEN_PROFILE, FILLED_WITH_WHITE, FIRST_FRAME_ONLY
from icgan_demo.ui.texts.error_texts import KOREAN, PARTS, in_language

NOT_FOR_VISITORS = {
    "cli/": "the command line",
    "ui/api/": "what programs alone send wrong",
    "service/cluster/": "other machines, which the command line alone asks",
    "service/banks/bank_streaming.py": "banks of many images, which the command line builds",
    "weights/bank_folder.py": "the same",
    "index/": "their index, and a model's, which its owner builds again",
    "guards/parquet_file.py": "files that the command line reads",
    "guards/idx_file.py": "files of MNIST, which the owner of the machine puts there",
    "training/digits/": "the same, and training on the command line",
    "training/tags/": "training on the command line",
    "service/cgan/tag_training.py": "the same",
    "training/comparison.py": "the same",
    "training/model_figures.py": "measuring on the command line",
    "weights/published/official.py": "files that an owner imports: of those that a page downloads, the hash is known",
    "weights/published/conversion.py": "the same",
    "weights/published/export.py": "the same, the other way round",
    "weights/published/snapshot.py": "the same",
    "weights/published/stored_instances.py": "the same",
    "weights/published/resnet50_files.py": "the same",
    "weights/torch_files.py": "the same",
}
"""Files, and folders, whose errors only those can meet who run this program; they read them in a terminal or a log."""
ONLY_QUOTES = {"{}.", "{}: {}"}
"""What a setting says, and what a file's guard says of it: both are looked at where they are said."""
QUOTED = {"encoders/encoder.py": "self._reason", "weights/cards.py": "self.message"}
"""Where an error says again what another one said."""
SAID = {
    "guards/archive.py": ["notes"],
    "server/request_guard.py": ["_refusal", "_too_large"],
    "service/download_service.py": ["_run"],
    "service/training/job_record.py": ["view_of"],
    "training/session.py": ["_roll_back", "_evaluate"],
    "weights/published/hub.py": ["_check_content"],
}
"""Functions that say something without an error, which the page shows beside it."""
NUMBERS = ("check_integer", "check_number")


def for_visitors(sentences):
    return [(file, said) for file, said in sentences if not file.startswith(tuple(NOT_FOR_VISITORS))]


def is_translated(form):
    """Whether a sentence is Korean once its values stand in it, with no English left but names and commands."""
    said = in_language(form.replace("{}", "7"), "ko")
    is_left = re.search(r"[A-Za-z]+ [a-z]+ [a-z]+", re.sub("`[^`]*`", "", said))
    return bool(re.search("[가-힣]", said)) and not is_left


def test_every_error_that_a_visitor_can_meet_is_translated():
    found = for_visitors(raised())
    assert len(found) > 300
    quotes = {(file, f"?{quoted}") for file, quoted in QUOTED.items()}
    assert not [each for each in found if "{}{}" in each[1]]  # nobody can tell where one value ends
    missing = [each for each in found if not is_translated(each[1]) and each[1] not in ONLY_QUOTES]
    assert [each for each in missing if each not in quotes] == []


def test_what_is_said_beside_the_results_is_translated():
    for file, names in SAID.items():
        functions = [node for node in ast.walk(MODULES[file].tree) if isinstance(node, ast.FunctionDef)]
        bodies = [function for function in functions if function.name in names]
        assert bodies, file
        sentences = {form for body in bodies for form in _sentences(body, MODULES[file])}
        assert sentences
        assert [each for each in sentences if not is_translated(each)] == [], file
    assert {FIRST_FRAME_ONLY, FILLED_WITH_WHITE, BROKEN_PROFILE} <= KOREAN.keys()


def _sentences(body, module):
    passed_over = {id(node) for call in ast.walk(body) if _is_log(call) for node in ast.walk(call)}
    passed_over |= {id(part) for node in ast.walk(body) if isinstance(node, ast.JoinedStr) for part in node.values}
    documented = ast.get_docstring(body, clean=False)
    for node in ast.walk(body):
        if id(node) not in passed_over and isinstance(node, ast.Constant | ast.JoinedStr):
            for form in forms(node, module, body):
                if re.match(r"[A-Z{w].* .*\w", form) and form != documented:
                    yield form


def _is_log(node):
    return isinstance(node, ast.Call) and ast.unparse(node.func).startswith("logger.")


def test_the_names_of_numbers_are_translated():
    names = {
        call.args[0].value
        for file, module in MODULES.items()
        if not file.startswith(tuple(NOT_FOR_VISITORS))
        for call, _ in module.calls
        if isinstance(call.func, ast.Name) and call.func.id in NUMBERS and isinstance(call.args[0], ast.Constant)
    }
    assert len(names) > 20
    assert names <= KOREAN.keys()


def test_nothing_is_translated_that_nobody_says():
    """A sentence that was changed leaves its translation behind, which then translates nothing."""
    source = " ".join("".join(ast.unparse(module.tree) for module in MODULES.values()).split())
    known = {said for _, said in raised()}
    for english in KOREAN.keys() - known:
        parts = [part for part in re.split(r"\{\}|\W+", english) if part]
        assert all(part in source for part in parts), english


def test_each_translation_is_korean_and_takes_no_more_values_than_there_are():
    assert sum(len(part.KOREAN) for part in PARTS) == len(KOREAN)
    for english, korean in KOREAN.items():
        is_name = english in ("Truncation", "the Hub")
        assert re.search("[가-힣]", korean) or is_name or not re.search("[A-Za-z]{2}", english), english
        count = english.count("{}")
        assert "{}{}" not in english
        fields = [name for _, name, _, _ in Formatter().parse(korean) if name is not None]
        assert len(fields) <= count, english
        assert all(name == "" or int(name) < count for name in fields), english
        assert not re.search(r"[.!]$", english) or korean.endswith((".", "?", ".{}", "{}")), english


def test_every_kind_of_error_is_looked_at():
    assert {"DemoError", "ImageError", "RequestError", "TrainingError", "BusyError"} <= errors()


@pytest.mark.parametrize(
    ("english", "korean"),
    [
        ("This file is empty.", "빈 파일입니다."),
        (
            "Image is too large: 9000x8000. The limit is 40 megapixels.",
            "이미지가 너무 큽니다(9000x8000). 최대 40메가픽셀까지 사용할 수 있습니다.",
        ),
        (
            "The seed must be a whole number between 0 and 5, got -1.",
            "시드: 0에서 5 사이의 정수여야 합니다. 입력한 값: -1.",
        ),
        (
            "No usable image was found. a: b.png: This file is empty.",
            "사용할 수 있는 이미지를 찾지 못했습니다. a: b.png: 빈 파일입니다.",
        ),
        (
            "Produce does not know the class 'Lemmon'. Did you mean 'Lemon'?",
            "Produce 모델은 'Lemmon' 클래스를 모릅니다. 혹시 'Lemon' 아닌가요?",
        ),
        (
            "Produce does not know the class 'St. Bernard'.",
            "Produce 모델은 'St. Bernard' 클래스를 모릅니다.",
        ),
        (
            "Need at least 10 different images; found 1.",
            "서로 다른 이미지가 10장 이상 필요합니다. 지금은 1장입니다.",
        ),
        (
            "Need at least 10 different images; found 1 (2 duplicates).",
            "서로 다른 이미지가 10장 이상 필요합니다. 지금은 1장입니다(중복 2장).",
        ),
        ("Corner {2} is empty.", "Corner {2} is empty."),
        ("steps must be at least 1, got 0.", "steps: 1 이상이어야 합니다. 입력한 값: 0."),
        ("Something nobody ever said.", "Something nobody ever said."),
    ],
)
def test_values_and_quoted_sentences_are_carried_over(english, korean):
    assert in_language(english, "ko") == korean
    assert in_language(english, "en") == english


def test_a_value_cannot_choose_what_is_said():
    said = in_language("The folder '{0} {} {x.__class__}' is empty.", "ko")
    assert said == "'{0} {} {x.__class__}' 폴더가 비어 있습니다."
